using GitOps.Bundles;

namespace GitOps.ControlPlane.Values;

/// <summary>What can go wrong with the values that nodes tell of devices: PUB190 to PUB194.</summary>
public static class ValueCodes
{
    public static readonly ErrorCode TooLong = new("PUB190", "a node told too many values at once",
        "A body has a limit. Nothing of it is kept; the agent splits what it has by itself.");

    public static readonly ErrorCode NotKept = new("PUB191", "the control plane could not keep values of devices now",
        "The node keeps them and sends them again. Most often the control plane's disk is full, or it has more to write than the disk takes.");

    public static readonly ErrorCode NoSeries = new("PUB192", "no value of this property was ever told",
        "Nodes tell the values of properties that have 'upstream'. The name may be wrong, or everything of it is older than values are kept.");

    public static readonly ErrorCode NotPruned = new("PUB193", "old values of devices could not be removed",
        "They are removed later. Until then the database of values grows beyond its bound; the log has the reason.");

    public static IReadOnlyList<ErrorCode> All { get; } = [TooLong, NotKept, NoSeries, NotPruned];
}

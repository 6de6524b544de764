using GitOps.Bundles;

namespace GitOps.Agent.Devices;

/// <summary>What can go wrong with values on their way up: AGT260 to AGT263.</summary>
public static class UpstreamCodes
{
    public static readonly ErrorCode Full = new("AGT260", "values of a device are dropped, as its buffer is full",
        "More was read than upstreamBuffer holds while the control plane could not be reached, or the link was not to be used. How many were dropped stands among the values.");

    public static readonly ErrorCode NotKept = new("AGT261", "values of a device cannot be kept on disk",
        "The disk is full or fails. What does not fit in a little memory meanwhile is dropped and counted.");

    public static readonly ErrorCode Damaged = new("AGT262", "values of a device that waited cannot be read",
        "The file was damaged. It is set aside as NAME.damaged beside the others, and all else is sent.");

    public static readonly ErrorCode Refused = new("AGT263", "the control plane refuses values of devices",
        "They were dropped, because they would be refused for ever and stand in the way of all later ones. The message says why.");

    public static IReadOnlyList<ErrorCode> All { get; } = [Full, NotKept, Damaged, Refused];
}

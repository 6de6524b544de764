using GitOps.Bundles;

namespace GitOps.Agent.Storage;

/// <summary>What can go wrong with volumes: AGT120 to AGT124.</summary>
public static class VolumeCodes
{
    public static readonly ErrorCode NotOurs = new("AGT120", "a volume's directory is there already and holds something",
        "The agent takes over nothing that it did not make. The directory and what it holds are untouched.");

    public static readonly ErrorCode NotADirectory = new("AGT121", "something else stands where a volume should be",
        "A file, a link or a device has the path of the volume. It is untouched.");

    public static readonly ErrorCode UnknownAccount = new("AGT122", "a volume's owner or group does not exist on the node",
        "The account must be there before the volume: the agent creates none.");

    public static readonly ErrorCode Failed = new("AGT123", "a volume could not be changed",
        "The file system refused. It is tried again.");

    public static IReadOnlyList<ErrorCode> All { get; } = [NotOurs, NotADirectory, UnknownAccount, Failed];
}

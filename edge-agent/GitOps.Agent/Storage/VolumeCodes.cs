using GitOps.Bundles;

namespace GitOps.Agent.Storage;

/// <summary>What can go wrong with volumes: AGT120 to AGT123, AGT240 to AGT243.</summary>
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

    public static readonly ErrorCode NoImages = new("AGT240", "this node cannot keep a volume in an image",
        "A program, a right or a device is missing, or others may change a directory above the volume. Nothing was touched.");

    public static readonly ErrorCode ImageInTheWay = new("AGT241", "something is where an image is to be mounted",
        "An image takes the place of an empty directory only: it would hide what is there. It is untouched.");

    public static readonly ErrorCode ImageDamaged = new("AGT242", "the image of a volume is damaged",
        "Its file system did not pass the check before it is mounted, and what can be lost by mending it is for a person to decide.");

    public static readonly ErrorCode NoRoomForImage = new("AGT243", "there is no room for the image of a volume",
        "An image takes its whole size from the disk when it is made, so that what the volume may hold is never somebody else's.");

    public static IReadOnlyList<ErrorCode> All { get; } =
        [NotOurs, NotADirectory, UnknownAccount, Failed, NoImages, ImageInTheWay, ImageDamaged, NoRoomForImage];
}

using GitOps.Bundles;

namespace GitOps.Agent.Devices.EdgeX;

/// <summary>What can go wrong with an EdgeX that is converged: AGT110 to AGT119.</summary>
public static class EdgeXCodes
{
    public static readonly ErrorCode Away = new("AGT110", "EdgeX does not answer",
        "core-metadata, a device service behind it, or the way there is down. The agent tries again with a growing pause; nothing is removed because of it.");

    public static readonly ErrorCode Refused = new("AGT111", "EdgeX refuses an object",
        "core-metadata answered with what stands there. Whatever has nothing to do with the object goes on; it is tried again every five minutes, and at once when Git says something else.");

    public static readonly ErrorCode Stranger = new("AGT112", "EdgeX holds an object of that name, and it is somebody else's",
        "It does not carry the mark of this unit. Nothing was changed.");

    public static readonly ErrorCode TooOld = new("AGT113", "an EdgeX of a version that is not converged",
        "core-metadata says a version before 3. Nothing was changed.");

    public static IReadOnlyList<ErrorCode> All { get; } = [Away, Refused, Stranger, TooOld];
}

using GitOps.Bundles;

namespace GitOps.Agent.TimeSync;

/// <summary>What can go wrong with the clock: AGT140 to AGT159.</summary>
public static class ClockCodes
{
    public static readonly ErrorCode BadServer = new("AGT140", "a time server cannot be followed",
        "Its address holds characters that no address has, or it asks for NTS where no chronyd is that could check it.");

    public static readonly ErrorCode Failed = new("AGT141", "chrony could not be changed",
        "Writing its configuration, restarting it or telling it to reload failed. It is tried again.");

    public static IReadOnlyList<ErrorCode> All { get; } = [BadServer, Failed];
}

using GitOps.Bundles;

namespace GitOps.Agent.Devices;

/// <summary>What can go wrong with field devices: AGT100 to AGT119.</summary>
public static class DeviceCodes
{
    public static readonly ErrorCode Away = new("AGT100", "a device does not answer",
        "No connection, or no answer in time. The agent tries again with a growing pause of the device's own; nothing else waits for it.");

    public static readonly ErrorCode Rejected = new("AGT101", "a device refuses a desired value",
        "The device answered the write with an exception or cannot take such a value. It is tried again every five minutes.");

    public static readonly ErrorCode Interlocked = new("AGT102", "an interlock closed before the write",
        "The property that writeWhen names had changed when the value was about to be written. Nothing was written.");

    public static readonly ErrorCode Memory = new("AGT103", "what was written to a device cannot be recorded",
        "The agent writes nothing to a device that it could not remember having written. Free some disk space, or repair the disk.");

    public static readonly ErrorCode Unsupported = new("AGT104", "a device cannot be followed as the bundle describes it",
        "The description contradicts the protocol: a register that cannot be written, a value that has no place in it. Nothing was sent to the device.");

    public static readonly ErrorCode WrittenByPerson = new("AGT105", "a person writes to a device",
        "Somebody at the machine ran 'gitops-agent device write'. Git did not ask for the value, and did not forbid it.");

    public static IReadOnlyList<ErrorCode> All { get; } = [Away, Rejected, Interlocked, Memory, Unsupported, WrittenByPerson];
}

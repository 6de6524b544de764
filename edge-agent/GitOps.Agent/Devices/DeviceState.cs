using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Devices;

/// <summary>A device as the driver sees it. Times are since the driver's start, monotonic.</summary>
public sealed record DeviceState
{
    public required TimeSpan Now { get; init; }

    public required BootTime Boot { get; init; }

    /// <summary>What the driver polls by; null while it follows no device of that name.</summary>
    public DeviceSpec? Following { get; init; }

    public DeviceLink Link { get; init; } = new DeviceLink.Connecting();

    public EquatableArray<PropertyState> Properties { get; init; }

    public EquatableArray<AlarmState> Alarms { get; init; }

    public DeviceMemory Memory { get; init; } = new();

    public PropertyState Of(string property) => Properties.FirstOrDefault(p => p.Name == property) ?? new PropertyState(property);

    public AlarmState AlarmOf(string alarm) => Alarms.FirstOrDefault(a => a.Name == alarm) ?? new AlarmState(alarm);
}

public abstract record DeviceLink
{
    private DeviceLink() { } // closed: every case is in this file

    /// <summary>The first attempt is under way.</summary>
    public sealed record Connecting : DeviceLink;

    public sealed record Online : DeviceLink;

    public sealed record Away(string Why) : DeviceLink;
}

public sealed record PropertyState(string Name)
{
    /// <summary>The last good one; it stays when the device goes away.</summary>
    public Reading? Reading { get; init; }

    /// <summary>Why the last read gave no value; null when it did.</summary>
    public ReadFault? Fault { get; init; }

    public WriteAttempt? LastAttempt { get; init; }

    /// <summary>When it was written in the last ten minutes, oldest first.</summary>
    public EquatableArray<TimeSpan> Writes { get; init; }
}

public sealed record Reading(DeviceValue Value, TimeSpan At);

/// <summary>A read that gave no value. The bundle is to blame when the device says that there is no such address.</summary>
public sealed record ReadFault(string Why, bool IsContent);

/// <summary>The last write since the start; <paramref name="Refused"/> says why the device took it not, null when it did.</summary>
public sealed record WriteAttempt(Digest Version, TimeSpan At, string? Refused)
{
    /// <summary>How many writes up to this one got no answer, with none between them that did.</summary>
    public int LostInARow { get; init; }
}

/// <summary>A moment that is comparable across restarts of the agent, and across reboots only where clocks are trusted.</summary>
/// <param name="Id">Drawn by the kernel at each boot.</param>
/// <param name="Uptime">Since the boot, suspended time included.</param>
public sealed record BootTime(string Id, TimeSpan Uptime);

using GitOps.Bundles.Units;

namespace GitOps.Agent.Devices;

/// <summary>When which property is read.</summary>
public static class PollSchedule
{
    /// <summary>For properties without <c>pollMs</c> that a held value or an interlock depends on.</summary>
    public static readonly TimeSpan Default = TimeSpan.FromSeconds(10);

    /// <summary>How often a property that is not polled is read after it was written, until <see cref="WritePacing.Settling"/> has passed.</summary>
    public static readonly TimeSpan AfterWrite = TimeSpan.FromSeconds(1);

    /// <summary>Null: read once, when a desired value needs it, or never.</summary>
    public static TimeSpan? Period(DeviceSpec spec, DeviceProperty property) =>
        !DeviceEndpoint.IsReadable(spec, property) ? null
        : property.PollMs is { } pollMs ? TimeSpan.FromMilliseconds(Math.Max(pollMs, 10))
        : property.Desired is { Apply: ApplyMode.Hold } || spec.Properties.Any(p => p.Desired?.WriteWhen?.Property == property.Name) ? Default
        : null;

    /// <summary>Whether the property has to be read before its device is ready.</summary>
    public static bool IsNeeded(DeviceSpec spec, DeviceProperty property) =>
        DeviceEndpoint.IsReadable(spec, property) && (Period(spec, property) is not null || property.Desired is not null);

    /// <summary>
    /// What the next period counts from: when it was due, so that a poll that came late makes no later one late, and the rate
    /// stays what was asked for. A poll that came a period late or more is caught up with once, not as often as it was missed.
    /// </summary>
    public static TimeSpan CountsFrom(TimeSpan? dueAt, TimeSpan? period, TimeSpan now) =>
        dueAt is { } due && due > TimeSpan.Zero && due <= now && period is { } every && now - due < every ? due : now;

    /// <summary>When to read it next, by the time it was last tried; null: not by itself. At once after a write: that decides what was written.</summary>
    public static TimeSpan? DueAt(DeviceSpec spec, DeviceProperty property, TimeSpan? lastTried, PropertyState seen) =>
        !IsNeeded(spec, property) ? null
        : lastTried is not { } last ? TimeSpan.Zero
        : seen.LastAttempt is { Refused: null, At: var written } && last < written ? written
        : Period(spec, property) is { } period ? last + period
        : seen.Reading is null ? last + Default
        : seen.LastAttempt is not { Refused: null } attempt ? null
        : last < attempt.At + WritePacing.Settling ? last + AfterWrite
        : seen.Reading.At < attempt.At && DeviceEndpoint.CanBeAsked(spec) ? last + Default
        : null;
}

using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Devices;

/// <summary>An alarm as its rule and the readings so far make it. Times are since the driver's start.</summary>
public sealed record AlarmState(string Name)
{
    public bool IsActive { get; init; }

    /// <summary>Since when the value is beyond the limit without an alarm, for its delay.</summary>
    public TimeSpan? PendingSince { get; init; }

    /// <summary>When it became active, or ceased to be; null: never.</summary>
    public TimeSpan? ChangedAt { get; init; }

    /// <summary>The value that did it.</summary>
    public DeviceValue? Value { get; init; }
}

/// <summary>
/// Decides about an alarm, reading by reading. It becomes active when every reading for <c>delayMs</c> was beyond the limit, and
/// ceases to be when one is within it by the hysteresis, so that a value at the limit does not raise it again and again. What
/// cannot be read proves nothing: an active alarm stays, and a delay begins anew.
/// </summary>
public static class AlarmJudge
{
    /// <param name="value">What was read; null when it could not be.</param>
    /// <param name="at">When.</param>
    public static AlarmState After(AlarmRule rule, AlarmState before, DeviceValue? value, TimeSpan at)
    {
        if (value is null)
        {
            return before with { PendingSince = null };
        }

        if (before.IsActive)
        {
            return IsWithin(rule, value) ? before with { IsActive = false, ChangedAt = at, Value = value } : before;
        }

        if (!IsBeyond(rule, value))
        {
            return before with { PendingSince = null };
        }

        var since = before.PendingSince ?? at;
        return at - since >= TimeSpan.FromMilliseconds(rule.DelayMs ?? 0)
            ? before with { IsActive = true, PendingSince = null, ChangedAt = at, Value = value }
            : before with { PendingSince = since };
    }

    /// <summary>Every alarm of a device after it said something, or went away.</summary>
    public static DeviceState After(DeviceSpec spec, DeviceState before, DeviceState after) => spec.Alarms.IsEmpty ? after : after with
    {
        Alarms = spec.Alarms.Select(rule => After(rule, before, after)).ToEquatableArray(),
    };

    private static AlarmState After(AlarmRule rule, DeviceState before, DeviceState after)
    {
        var alarm = after.AlarmOf(rule.Name);
        var (was, now) = (before.Of(rule.Property), after.Of(rule.Property));
        return after.Link is not DeviceLink.Online || now.Fault is not null ? After(rule, alarm, null, after.Now)
            : now.Reading is { } reading && !ReferenceEquals(reading, was.Reading) ? After(rule, alarm, reading.Value, reading.At)
            : alarm;
    }

    private static bool IsBeyond(AlarmRule rule, DeviceValue value) => value is DeviceValue.Number(var number)
        ? number > rule.Above || number < rule.Below || (rule.EqualTo is { } wanted && wanted == value)
        : rule.EqualTo == value;

    private static bool IsWithin(AlarmRule rule, DeviceValue value) => value is DeviceValue.Number(var number) && rule.EqualTo is null
        ? !(number > rule.Above - (rule.Hysteresis ?? 0)) && !(number < rule.Below + (rule.Hysteresis ?? 0))
        : !IsBeyond(rule, value);
}

using System.Text.Json;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Devices;

/// <summary>
/// The active alarms of a device as a restart has to know them, so that none ceases and none is new because of it. A delay
/// that had begun is not kept: what was not read proves nothing.
/// </summary>
public sealed record AlarmMemory(EquatableArray<KeptAlarm> Active)
{
    public const int MaxBytes = 1 << 20;

    public static AlarmMemory Nothing { get; } = new([]);

    /// <param name="now">The moment of <paramref name="state"/>.</param>
    public static AlarmMemory Of(DeviceState state, Moment now) => new(state.Alarms.Where(alarm => alarm.IsActive).Select(alarm =>
    {
        var ago = state.Now - alarm.ChangedAt!.Value;
        return new KeptAlarm(alarm.Name, now with { Boot = now.Boot with { Uptime = now.Boot.Uptime - ago }, At = now.At - ago }, alarm.Value);
    }).ToEquatableArray());

    /// <summary>The alarms to begin with: those of the rules there are, whatever limits they had. How long one was active that nobody knows of counts from now.</summary>
    /// <param name="at">The time of the state they begin in, since the driver's start.</param>
    public EquatableArray<AlarmState> Begin(DeviceSpec spec, TimeSpan at, Moment now) => spec.Alarms
        .Select(rule => Active.FirstOrDefault(alarm => alarm.Name == rule.Name) is { } kept
            ? new AlarmState(rule.Name) { IsActive = true, ChangedAt = at - Age(kept, now), Value = kept.Value }
            : new AlarmState(rule.Name))
        .ToEquatableArray();

    public byte[] Write() => JsonSerializer.SerializeToUtf8Bytes(
        new AlarmDocument(1, [.. Active.Select(alarm => new AlarmEntry(
            alarm.Name, alarm.Since.Boot.Id, (long)alarm.Since.Boot.Uptime.TotalMilliseconds, alarm.Since.At, alarm.Since.ClockTrusted)
        {
            Kind = StoredValue.KindOf(alarm.Value),
            Value = alarm.Value?.ToString(),
        })]), MemoryContext.Default.AlarmDocument);

    /// <summary>Null when the bytes are no such document.</summary>
    public static AlarmMemory? TryRead(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return JsonSerializer.Deserialize(bytes, MemoryContext.Default.AlarmDocument) is { Format: 1 } document
                ? new AlarmMemory(document.Active.Select(entry => new KeptAlarm(
                    entry.Name,
                    new Moment(new BootTime(entry.Boot, TimeSpan.FromMilliseconds(entry.UptimeMs)), entry.At, entry.Trusted),
                    StoredValue.Of(entry.Kind, entry.Value))).ToEquatableArray())
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static TimeSpan Age(KeptAlarm alarm, Moment now) =>
        alarm.Since.Elapsed(now) is { Ticks: > 0 } age ? age : TimeSpan.Zero;
}

/// <summary>An alarm that was active: since when, and by which value.</summary>
public sealed record KeptAlarm(string Name, Moment Since, DeviceValue? Value);

/// <summary>The document on disk (format 1).</summary>
internal sealed record AlarmDocument(int Format, AlarmEntry[] Active);

internal sealed record AlarmEntry(string Name, string Boot, long UptimeMs, DateTimeOffset At, bool Trusted)
{
    public ValueKind? Kind { get; init; }

    public string? Value { get; init; }
}

using System.Text.Json.Serialization;
using GitOps.Bundles.Json;
using GitOps.Bundles.Units;

namespace GitOps.Bundles.Reports;

public sealed record DeviceReport(string Name, bool Online)
{
    public EquatableArray<PropertyReport> Properties { get; init; }

    public string? Message { get; init; }

    /// <summary>Those that are active.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public EquatableArray<AlarmReport> Alarms { get; init; }
}

/// <param name="SinceMs">Since the alarm became active, by a monotonic clock.</param>
public sealed record AlarmReport(string Name, AlarmSeverity Severity, long SinceMs)
{
    /// <summary>That made it active.</summary>
    public DeviceValue? Value { get; init; }
}

public sealed record PropertyReport(string Name)
{
    public DeviceValue? Reported { get; init; }

    public DeviceValue? Desired { get; init; }

    /// <summary>Absent where nothing is desired.</summary>
    public PropertyPhase? State { get; init; }

    public ValueQuality Quality { get; init; } = ValueQuality.Good;

    /// <summary>Since the value was read, by a monotonic clock.</summary>
    public long? AgeMs { get; init; }

    public string? Message { get; init; }
}

[JsonConverter(typeof(WordConverter<PropertyPhase>))]
public enum PropertyPhase
{
    [JsonStringEnumMemberName("applied")]
    Applied,

    [JsonStringEnumMemberName("pending")]
    Pending,

    /// <summary>Somebody else changed it after it was applied.</summary>
    [JsonStringEnumMemberName("conflict")]
    Conflict,

    [JsonStringEnumMemberName("rejected")]
    Rejected,

    /// <summary>Written to something that cannot be read back.</summary>
    [JsonStringEnumMemberName("unconfirmed")]
    Unconfirmed,

    [JsonStringEnumMemberName("expired")]
    Expired,
}

[JsonConverter(typeof(WordConverter<ValueQuality>))]
public enum ValueQuality
{
    [JsonStringEnumMemberName("good")]
    Good,

    [JsonStringEnumMemberName("stale")]
    Stale,

    [JsonStringEnumMemberName("bad")]
    Bad,
}

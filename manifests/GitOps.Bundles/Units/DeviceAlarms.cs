using System.Text.Json.Serialization;
using GitOps.Bundles.Json;

namespace GitOps.Bundles.Units;

/// <summary>A limit of a property that raises an alarm; exactly one of <see cref="Above"/>, <see cref="Below"/> and <see cref="EqualTo"/> is set.</summary>
public sealed record AlarmRule(string Name, string Property)
{
    public decimal? Above { get; init; }

    public decimal? Below { get; init; }

    public DeviceValue? EqualTo { get; init; }

    /// <summary>With a limit of a number: how far back within it the value has to be until the alarm ceases.</summary>
    public decimal? Hysteresis { get; init; }

    /// <summary>How long the value has to be beyond the limit until it is an alarm.</summary>
    public int? DelayMs { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public AlarmSeverity Severity { get; init; }
}

[JsonConverter(typeof(WordConverter<AlarmSeverity>))]
public enum AlarmSeverity
{
    [JsonStringEnumMemberName("warning")]
    Warning,

    [JsonStringEnumMemberName("critical")]
    Critical,
}

/// <summary>Which values of a property are told, to local applications or upstream.</summary>
public sealed record ReportRule
{
    /// <summary>By how much a value has to differ from the one told before; 0: at all.</summary>
    public decimal? Deadband { get; init; }

    /// <summary>One value for each interval, with minimum, maximum and mean of it.</summary>
    public int? EveryMs { get; init; }
}

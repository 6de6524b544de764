using System.Text.Json.Serialization;
using GitOps.Bundles.Json;

namespace GitOps.Bundles.Units;

/// <summary>What a property should be.</summary>
public sealed record DesiredValue(DeviceValue Value)
{
    public ApplyMode Apply { get; init; } = ApplyMode.Once;

    /// <summary>How far the read-back may be off.</summary>
    public decimal? Tolerance { get; init; }

    /// <summary>After this time since the bundle was first seen the value is no longer written; measured without the wall clock.</summary>
    public long? ValidForMs { get; init; }

    public WriteInterlock? WriteWhen { get; init; }

    public OnRollback? OnRollback { get; init; }
}

[JsonConverter(typeof(WordConverter<ApplyMode>))]
public enum ApplyMode
{
    /// <summary>Once per version in Git; later drift is reported.</summary>
    [JsonStringEnumMemberName("once")]
    Once,

    /// <summary>Written again whenever the device says otherwise, rate-bounded.</summary>
    [JsonStringEnumMemberName("hold")]
    Hold,
}

/// <summary>The value is written only while another property of the device equals this.</summary>
public sealed record WriteInterlock(string Property, DeviceValue EqualTo);

/// <summary>What happens to the device when the node goes back to its last good generation; exactly one member is set.</summary>
public sealed record OnRollback
{
    public RollbackAction? Action { get; init; }

    public DeviceValue? Value { get; init; }
}

[JsonConverter(typeof(WordConverter<RollbackAction>))]
public enum RollbackAction
{
    [JsonStringEnumMemberName("leave")]
    Leave,

    [JsonStringEnumMemberName("previous")]
    Previous,
}

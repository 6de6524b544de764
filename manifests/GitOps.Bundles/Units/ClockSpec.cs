using System.Text.Json.Serialization;

namespace GitOps.Bundles.Units;

/// <summary>The node's clock: at most one unit of this kind per node.</summary>
public sealed record ClockSpec : UnitSpec
{
    public required EquatableArray<TimeServer> Servers { get; init; }

    /// <summary>Bound on |offset| + root delay / 2 + root dispersion (RFC 5905 §11.2); the gate <c>clock</c> opens below it.</summary>
    public required int MaxErrorMs { get; init; }

    [JsonIgnore]
    public override string Kind => UnitKinds.Clock;
}

public sealed record TimeServer(string Address)
{
    public int? Port { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Nts { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Prefer { get; init; }
}

using System.Text.Json.Serialization;
using GitOps.Bundles.Json;

namespace GitOps.Bundles.Units;

/// <summary>The node's clock: at most one unit of this kind per node.</summary>
public sealed record ClockSpec : UnitSpec
{
    /// <summary>None only where <see cref="Ptp"/> is followed.</summary>
    public required EquatableArray<TimeServer> Servers { get; init; }

    /// <summary>Bound on |offset| + root delay / 2 + root dispersion (RFC 5905 §11.2); the gate <c>clock</c> opens below it.</summary>
    public required int MaxErrorMs { get; init; }

    /// <summary>PEM certificates of authorities for servers with NTS, besides those the machine trusts.</summary>
    public string? NtsAuthorities { get; init; }

    /// <summary>Null: PTP is not used.</summary>
    public PtpLink? Ptp { get; init; }

    /// <summary>Who may ask this node for the time; null: nobody.</summary>
    public TimeServing? Serve { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public ClockIsolation Isolation { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public LeapSeconds LeapSeconds { get; init; }

    /// <summary>From here on a chain of servers leads to an isolated site, to no real clock: what chrony takes by default.</summary>
    public const int OrphanStratum = 10;

    [JsonIgnore]
    public override string Kind => UnitKinds.Clock;
}

/// <summary>A node as the time server of others.</summary>
/// <param name="Networks">In CIDR notation; at least one.</param>
public sealed record TimeServing(EquatableArray<string> Networks)
{
    /// <summary>UDP; otherwise 123.</summary>
    public int? Port { get; init; }
}

/// <summary>What happens while no server answers.</summary>
[JsonConverter(typeof(WordConverter<ClockIsolation>))]
public enum ClockIsolation
{
    /// <summary>The bound on the error grows, and the gate closes above the limit.</summary>
    Wait,

    /// <summary>
    /// The node serves its own clock at <see cref="ClockSpec.OrphanStratum"/>, so that those that follow it agree. Only with
    /// <see cref="ClockSpec.Serve"/>.
    /// </summary>
    Orphan,
}

/// <summary>How a leap second reaches the clock, and those who ask this node.</summary>
[JsonConverter(typeof(WordConverter<LeapSeconds>))]
public enum LeapSeconds
{
    /// <summary>The clock is set back by the kernel.</summary>
    Step,

    /// <summary>The clock is slowed down around it, and so is what others are told: time never goes back.</summary>
    Slew,
}

public sealed record TimeServer(string Address)
{
    public int? Port { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Nts { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Prefer { get; init; }

    /// <summary>On the node's own network and of its own site: it may be asked every few seconds, so that its time counts within some.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Near { get; init; }
}

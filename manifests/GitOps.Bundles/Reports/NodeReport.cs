using System.Text.Json.Serialization;
using GitOps.Bundles.Json;

namespace GitOps.Bundles.Reports;

/// <summary>The whole state of a node, plus what happened since the report before. Booked once per (boot id, sequence).</summary>
public sealed record NodeReport
{
    /// <summary>A longer report is refused.</summary>
    public const int MaxBytes = 256 * 1024;

    public int Format { get; init; } = 1;

    public required string Fleet { get; init; }

    public required string Node { get; init; }

    /// <summary>128 random bits in hex, drawn at each start of the agent.</summary>
    public required string BootId { get; init; }

    /// <summary>1, 2, 3, … since the start.</summary>
    public required long Sequence { get; init; }

    /// <summary>
    /// The lowest sequence of this boot the node still holds, set whenever the report is sent; what is below will never come (again).
    /// Absent: 1. Without it a node that dropped reports of its bounded queue would wait for their acknowledgement for ever.
    /// </summary>
    public long? Oldest { get; init; }

    /// <summary>By the node's clock, which may be wrong.</summary>
    public required DateTimeOffset Time { get; init; }

    public required AgentVersion Agent { get; init; }

    /// <summary>What the node is committed to; absent before the first.</summary>
    public long? Generation { get; init; }

    public Digest? Bundle { get; init; }

    public string? Revision { get; init; }

    /// <summary>The highest generation a pointer was accepted of.</summary>
    public long SeenGeneration { get; init; }

    public required NodePhase Phase { get; init; }

    public EquatableArray<Condition> Conditions { get; init; }

    public EquatableArray<UnitReport> Units { get; init; }

    public EquatableArray<HoldReport> Holds { get; init; }

    public EquatableArray<QuarantineReport> Quarantined { get; init; }

    public ClockReport? Clock { get; init; }

    public EquatableArray<VolumeReport> Volumes { get; init; }

    public EquatableArray<DeviceReport> Devices { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public EquatableArray<SyncReport> Syncs { get; init; }

    public EquatableArray<EventReport> Events { get; init; }
}

public sealed record AgentVersion(string Version, int BundleFormat)
{
    /// <summary>Of the executable that runs; absent where nobody asked: no bundle names an agent.</summary>
    public Digest? Executable { get; init; }

    /// <summary>The agent that Git asks for, while it is another one than the one that runs.</summary>
    public PendingAgent? Pending { get; init; }
}

/// <param name="Why">What it waits for, or why it was given up.</param>
public sealed record PendingAgent(string Version, Digest Executable, string Why);

[JsonConverter(typeof(WordConverter<NodePhase>))]
public enum NodePhase
{
    [JsonStringEnumMemberName("converged")]
    Converged,

    [JsonStringEnumMemberName("applying")]
    Applying,

    /// <summary>A gate or the environment (network, disk, clock) is in the way; the holds say which.</summary>
    [JsonStringEnumMemberName("waiting")]
    Waiting,

    /// <summary>Committed, and something became unhealthy since.</summary>
    [JsonStringEnumMemberName("degraded")]
    Degraded,

    /// <summary>The newest bundle was refused or given up; the node is on the generation before.</summary>
    [JsonStringEnumMemberName("failed")]
    Failed,
}

/// <summary>As Kubernetes conditions are: status is <c>True</c>, <c>False</c> or <c>Unknown</c>.</summary>
public sealed record Condition(string Type, string Status, string Reason, string Message, DateTimeOffset Since);

public sealed record ClockReport
{
    /// <summary>False where no chronyd is and the agent only measures.</summary>
    public required bool Managed { get; init; }

    public required bool Synchronised { get; init; }

    /// <summary>Seconds the clock is ahead of its source.</summary>
    public decimal? Offset { get; init; }

    /// <summary>Bound on the error: |offset| + root delay / 2 + root dispersion.</summary>
    public decimal? ErrorBoundMs { get; init; }

    /// <summary>The largest such bound of the last 24 hours.</summary>
    public decimal? WorstErrorBoundMs { get; init; }

    public int? Stratum { get; init; }

    public string? Source { get; init; }

    /// <summary>True: the site agrees with itself, and nobody knows how far off it is. Absent: it follows a real clock.</summary>
    public bool? Isolated { get; init; }

    /// <summary>Ages may count by it: it is within its bound of a real clock.</summary>
    [JsonIgnore]
    public bool IsTrusted => Synchronised && Isolated != true;
}

public sealed record EventReport(DateTimeOffset Time, string Code, string Message)
{
    public UnitId? Unit { get; init; }
}

using System.Text.Json.Serialization;
using GitOps.Bundles.Json;
using GitOps.Bundles.Units;

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

public sealed record UnitReport(UnitId Id, UnitPhase State)
{
    public string? Message { get; init; }

    /// <summary>Of its process, or of all its containers, since it was first started as it is.</summary>
    public int Restarts { get; init; }

    /// <summary>Of a group of containers, in the order they are started.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public EquatableArray<ContainerReport> Containers { get; init; }
}

/// <summary>One container of a group.</summary>
/// <param name="Image">What runs, by digest.</param>
public sealed record ContainerReport(string Name, string Image, ContainerPhase State)
{
    public int Restarts { get; init; }

    /// <summary>Absent while no run of it has ended by itself.</summary>
    public ContainerEndReport? LastEnd { get; init; }
}

[JsonConverter(typeof(WordConverter<ContainerPhase>))]
public enum ContainerPhase
{
    /// <summary>There is none, or it was made and not started.</summary>
    [JsonStringEnumMemberName("absent")]
    Absent,

    [JsonStringEnumMemberName("running")]
    Running,

    [JsonStringEnumMemberName("ended")]
    Ended,
}

/// <summary>How a container ended last.</summary>
/// <param name="ExitCode">128 + signal when a signal ended it.</param>
public sealed record ContainerEndReport(DateTimeOffset Time, int ExitCode)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool OutOfMemory { get; init; }

    /// <summary>Why the agent ended it.</summary>
    public string? Because { get; init; }

    /// <summary>Of its output, oldest first.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public EquatableArray<string> LastLines { get; init; }
}

[JsonConverter(typeof(WordConverter<UnitPhase>))]
public enum UnitPhase
{
    [JsonStringEnumMemberName("ready")]
    Ready,

    [JsonStringEnumMemberName("applying")]
    Applying,

    [JsonStringEnumMemberName("waiting")]
    Waiting,

    [JsonStringEnumMemberName("failed")]
    Failed,

    /// <summary>Needs a new bundle or a person.</summary>
    [JsonStringEnumMemberName("stuck")]
    Stuck,
}

/// <summary>A change that is not made yet: what is waited for, and what would end the wait.</summary>
public sealed record HoldReport(UnitId Unit, string What, string Until);

/// <summary>A bundle the node gave up; it is not tried again until another one or an explicit retry.</summary>
public sealed record QuarantineReport(Digest Bundle, string Reason)
{
    public UnitId? Unit { get; init; }
}

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

public sealed record VolumeReport(string Name, long UsedBytes)
{
    public long? LimitBytes { get; init; }
}

/// <summary>How a sync of a volume is.</summary>
public sealed record SyncReport(string Name, SyncPhase State)
{
    /// <summary>When a run last reached its end, whole; absent before the first.</summary>
    public DateTimeOffset? LastSuccess { get; init; }

    /// <summary>How many files it brought or sent then, of those there are.</summary>
    public SyncCounts? Last { get; init; }

    /// <summary>Of a backup: the snapshot that run made.</summary>
    public string? Snapshot { get; init; }

    /// <summary>Of a backup: when what is kept last passed a check.</summary>
    public DateTimeOffset? VerifiedAt { get; init; }

    /// <summary>Of the run that is under way.</summary>
    public SyncProgress? Progress { get; init; }

    /// <summary>What it waits for, or why the last run failed.</summary>
    public string? Message { get; init; }
}

/// <param name="Files">In the whole tree.</param>
/// <param name="Bytes">In the whole tree.</param>
/// <param name="Moved">Files that had to be brought or sent.</param>
/// <param name="Conflicts">Files that were changed on the side that follows.</param>
public sealed record SyncCounts(long Files, long Bytes, long Moved, long Conflicts);

/// <param name="Bytes">Done so far.</param>
/// <param name="TotalBytes">To be done, as far as it is known.</param>
public sealed record SyncProgress(long Bytes, long TotalBytes);

[JsonConverter(typeof(WordConverter<SyncPhase>))]
public enum SyncPhase
{
    /// <summary>For its time or its window.</summary>
    [JsonStringEnumMemberName("waiting")]
    Waiting,

    [JsonStringEnumMemberName("running")]
    Running,

    /// <summary>The last run failed; it is tried again.</summary>
    [JsonStringEnumMemberName("failing")]
    Failing,

    /// <summary>A conflict that a person has to resolve.</summary>
    [JsonStringEnumMemberName("stopped")]
    Stopped,
}

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

public sealed record EventReport(DateTimeOffset Time, string Code, string Message)
{
    public UnitId? Unit { get; init; }
}

using System.Text.Json.Serialization;
using GitOps.Bundles.Json;

namespace GitOps.Bundles.Reports;

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

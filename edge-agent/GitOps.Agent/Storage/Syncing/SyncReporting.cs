using GitOps.Agent.Storage.Replicas;
using GitOps.Bundles;
using GitOps.Bundles.Reports;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Storage.Syncing;

/// <summary>What is told of one sync.</summary>
/// <param name="Memory">Null before it was read.</param>
/// <param name="Message">What it waits for, or why it fails.</param>
public sealed record SyncView(string Name, SyncSpec Spec, SyncMemory? Memory, SyncPhase Phase, SyncProgress? Progress, string? Message);

/// <summary>Syncs as the report says them.</summary>
public static class SyncReporting
{
    public const string OldCondition = "SyncTooOld";

    public const string ConflictCondition = "SyncConflict";

    public static SyncReport Report(SyncView view) => new(view.Name, view.Phase)
    {
        LastSuccess = view.Memory?.LastSuccess,
        Last = view.Memory?.Counts,
        Snapshot = view.Memory?.Snapshot,
        VerifiedAt = view.Memory?.VerifiedAt,
        Progress = view.Progress,
        Message = view.Message,
    };

    /// <summary>One condition for all syncs whose last whole run is too old; null when none is, or the clock cannot be trusted.</summary>
    public static Condition? Alarm(IEnumerable<SyncView> views, DateTimeOffset now, bool clockTrusted, DateTimeOffset since)
    {
        var old = clockTrusted ? views.Where(v => IsTooOld(v, now)).Select(Text).ToEquatableArray() : [];
        return old.IsEmpty ? null : new Condition(OldCondition, "True", SyncCodes.TooOld.Id, string.Join("; ", old), since);
    }

    /// <summary>One condition for all replicas that hold files in several versions; null when none does.</summary>
    public static Condition? Conflicts(IEnumerable<SyncView> views, DateTimeOffset since)
    {
        var torn = views.Where(v => v is { Spec.Mode: SyncMode.Replicate, Memory.Counts.Conflicts: > 0 })
            .Select(v => $"sync/{v.Name} holds {v.Memory!.Counts!.Conflicts} versions of files that were changed on several nodes at once").ToEquatableArray();
        return torn.IsEmpty ? null : new Condition(ConflictCondition, "True", ReplicaCodes.Conflict.Id, string.Join("; ", torn), since);
    }

    private static bool IsTooOld(SyncView view, DateTimeOffset now) => view.Spec.AlarmAfterMs is { } limit && view.Memory is { } memory &&
        now - (memory.LastSuccess ?? memory.Since) > TimeSpan.FromMilliseconds(limit);

    private static string Text(SyncView view) => view.Memory?.LastSuccess is { } last
        ? $"sync/{view.Name} was last whole at {last:u}"
        : $"sync/{view.Name} was never whole";
}

using GitOps.Agent.Storage.Syncing;
using GitOps.Bundles;
using GitOps.Bundles.Reports;

namespace GitOps.Agent.Storage.Replicas;

/// <summary>What a moment of a replica means.</summary>
/// <param name="IsWhole">At least one other node is connected, and none of those that are, nor this one, lacks anything.</param>
/// <param name="Problem">What a person should know of; null when nothing.</param>
public sealed record ReplicaVerdict(SyncPhase Phase, bool IsWhole, SyncCounts Counts, SyncProgress? Progress, Problem? Problem)
{
    /// <summary>What it waits for, where that is no problem yet.</summary>
    public string? Message { get; init; }
}

/// <summary>Judges replicas. Pure.</summary>
public static class ReplicaJudge
{
    /// <summary>Others start when they start.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private const int MostNamed = 3;

    /// <param name="self">The node.</param>
    /// <param name="conflicts">Paths of versions that lost, within the folder.</param>
    /// <param name="alone">Since when no other node was connected.</param>
    public static ReplicaVerdict Judge(SyncJob job, string self, ReplicaReading reading, EquatableArray<string> conflicts, TimeSpan alone)
    {
        var connected = reading.Connected;
        var isWhole = reading is { IsAtRest: true, Error: null, NeededItems: 0, Changed: 0 } && !connected.IsEmpty && connected.All(peer => peer.Items == 0);
        var problem = Problem(job, reading, conflicts, alone);
        var others = job.Spec.Remote.Nodes!.Peers.Where(peer => peer.Node != self).Select(peer => peer.Node);
        var away = others.Except(connected.Select(peer => peer.Node)).ToList();
        return new ReplicaVerdict(
            problem?.Code == ReplicaCodes.Failed.Id || problem?.Code == ReplicaCodes.Alone.Id ? SyncPhase.Failing
                : isWhole || (reading.IsAtRest && connected.IsEmpty) ? SyncPhase.Waiting : SyncPhase.Running,
            isWhole,
            new SyncCounts(reading.Files, reading.Bytes, 0, conflicts.Count),
            reading.NeededBytes > 0 ? new SyncProgress(Math.Max(0, reading.Bytes - reading.NeededBytes), reading.Bytes) : null,
            problem)
        {
            Message = away.Count == 0 ? null : $"not connected: {string.Join(", ", away)}",
        };
    }

    private static Problem? Problem(SyncJob job, ReplicaReading reading, EquatableArray<string> conflicts, TimeSpan alone) =>
        reading.Error is { } error ? new Problem(ReplicaCodes.Failed, $"{job.Folder}: {error}", "check the folder, the disk, and the rights of the agent on the node")
        : !reading.Strangers.IsEmpty ? new Problem(ReplicaCodes.Stranger, $"not let in: {Some(reading.Strangers)}",
            "where it is a node of yours, write its id, as 'gitops-agent storage replica-id' prints it there, in Git; otherwise find out who that is")
        : reading.Connected.IsEmpty && alone > Patience ? new Problem(ReplicaCodes.Alone, $"none of {SyncText.Of(job.Spec.Remote)} can be reached",
            "check addresses, port and firewalls between the nodes, and that each has the others' right ids")
        : !conflicts.IsEmpty ? new Problem(ReplicaCodes.Conflict, $"{(conflicts.Count == 1 ? "1 file was" : $"{conflicts.Count} files were")} changed on several nodes at once: {Some(conflicts)}",
            "compare each with the file of the same name, keep what is right, and delete the other on any of the nodes")
        : null;

    private static string Some(EquatableArray<string> names) =>
        $"{string.Join(", ", names.Take(MostNamed))}{(names.Count > MostNamed ? $" and {names.Count - MostNamed} more" : "")}";
}

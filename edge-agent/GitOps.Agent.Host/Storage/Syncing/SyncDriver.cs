using System.Collections.Concurrent;
using System.Diagnostics;
using GitOps.Agent.Host.Files;
using GitOps.Agent.Host.Links;
using GitOps.Agent.Host.Storage.Backups;
using GitOps.Agent.Host.Storage.Replicas;
using GitOps.Agent.Host.Store;
using GitOps.Agent.Loop;
using GitOps.Agent.Planning;
using GitOps.Agent.Storage.Backups;
using GitOps.Agent.Storage.Syncing;
using GitOps.Agent.TimeSync;
using GitOps.Bundles;
using GitOps.Bundles.Reports;
using GitOps.Bundles.Units;
using GitOps.Platform.Files;
using GitOps.Platform.Processes;

namespace GitOps.Agent.Host.Storage.Syncing;

/// <summary>Whose syncs they are.</summary>
internal sealed record SyncNode(string Fleet, string Node);

/// <summary>Follows syncs: one background runner each.</summary>
internal sealed class SyncDriver(
    IFileLayer layer, PolicyRoots roots, SyncFiles files, ContentResolver contents, ICommandRunner commands, LinkLedger ledger, IClockTrust trust, TimeProvider time,
    SyncNode node)
    : IDriver<SyncState, SyncStep>, IWatchingDriver, IReportingDriver, INotingDriver, ISettlingDriver, IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, FollowedSync> _followers = [];
    private readonly ConcurrentDictionary<string, string> _desks = [];
    private readonly ReplicaIdentity _identity = new(layer, files.Inputs);
    private Condition? _old;
    private Condition? _conflicts;

    /// <summary>A restore takes as long as it takes; nobody waits for ever.</summary>
    private static readonly TimeSpan PersonsTime = TimeSpan.FromDays(7);

    public Action? Wake { get; set; }

    public Action<Problem, UnitId>? Note { get; set; }

    /// <summary>Why a person wants a unit left alone; null: nobody does.</summary>
    public Func<UnitId, string?>? Held { get; set; }

    /// <summary>Syncs that an agent before this one was carrying out are not under way any more.</summary>
    public ValueTask SettleAsync(CancellationToken cancellationToken)
    {
        Rclone.EndLeftOver(files);
        return ValueTask.CompletedTask;
    }

    public ValueTask<SyncState> ObserveAsync(Unit unit, CancellationToken cancellationToken)
    {
        var follower = _followers.GetValueOrDefault(unit.Name);
        follower?.Suspend(unit.Suspend);
        var view = follower?.View;
        return ValueTask.FromResult(new SyncState(follower?.Job, IsKnown(unit.Name), HasTree(follower?.Job, view?.Memory), view?.Message));
    }

    public async ValueTask<StepOutcome> ApplyAsync(Unit unit, SyncStep step, CancellationToken cancellationToken)
    {
        try
        {
            switch (step)
            {
                case SyncStep.Follow(var job):
                    var isNew = await UnfollowAsync(unit.Name);
                    ClearRestored(unit.Name, job);
                    _followers[unit.Name] = Follow(unit, job, isNew);
                    break;
                case SyncStep.Unfollow:
                    await UnfollowAsync(unit.Name);
                    break;
                case SyncStep.Forget(var volume):
                    if (volume is not null)
                    {
                        var left = new SyncJob((SyncSpec)unit.Spec, volume, null, null);
                        Folders(unit.Name, left).Forget();
                        ClearRestored(unit.Name, left);
                    }

                    files.Forget(unit.Name);
                    break;
                default:
                    throw new UnreachableException($"unknown step {step}");
            }

            return new StepOutcome.Done();
        }
        catch (FileLayerException failure)
        {
            return new StepOutcome.Retry(
                new Problem(SyncCodes.Failed, $"{unit.Id}: {failure.Message}", "check the disk and the rights of the agent on the node"), FailureCause.Environment);
        }
    }

    public NodeReport Contribute(NodeReport report)
    {
        var views = _followers.OrderBy(f => f.Key, StringComparer.Ordinal).Select(f => f.Value.View).ToList();
        var now = time.GetUtcNow();
        _old = SyncReporting.Alarm(views, now, trust.IsTrusted, since: _old?.Since ?? now);
        _conflicts = SyncReporting.Conflicts(views, since: _conflicts?.Since ?? now);
        return report with
        {
            Syncs = views.Select(SyncReporting.Report).ToEquatableArray(),
            Conditions = report.Conditions.Concat(new[] { _old, _conflicts }.OfType<Condition>()).ToEquatableArray(),
        };
    }

    /// <summary>Runs one now.</summary>
    /// <returns>Whether there is one of that name.</returns>
    public bool RunNow(string sync)
    {
        var follower = _followers.GetValueOrDefault(sync);
        follower?.RunNow();
        return follower is not null;
    }

    /// <summary>Who the node is among replicas.</summary>
    /// <exception cref="FileLayerException">It cannot be read or kept.</exception>
    public string ReplicaId => _identity.Get().Id;

    /// <summary>What a sync is carried out by; null when there is none of that name, or it is no backup.</summary>
    public SyncJob? FindBackup(string sync) => _followers.GetValueOrDefault(sync)?.Job is { Spec.Backup: not null } job ? job : null;

    /// <summary>Lets a person work with a backup; one at a time.</summary>
    /// <returns>Null while another one does.</returns>
    public async Task<DeskAnswer?> AtDeskAsync(string sync, SyncJob job, Func<BackupDesk, Task<DeskAnswer>> work)
    {
        if (!_desks.TryAdd(sync, sync))
        {
            return null;
        }

        try
        {
            return await work(new BackupDesk(job, Programs(sync, job, PersonsTime).Restic!, roots, Free, time));
        }
        finally
        {
            _desks.TryRemove(sync, out _);
        }
    }

    /// <summary>A backup was restored here: this machine goes on with it.</summary>
    public void GoOn(string sync) => _followers.GetValueOrDefault(sync)?.RunNow();

    public async ValueTask DisposeAsync()
    {
        foreach (var name in _followers.Keys)
        {
            await UnfollowAsync(name);
        }
    }

    private FollowedSync Follow(Unit unit, SyncJob job, bool isNew)
    {
        var around = new SyncSurroundings(roots.Beneath(job.VolumePath), files, ledger.Under(job.Link), time, Free);
        return job.Spec.Mode == SyncMode.Replicate
            ? new ReplicaFollower(unit.Name, job, node.Node, around, _identity, HeldBy, Ended)
            : new SyncFollower(unit.Name, job, isNew, () => files.Read(unit.Name), (memory, turn, progressed, stop) =>
            {
                var (rclone, restic) = Programs(unit.Name, job, turn.For);
                return restic is null
                    ? new SyncRun(job, unit.Name, rclone, around, progressed).RunAsync(memory, stop)
                    : new BackupRun(job, new BackupRepository(restic, rclone, files, job, time), restic, around, trust.IsTrusted, turn.IsAsked, progressed).RunAsync(memory, stop);
            }, HeldBy, time, Ended);

        string? HeldBy() => Held?.Invoke(unit.Id);

        void Ended(Problem? problem)
        {
            if (problem is not null)
            {
                Note?.Invoke(problem, unit.Id);
            }

            Wake?.Invoke();
        }
    }

    private bool HasTree(SyncJob? job, SyncMemory? memory) => job?.Spec switch
    {
        { Mode: SyncMode.Backup } => memory?.HasBegun == true,
        { Remote.Nodes.Source: { } source } when source == node.Node => memory?.HasBegun == true,
        _ => memory?.LastSuccess is not null,
    };

    /// <param name="limit">When what they do ends at the latest.</param>
    private (Rclone Rclone, Restic? Restic) Programs(string sync, SyncJob job, TimeSpan limit)
    {
        var begun = time.GetTimestamp();
        TimeSpan Left() => limit - time.GetElapsedTime(begun);
        var rclone = new Rclone(commands, files, contents, job, sync, Left);
        return (rclone, job.Spec.Backup is null ? null : new Restic(commands, files, contents, rclone, job, new BackupName(node.Fleet, node.Node, sync), Left));
    }

    /// <summary>A restore that an agent before this one was carrying out takes no room.</summary>
    private void ClearRestored(string sync, SyncJob job)
    {
        if (job.Spec.Mode == SyncMode.Backup && !_desks.ContainsKey(sync))
        {
            RestoreTree.InPlace(roots.Beneath(job.VolumePath), job, sync, null).Clear();
        }
    }

    private SyncFolders Folders(string name, SyncJob job) => new(roots.Beneath(job.VolumePath), job, name);

    private bool IsKnown(string sync)
    {
        try
        {
            return files.IsKnown(sync);
        }
        catch (FileLayerException)
        {
            return true; // forgetting it will tell
        }
    }

    /// <returns>Whether it was followed.</returns>
    private async Task<bool> UnfollowAsync(string sync)
    {
        if (!_followers.TryRemove(sync, out var follower))
        {
            return false;
        }

        await follower.DisposeAsync();
        return true;
    }

    private static long Free(string path) => new DriveInfo(path).AvailableFreeSpace;
}

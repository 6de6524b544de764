using System.Collections.Concurrent;
using System.Diagnostics;
using GitOps.Agent.Host.Files;
using GitOps.Agent.Host.Links;
using GitOps.Agent.Host.Store;
using GitOps.Agent.Loop;
using GitOps.Agent.Planning;
using GitOps.Agent.Storage.Syncing;
using GitOps.Agent.TimeSync;
using GitOps.Bundles;
using GitOps.Bundles.Reports;
using GitOps.Bundles.Units;
using GitOps.Platform.Files;
using GitOps.Platform.Processes;

namespace GitOps.Agent.Host.Storage.Syncing;

/// <summary>Follows syncs: one background runner each.</summary>
internal sealed class SyncDriver(
    PolicyRoots roots, SyncFiles files, ContentResolver contents, ICommandRunner commands, LinkLedger ledger, IClockTrust trust, TimeProvider time)
    : IDriver<SyncState, SyncStep>, IWatchingDriver, IReportingDriver, INotingDriver, ISettlingDriver, IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, SyncFollower> _followers = [];
    private Condition? _alarm;

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
        return ValueTask.FromResult(new SyncState(follower?.Job, IsKnown(unit.Name), view?.Memory?.LastSuccess is not null, view?.Message));
    }

    public async ValueTask<StepOutcome> ApplyAsync(Unit unit, SyncStep step, CancellationToken cancellationToken)
    {
        try
        {
            switch (step)
            {
                case SyncStep.Follow(var job):
                    var isNew = await UnfollowAsync(unit.Name);
                    _followers[unit.Name] = Follow(unit, job, isNew);
                    break;
                case SyncStep.Unfollow:
                    await UnfollowAsync(unit.Name);
                    break;
                case SyncStep.Forget(var volume):
                    if (volume is not null)
                    {
                        Folders(unit.Name, new SyncJob((SyncSpec)unit.Spec, volume, null, null)).Forget();
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
        _alarm = SyncReporting.Alarm(views, now, trust.IsTrusted, since: _alarm?.Since ?? now);
        return report with
        {
            Syncs = views.Select(SyncReporting.Report).ToEquatableArray(),
            Conditions = _alarm is null ? report.Conditions : report.Conditions.Append(_alarm).ToEquatableArray(),
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

    public async ValueTask DisposeAsync()
    {
        foreach (var name in _followers.Keys)
        {
            await UnfollowAsync(name);
        }
    }

    private SyncFollower Follow(Unit unit, SyncJob job, bool isNew) => new(
        unit.Name, job, isNew, () => files.Read(unit.Name),
        (memory, limit, progressed, stop) =>
        {
            var begun = time.GetTimestamp();
            var rclone = new Rclone(commands, files, contents, job, unit.Name, () => limit - time.GetElapsedTime(begun));
            var around = new SyncSurroundings(roots.Beneath(job.VolumePath), files, ledger.Under(job.Link), time, Free);
            return new SyncRun(job, unit.Name, rclone, around, progressed).RunAsync(memory, stop);
        },
        () => Held?.Invoke(unit.Id), time, problem =>
        {
            if (problem is not null)
            {
                Note?.Invoke(problem, unit.Id);
            }

            Wake?.Invoke();
        });

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

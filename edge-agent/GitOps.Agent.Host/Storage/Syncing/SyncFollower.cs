using GitOps.Agent.Host.Links;
using GitOps.Agent.Storage.Syncing;
using GitOps.Bundles;
using GitOps.Bundles.Reports;

namespace GitOps.Agent.Host.Storage.Syncing;

/// <summary>Carries out one run.</summary>
internal delegate Task<(SyncMemory Memory, Problem? Problem)> RunOnce(
    SyncMemory memory, SyncTurn.Run turn, Action<SyncProgress> progressed, CancellationToken cancellationToken);

/// <summary>Runs one sync by its schedule.</summary>
internal sealed class SyncFollower : FollowedSync
{
    private readonly Func<SyncMemory?> _read;
    private readonly RunOnce _run;
    private bool _isNew;
    private int _failures;

    /// <param name="ended">Told of the end of every run; of a failure only when it is another one than the last time.</param>
    /// <param name="isNew">What is to be done was another thing a moment ago: the first run does not wait for its time.</param>
    /// <param name="held">Why a person wants no run to begin now; null: nobody does.</param>
    public SyncFollower(
        string name, SyncJob job, bool isNew, Func<SyncMemory?> read, RunOnce run, Func<string?> held, TimeProvider time, Action<Problem?> ended)
        : base(name, job, held, time, ended)
    {
        (_isNew, _read, _run) = (isNew, read, run);
        Begin();
    }

    protected override async Task FollowAsync(CancellationToken stop)
    {
        var memory = _read() ?? new SyncMemory { Since = Time.GetUtcNow() };
        Set(v => v with { Memory = memory });
        long? begun = null;
        var ended = Time.GetTimestamp();
        string? lastProblem = null;
        while (true)
        {
            switch (Next(memory, begun, ended))
            {
                case SyncTurn.Wait(var pause, var why):
                    Set(v => v with { Message = v.Phase == SyncPhase.Waiting ? why : v.Message, Progress = null });
                    await Wakeup.WaitAsync(pause, stop);
                    break;
                case SyncTurn.Run turn:
                    begun = Time.GetTimestamp();
                    _isNew = false;
                    Set(v => v with { Phase = SyncPhase.Running });
                    (memory, var problem) = await TryAsync(memory, turn, stop);
                    ended = Time.GetTimestamp();
                    _failures = problem is null ? 0 : _failures + 1;
                    Set(v => v with
                    {
                        Memory = memory,
                        Phase = problem is null ? SyncPhase.Waiting : problem.Code == SyncCodes.Conflict.Id || problem.Code == SyncCodes.Foreign.Id ? SyncPhase.Stopped : SyncPhase.Failing,
                        Progress = null,
                        Message = problem is null ? null : $"{problem.Code}: {problem.What}",
                    });
                    Tell(problem is null || problem.Code == lastProblem ? null : problem);
                    lastProblem = problem?.Code;
                    break;
            }
        }
    }

    private SyncTurn Next(SyncMemory memory, long? begun, long ended)
    {
        if (Suspended is { } suspended)
        {
            return new SyncTurn.Wait(TimeSpan.FromMinutes(10), suspended);
        }

        if (TakeAsked())
        {
            return new SyncTurn.Run(TimeSpan.FromMilliseconds(Job.Spec.TimeLimitMs)) { IsAsked = true };
        }

        if (Held is { } held)
        {
            return new SyncTurn.Wait(WhileHeld, held);
        }

        // Over a restart only the wall clock knows; one that was set back must not hold a sync for years.
        var now = Time.GetUtcNow();
        var since = begun is { } at ? Time.GetElapsedTime(at)
            : !_isNew && memory.LastTry is { } last && last <= now && memory.LastSuccess >= last ? now - last
            : (TimeSpan?)null;
        return SyncSchedule.Next(Job.Spec, _failures, since, Time.GetElapsedTime(ended), WallClock.Now(Time, Job.Spec.TimeZone));
    }

    private async Task<(SyncMemory, Problem?)> TryAsync(SyncMemory memory, SyncTurn.Run turn, CancellationToken stop)
    {
        try
        {
            return await _run(memory, turn, progress => Set(v => v with { Progress = progress }), stop);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // The edge of a loop of its own: a mistake of ours in one sync must not silence it for good.
            return (memory, Bug(e));
        }
    }
}

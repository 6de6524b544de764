using GitOps.Agent.Host.Links;
using GitOps.Agent.Storage.Syncing;
using GitOps.Bundles;
using GitOps.Bundles.Reports;
using GitOps.Platform.Timing;

namespace GitOps.Agent.Host.Storage.Syncing;

/// <summary>Carries out one run.</summary>
internal delegate Task<(SyncMemory Memory, Problem? Problem)> RunOnce(
    SyncMemory memory, SyncTurn.Run turn, Action<SyncProgress> progressed, CancellationToken cancellationToken);

/// <summary>Runs one sync by its schedule in the background, and knows how it is.</summary>
internal sealed class SyncFollower : IAsyncDisposable
{
    /// <summary>A hold ends by itself, and nobody tells of that.</summary>
    private static readonly TimeSpan WhileHeld = TimeSpan.FromSeconds(30);

    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly string _name;
    private readonly RunOnce _run;
    private readonly TimeProvider _time;
    private readonly Wakeup _wakeup;
    private readonly Func<string?> _held;
    private readonly Action<Problem?> _ended;
    private readonly Task _running;
    private SyncView _view;
    private string? _suspended;
    private bool _isAsked;
    private bool _isNew;
    private int _failures;

    /// <param name="ended">Told of the end of every run; of a failure only when it is another one than the last time.</param>
    /// <param name="isNew">What is to be done was another thing a moment ago: the first run does not wait for its time.</param>
    /// <param name="held">Why a person wants no run to begin now; null: nobody does.</param>
    public SyncFollower(
        string name, SyncJob job, bool isNew, Func<SyncMemory?> read, RunOnce run, Func<string?> held, TimeProvider time, Action<Problem?> ended)
    {
        (_name, Job, _isNew, _run, _held, _time, _ended) = (name, job, isNew, run, held, time, ended);
        _wakeup = new Wakeup(time);
        _view = new SyncView(name, job.Spec, null, SyncPhase.Waiting, null, null);
        _running = Task.Run(() => FollowAsync(read, _stop.Token), CancellationToken.None);
    }

    public SyncJob Job { get; }

    public SyncView View
    {
        get
        {
            lock (_lock)
            {
                return _view;
            }
        }
    }

    /// <summary>Begins no run while there is a reason not to.</summary>
    public void Suspend(string? reason)
    {
        lock (_lock)
        {
            if (_suspended == reason)
            {
                return;
            }

            _suspended = reason;
        }

        _wakeup.Signal();
    }

    /// <summary>Runs now, whatever schedule, windows and holds say: a person asks for it.</summary>
    public void RunNow()
    {
        lock (_lock)
        {
            _isAsked = true;
        }

        _wakeup.Signal();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
    }

    private async Task FollowAsync(Func<SyncMemory?> read, CancellationToken stop)
    {
        try
        {
            await Task.Yield();
            var memory = read() ?? new SyncMemory { Since = _time.GetUtcNow() };
            Set(v => v with { Memory = memory });
            long? begun = null;
            var ended = _time.GetTimestamp();
            string? lastProblem = null;
            while (true)
            {
                switch (Next(memory, begun, ended))
                {
                    case SyncTurn.Wait(var pause, var why):
                        Set(v => v with { Message = v.Phase == SyncPhase.Waiting ? why : v.Message, Progress = null });
                        await _wakeup.WaitAsync(pause, stop);
                        break;
                    case SyncTurn.Run turn:
                        begun = _time.GetTimestamp();
                        _isNew = false;
                        Set(v => v with { Phase = SyncPhase.Running });
                        (memory, var problem) = await TryAsync(memory, turn, stop);
                        ended = _time.GetTimestamp();
                        _failures = problem is null ? 0 : _failures + 1;
                        Set(v => v with
                        {
                            Memory = memory,
                            Phase = problem is null ? SyncPhase.Waiting : problem.Code == SyncCodes.Conflict.Id || problem.Code == SyncCodes.Foreign.Id ? SyncPhase.Stopped : SyncPhase.Failing,
                            Progress = null,
                            Message = problem is null ? null : $"{problem.Code}: {problem.What}",
                        });
                        _ended(problem is null || problem.Code == lastProblem ? null : problem);
                        lastProblem = problem?.Code;
                        break;
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Disposed: the only way out.
        }
    }

    private SyncTurn Next(SyncMemory memory, long? begun, long ended)
    {
        lock (_lock)
        {
            if (_suspended is { } reason)
            {
                return new SyncTurn.Wait(TimeSpan.FromMinutes(10), $"it is suspended: {reason}");
            }

            if (_isAsked)
            {
                _isAsked = false;
                return new SyncTurn.Run(TimeSpan.FromMilliseconds(Job.Spec.TimeLimitMs)) { IsAsked = true };
            }
        }

        if (_held() is { } because)
        {
            return new SyncTurn.Wait(WhileHeld, $"it is held by {because}");
        }

        // Over a restart only the wall clock knows; one that was set back must not hold a sync for years.
        var now = _time.GetUtcNow();
        var since = begun is { } at ? _time.GetElapsedTime(at)
            : !_isNew && memory.LastTry is { } last && last <= now && memory.LastSuccess >= last ? now - last
            : (TimeSpan?)null;
        return SyncSchedule.Next(Job.Spec, _failures, since, _time.GetElapsedTime(ended), WallClock.Now(_time, Job.Spec.TimeZone));
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
            return (memory, new Problem(AgentCodes.Bug.Id, $"sync/{_name}: {e.GetType().Name}: {e.Message}", "report it, with the output of 'gitops-agent support-bundle'"));
        }
    }

    private void Set(Func<SyncView, SyncView> change)
    {
        lock (_lock)
        {
            _view = change(_view);
        }
    }
}

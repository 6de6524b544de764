using GitOps.Agent.Storage.Syncing;
using GitOps.Bundles;
using GitOps.Bundles.Reports;
using GitOps.Platform.Timing;

namespace GitOps.Agent.Host.Storage.Syncing;

/// <summary>Carries out one sync in the background, and knows how it is. Disposing ends it.</summary>
internal abstract class FollowedSync : IAsyncDisposable
{
    /// <summary>A hold ends by itself, and nobody tells of that.</summary>
    protected static readonly TimeSpan WhileHeld = TimeSpan.FromSeconds(30);

    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<string?> _held;
    private readonly Action<Problem?> _ended;
    private Task _running = Task.CompletedTask;
    private SyncView _view;
    private string? _suspended;
    private bool _isAsked;

    protected FollowedSync(string name, SyncJob job, Func<string?> held, TimeProvider time, Action<Problem?> ended)
    {
        (Name, Job, Time, _held, _ended) = (name, job, time, held, ended);
        Wakeup = new Wakeup(time);
        _view = new SyncView(name, job.Spec, null, SyncPhase.Waiting, null, null);
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

    protected string Name { get; }

    protected TimeProvider Time { get; }

    protected Wakeup Wakeup { get; }

    /// <summary>Why Git wants nothing to begin now; null: it does not.</summary>
    protected string? Suspended
    {
        get
        {
            lock (_lock)
            {
                return _suspended is { } reason ? $"it is suspended: {reason}" : null;
            }
        }
    }

    /// <summary>Why a person wants nothing to begin now; null: nobody does.</summary>
    protected string? Held => _held() is { } because ? $"it is held by {because}" : null;

    /// <summary>Begins nothing while there is a reason not to.</summary>
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

        Wakeup.Signal();
    }

    /// <summary>Runs now, whatever schedule, windows and holds say: a person asks for it.</summary>
    public void RunNow()
    {
        lock (_lock)
        {
            _isAsked = true;
        }

        Wakeup.Signal();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
    }

    /// <summary>Goes on until it is cancelled.</summary>
    protected abstract Task FollowAsync(CancellationToken stop);

    /// <summary>Called once, by whoever has been made whole.</summary>
    protected void Begin() => _running = Task.Run(async () =>
    {
        try
        {
            await FollowAsync(_stop.Token);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Disposed: the only way out.
        }
    });

    /// <summary>Whether a person asked for it; each time counts once.</summary>
    protected bool TakeAsked()
    {
        lock (_lock)
        {
            var isAsked = _isAsked;
            _isAsked = false;
            return isAsked;
        }
    }

    protected void Set(Func<SyncView, SyncView> change)
    {
        lock (_lock)
        {
            _view = change(_view);
        }
    }

    /// <summary>Something came to an end, well or with a problem that is another one than before.</summary>
    protected void Tell(Problem? problem) => _ended(problem);

    protected Problem Bug(Exception e) =>
        new(AgentCodes.Bug.Id, $"sync/{Name}: {e.GetType().Name}: {e.Message}", "report it, with the output of 'gitops-agent support-bundle'");
}

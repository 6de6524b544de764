using GitOps.Agent.Containers;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Host.Containers;

/// <summary>Asks the probes of one run of a container on their periods, and keeps what they say. Disposing ends it.</summary>
internal sealed class ContainerProber : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _hasStarted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ContainerAsker _asker;
    private readonly TimeProvider _time;
    private readonly Action _changed;
    private readonly Task _running;
    private readonly Tally? _startup;
    private readonly Tally? _liveness;
    private readonly Tally? _readiness;

    public ContainerProber(ContainerSpec container, ContainerAsker asker, TimeProvider time, Action changed)
    {
        (Container, _asker, _time, _changed) = (container, asker, time, changed);
        _startup = container.Startup is { } startup ? new Tally("startup", startup) : null;
        _liveness = container.Liveness is { } liveness ? new Tally("liveness", liveness) : null;
        _readiness = container.Readiness is { } readiness ? new Tally("readiness", readiness) : null;
        if (_startup is null)
        {
            _hasStarted.SetResult();
        }

        _running = Task.WhenAll(new[] { _startup, _liveness, _readiness }.OfType<Tally>().Select(RunAsync));
    }

    /// <summary>Whose probes these are, as the unit said when they began.</summary>
    public ContainerSpec Container { get; }

    public bool AsksAs(ContainerSpec container) =>
        (container.Startup, container.Liveness, container.Readiness) == (Container.Startup, Container.Liveness, Container.Readiness);

    public ContainerHealth Read() =>
        _startup is { Holds: false } startup ? startup.Fails ? new ContainerHealth.Dead(startup.Message) : new ContainerHealth.Pending(startup.Message)
        : _liveness is { Fails: true } liveness ? new ContainerHealth.Dead(liveness.Message)
        : _readiness switch
        {
            { Fails: true } readiness => new ContainerHealth.NotReady(readiness.Message),
            { Holds: false } readiness => new ContainerHealth.Pending(readiness.Message),
            _ => new ContainerHealth.Healthy(),
        };

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
    }

    private async Task RunAsync(Tally tally)
    {
        await Task.Yield();
        try
        {
            if (tally != _startup)
            {
                await _hasStarted.Task.WaitAsync(_stop.Token);
            }

            await Task.Delay(TimeSpan.FromMilliseconds(tally.Probe.InitialDelayMs), _time, _stop.Token);
            using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(Math.Max(tally.Probe.PeriodMs, 1)), _time);
            do
            {
                await AskAsync(tally);
            }
            while ((tally != _startup || !tally.Holds) && await timer.WaitForNextTickAsync(_stop.Token));
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The run this was about is over.
        }
    }

    private async Task AskAsync(Tally tally)
    {
        var before = Read();
        try
        {
            tally.Book(await _asker.AskAsync(tally.Probe, _stop.Token));
        }
        catch (EngineException)
        {
            return; // the engine is away: a container is not restarted for that
        }

        if (_startup is { Holds: true })
        {
            _hasStarted.TrySetResult();
        }

        if (Read() != before)
        {
            _changed();
        }
    }

    /// <summary>The last answers of one probe. One writer; readers see some state of it.</summary>
    private sealed class Tally(string kind, ContainerProbe probe)
    {
        private volatile string _last = "has not answered yet";
        private int _failures;
        private int _successes;

        public ContainerProbe Probe => probe;

        public bool Holds { get; private set; }

        public bool Fails { get; private set; }

        public string Message => Fails ? $"its {kind} failed {probe.FailureThreshold} times in a row: {_last}" : $"its {kind} does not hold yet: {_last}";

        public void Book(string? failure)
        {
            (_failures, _successes) = failure is null ? (0, _successes + 1) : (_failures + 1, 0);
            _last = failure ?? _last;
            if (_successes >= probe.SuccessThreshold)
            {
                (Holds, Fails) = (true, false);
            }
            else if (_failures >= probe.FailureThreshold)
            {
                (Holds, Fails) = (false, true);
            }
        }
    }
}

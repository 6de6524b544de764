using GitOps.Agent.TimeSync;
using GitOps.Bundles.Units;
using GitOps.Platform.Timing;

namespace GitOps.Agent.Host.Chrony;

/// <summary>Looks at the clock now and then, and tells when it begins or ceases to be within its limit.</summary>
internal sealed class ClockWatch : IAsyncDisposable
{
    /// <summary>While it is not known to be right, somebody waits: it is looked again after a quarter of the time that has passed, about.</summary>
    private static readonly TimeSpan WhileWaiting = TimeSpan.FromMilliseconds(250);

    private const double Longer = 1.25;
    private static readonly TimeSpan WhileRight = TimeSpan.FromSeconds(30);

    private readonly CancellationTokenSource _stop = new();
    private readonly TimeProvider _time;
    private readonly Wakeup _wakeup;
    private readonly Action<ClockMeasure?> _measured;
    private readonly Action _changed;
    private readonly IClockSource _source;
    private readonly Task _running;
    private volatile Seen? _seen;

    public ClockWatch(ClockSpec spec, Func<Action, IClockSource> source, TimeProvider time, Action<ClockMeasure?> measured, Action changed)
    {
        (Spec, _time, _measured, _changed) = (spec, time, measured, changed);
        _wakeup = new Wakeup(time);
        _source = source(_wakeup.Signal);
        _running = Task.Run(() => RunAsync(_stop.Token), CancellationToken.None);
    }

    public ClockSpec Spec { get; }

    public ClockMeasure? Measure => _seen?.Measure;

    public string? Trouble => _seen?.Trouble;

    /// <summary>What was seen long ago is not known any more.</summary>
    public bool IsWithin => _seen is { Measure: { } measure } seen && measure.IsWithin(Spec.MaxErrorMs) &&
        _time.GetElapsedTime(seen.Timestamp) < WhileRight * 4;

    /// <summary>Within its bound of a real clock; one that only the site agrees upon may give way to it at any moment.</summary>
    private bool IsSettled => IsWithin && Measure is { IsIsolated: false };

    /// <summary>Looks again now.</summary>
    public void Look() => _wakeup.Signal();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        await _source.DisposeAsync();
        _stop.Dispose();
    }

    private async Task RunAsync(CancellationToken stop)
    {
        try
        {
            for (var pause = WhileWaiting; ;)
            {
                var before = (IsWithin, IsSettled, HasMeasure: Measure is not null);
                var (measure, trouble) = await _source.MeasureAsync(stop);
                _seen = new Seen(measure, trouble, _time.GetTimestamp());
                _measured(measure);
                if (before != (IsWithin, IsSettled, Measure is not null))
                {
                    _changed();
                }

                var isSignalled = await _wakeup.WaitAsync(IsSettled ? WhileRight : pause, stop);
                pause = isSignalled || IsSettled ? WhileWaiting : pause * Longer < WhileRight ? pause * Longer : WhileRight;
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Disposed: the only way out.
        }
    }

    private sealed record Seen(ClockMeasure? Measure, string? Trouble, long Timestamp);
}

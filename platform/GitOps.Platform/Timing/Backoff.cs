namespace GitOps.Platform.Timing;

/// <summary>
/// How long to wait before trying again: a random time between nothing and a bound that doubles from failure to failure
/// ("full jitter"), so that a thousand nodes do not come back at one moment. The bound never shrinks until
/// <see cref="Reset"/> and never passes the maximum. Not thread-safe; one per thing retried.
/// </summary>
public sealed class Backoff(TimeSpan initial, TimeSpan maximum, Random random)
{
    private TimeSpan? _bound;

    /// <summary>May change as others say over how long to spread; it counts from the next wait on.</summary>
    public TimeSpan Maximum { get; set; } = maximum;

    /// <summary>Failures since the last success.</summary>
    public int Failures { get; private set; }

    /// <summary>The wait after one more failure.</summary>
    public TimeSpan Next()
    {
        var bound = (_bound ?? initial) is var grown && grown < Maximum ? grown : Maximum;
        Failures++;
        _bound = bound >= Maximum / 2 ? Maximum : bound * 2;
        return bound * random.NextDouble();
    }

    /// <summary>It worked: start again from the initial bound.</summary>
    public void Reset() => (_bound, Failures) = (null, 0);
}

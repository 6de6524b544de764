namespace GitOps.Agent.Host.Transport;

/// <summary>
/// The time at which servers' certificates are judged: the machine's clock, never before what is known to be past; and where
/// that clock proved wrong, what the fleet signed, carried on by the monotonic clock. Thread-safe.
/// </summary>
internal sealed class TlsClock(TimeProvider time, DateTimeOffset floor)
{
    private volatile Told? _told;

    /// <summary>Known to be past when the agent started.</summary>
    public DateTimeOffset Floor => floor;

    public DateTimeOffset Now => _told is { } told ? told.Time + time.GetElapsedTime(told.Timestamp) : Own > floor ? Own : floor;

    private DateTimeOffset Own => time.GetUtcNow();

    /// <summary>Goes by this time from now on, when the clock is more than <paramref name="atLeast"/> off it; whether it is.</summary>
    public bool Correct(DateTimeOffset now, TimeSpan atLeast)
    {
        if ((Now - now).Duration() <= atLeast)
        {
            return false;
        }

        _told = new Told(now, time.GetTimestamp());
        return true;
    }

    private sealed record Told(DateTimeOffset Time, long Timestamp);
}

namespace GitOps.TestKit;

/// <summary>Real time, some times faster: pauses of minutes pass in seconds, and everything still waits for everything.</summary>
public sealed class FastTime(int factor) : TimeProvider
{
    private readonly DateTimeOffset _start = System.GetUtcNow();
    private readonly long _startedAt = System.GetTimestamp();

    public override long TimestampFrequency => System.TimestampFrequency;

    public override long GetTimestamp() => _startedAt + ((System.GetTimestamp() - _startedAt) * factor);

    public override DateTimeOffset GetUtcNow() => _start + GetElapsedTime(_startedAt);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        System.CreateTimer(callback, state, Real(dueTime), Real(period));

    private TimeSpan Real(TimeSpan time) => time <= TimeSpan.Zero ? time : time / factor; // also "never", which is negative
}

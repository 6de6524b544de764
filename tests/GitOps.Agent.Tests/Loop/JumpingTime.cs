using Microsoft.Extensions.Time.Testing;

namespace GitOps.Agent.Tests.Loop;

/// <summary>A machine's time: what passes, and a wall clock that may jump while it does.</summary>
internal sealed class JumpingTime(DateTimeOffset start) : FakeTimeProvider(start)
{
    private TimeSpan _ahead;

    /// <summary>Sets the wall clock; no time passes.</summary>
    public void Set(DateTimeOffset now) => _ahead += now - GetUtcNow();

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + _ahead;

    /// <summary>Monotonic: it knows of no jump.</summary>
    public override long GetTimestamp() => base.GetUtcNow().UtcTicks;
}

using GitOps.Agent.Generations;

namespace GitOps.Agent.Loop;

/// <summary>
/// Says when what a person asked for is over. By the clock only where that was trusted then and is now; otherwise its whole
/// length counts from when this agent first saw it, monotonically: no jump of a clock ends a hold early, or never.
/// </summary>
internal sealed class TermClock(TimeProvider time)
{
    private readonly Dictionary<Term, long> _seen = [];

    /// <summary>How long it lasts still; zero or less when it is over.</summary>
    public TimeSpan Left(Term term, bool isTrusted)
    {
        if (!_seen.TryGetValue(term, out var since))
        {
            since = _seen[term] = time.GetTimestamp();
        }

        var counted = term.For - time.GetElapsedTime(since);
        var told = term.Until - time.GetUtcNow();
        return isTrusted && term.IsTrusted && told < counted ? told : counted;
    }

    public Term Begin(TimeSpan length, bool isTrusted) => new(length, time.GetUtcNow() + length, isTrusted);
}

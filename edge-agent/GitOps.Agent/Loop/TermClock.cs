using GitOps.Agent.Generations;

namespace GitOps.Agent.Loop;

/// <summary>
/// Says when what a person asked for is over. It counts monotonically, so that no jump of a clock ends a hold early, or never.
/// How much of one was over before this agent started, the wall clock says: once, where it is trusted and was then; until
/// it does, the whole length counts.
/// </summary>
internal sealed class TermClock(TimeProvider time)
{
    private readonly Dictionary<Term, Count> _counts = [];

    /// <summary>Begins now.</summary>
    public Term Begin(TimeSpan length, bool isTrusted)
    {
        var term = new Term(length, time.GetUtcNow() + length, isTrusted);
        _counts[term] = new Count(time.GetTimestamp(), length, IsSettled: true);
        return term;
    }

    /// <summary>How long it lasts still; zero or less when it is over.</summary>
    public TimeSpan Left(Term term, bool isTrusted)
    {
        if (!_counts.TryGetValue(term, out var count))
        {
            count = _counts[term] = new Count(time.GetTimestamp(), term.For, IsSettled: false);
        }

        var left = count.Left - time.GetElapsedTime(count.Since);
        if (!count.IsSettled && isTrusted && term.IsTrusted)
        {
            var told = term.Until - time.GetUtcNow();
            left = told < left ? told : left;
            _counts[term] = new Count(time.GetTimestamp(), left, IsSettled: true);
        }

        return left;
    }

    private readonly record struct Count(long Since, TimeSpan Left, bool IsSettled);
}

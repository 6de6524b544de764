using System.Text;
using GitOps.Agent.Generations;
using GitOps.Bundles;
using GitOps.Bundles.Publications;

namespace GitOps.Agent.Loop;

/// <summary>What one look at the fleet's trust brought: unverified documents are judged already, by the root before each.</summary>
/// <param name="Roots">Those after the one it began with, in order, each as it was fetched.</param>
/// <param name="Problem">Why the next root is not followed.</param>
/// <param name="Away">The store did not answer.</param>
/// <param name="Head">Null when there is none, or none that is signed by a key of the last root.</param>
internal sealed record TrustLook(EquatableArray<FollowedRoot> Roots, Problem? Problem, HeadStatement? Head, bool Away);

internal sealed record FollowedRoot(RootStatement Root, string Text);

/// <summary>
/// Follows the fleet's trust, root by root, and notices when the store's head is no news any more. A root counts once it is
/// in the durable state, and is never gone back from; a stale head raises an alarm and stops nothing.
/// </summary>
/// <param name="kept">As in <see cref="DurableState.Root"/>.</param>
internal sealed class TrustWatch(IReleaseSource source, LoopOptions options, string? kept, Action<LoopEvent> post, Random random)
{
    /// <summary>Between two looks while nothing calls for one: trust changes seldom, the head a few times a day.</summary>
    private static readonly TimeSpan Period = TimeSpan.FromHours(1);

    /// <summary>A head a day younger than what is known to be past is worth a write.</summary>
    private static readonly TimeSpan FloorStep = TimeSpan.FromDays(1);

    private const int LongestChain = 64;
    private HeadStatement? _head;
    private HeadStatement? _told;
    private Task? _look;
    private TimeSpan _lookAt = TimeSpan.Zero;

    /// <summary>The newest root that counts.</summary>
    public RootStatement Root { get; private set; } = options.Identity.NewestRoot(kept);

    /// <summary>Why the root after the one that is followed is refused.</summary>
    public Problem? Problem { get; private set; }

    /// <summary>Something is signed by a key that is not known: perhaps a newer root knows it.</summary>
    public void LookSoon(TimeSpan uptime) => _lookAt = _lookAt < uptime + options.FirstRetry ? _lookAt : uptime + options.FirstRetry;

    public void Work(TimeSpan uptime, CancellationToken cancellationToken)
    {
        if (_look is null && uptime >= _lookAt)
        {
            _look = LookAsync(Root, cancellationToken);
        }
    }

    public TimeSpan? NextWork(TimeSpan uptime) => _look is null ? _lookAt - uptime : null;

    /// <summary>The state with the newest root in it, for good.</summary>
    public DurableState Hear(TrustLook look, DurableState state, TimeSpan uptime, Reporter reporter)
    {
        _look = null;
        _lookAt = uptime + ((look.Away && options.Poll < Period ? options.Poll : Period) * (0.9 + (0.2 * random.NextDouble())));
        return Take(look, state, reporter);
    }

    /// <summary>The state with what a look brought, for good. Of a file that was carried here the head may be older than one that is known.</summary>
    public DurableState Take(TrustLook look, DurableState state, Reporter reporter)
    {
        _head = look.Head is { } head && (_head is null || head.ValidUntil > _head.ValidUntil) ? head : _head;
        if (look.Problem is { } problem && problem != Problem)
        {
            reporter.Note(problem);
        }

        Problem = look.Problem;
        var newer = look.Roots.Where(r => r.Root.Version > Root.Version).ToList(); // two looks may have crossed
        foreach (var followed in newer)
        {
            Root = followed.Root;
            reporter.Note(AgentCodes.RootFollowed,
                $"root {followed.Root.Version} is followed: {followed.Root.PublicationKeys.Count} publication key(s), " +
                $"threshold {followed.Root.Threshold} of {followed.Root.RootKeys.Count}");
        }

        state = _head is { } known ? state.KnowPast(known.Time, FloorStep) : state;
        return newer.Count == 0 ? state : state with { Root = newer[^1].Text };
    }

    /// <summary>Whether the newest head is no longer good, by a trusted clock; told as an event when it is first seen.</summary>
    public Problem? Stale(DateTimeOffset now, bool isTrusted, Reporter reporter)
    {
        if (_head is not { } head || !isTrusted || now <= head.ValidUntil)
        {
            return null;
        }

        var problem = new Problem(AgentCodes.StaleHead,
            What: $"the newest head of the store was signed at {head.Time:u} and was good until {head.ValidUntil:u}",
            Fix: "see whether the control plane runs, and what stands between it and this node: somebody may hold news back");
        if (_told != head)
        {
            reporter.Note(problem);
            _told = head;
        }

        return problem;
    }

    /// <summary>What a store that was carried here says of trust, judged by the root that counts.</summary>
    public TrustLook Follow(CarriedStore store) => store.Follow(Root, options.Identity.Fleet);

    public async Task DrainAsync()
    {
        if (_look is { } look)
        {
            await look.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task LookAsync(RootStatement current, CancellationToken cancellationToken)
    {
        await Task.Yield();
        try
        {
            post(new LoopEvent.TrustSeen(await FollowAsync(current, cancellationToken)));
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            post(new LoopEvent.TrustSeen(new TrustLook([], Releases.OurMistake(e), null, Away: false))); // else nobody would ever look again
        }
    }

    private async Task<TrustLook> FollowAsync(RootStatement current, CancellationToken cancellationToken)
    {
        List<FollowedRoot> followed = [];
        Problem? refused = null;
        while (refused is null && followed.Count < LongestChain &&
            await source.FetchRootAsync(current.Version + 1, cancellationToken) is PullOutcome.Fetched(var bytes))
        {
            switch (current.ReadNext(bytes))
            {
                case RootReading.Trusted(var next):
                    followed.Add(new FollowedRoot(next, Encoding.UTF8.GetString(bytes)));
                    current = next;
                    break;
                case RootReading.Refused(var problem):
                    refused = problem;
                    break;
            }
        }

        var answer = await source.FetchHeadAsync(cancellationToken);
        var head = answer is PullOutcome.Fetched(var signed)
            ? HeadStatement.TryRead(signed, options.Identity.Fleet, current.PublicationKeys)
            : null;
        return new TrustLook(followed.ToEquatableArray(), refused, head, answer is PullOutcome.Unreachable);
    }
}

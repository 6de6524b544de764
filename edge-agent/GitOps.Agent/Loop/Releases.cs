using GitOps.Agent.Generations;
using GitOps.Bundles;
using GitOps.Bundles.Publications;

namespace GitOps.Agent.Loop;

/// <summary>The loop's side of the store: when to pull and to fetch, what came of it, and the bundles that are on this disk.</summary>
internal sealed class Releases(IReleaseSource source, LoopOptions options, Stager stager, Action<LoopEvent> post, Random random)
{
    private readonly Dictionary<Digest, Bundle> _read = [];
    private readonly HashSet<Digest> _damaged = [];
    private Task? _pull;
    private Task? _stage;
    private Release? _staging;
    private int _pullFailures;
    private int _stageFailures;
    private TimeSpan _pullAt = TimeSpan.Zero;
    private TimeSpan _stageAt = TimeSpan.Zero;
    private bool _needsWork = true;
    private byte[]? _refused;
    private Release? _renewing;
    private Digest? _notRenewed;

    public Problem? PullProblem { get; private set; }

    public Problem? StageProblem { get; private set; }

    public static Release? ToRelease(PointerVerdict.Accepted accepted) => accepted.Pointer.Leaf.Bundle is { } bundle
        ? new Release(accepted.Pointer.Leaf.Generation, bundle, accepted.Pointer.BundleBytes, accepted.Statement.Revision)
        : null;

    public void PullNow() => _pullAt = TimeSpan.Zero;

    public void StageNow() => (_stageAt, _stageFailures, StageProblem, _notRenewed) = (TimeSpan.Zero, 0, null, null);

    /// <summary>The bundle of a release on this disk; null when it is not there or damaged.</summary>
    public Bundle? Read(Release release)
    {
        if (_read.TryGetValue(release.Bundle, out var known))
        {
            return known;
        }

        var bundle = source.ReadBundle(release.Bundle) is { } bytes && BundleJson.Read(bytes) is BundleReading.Read(var read) ? read : null;
        if (bundle is not null)
        {
            _read[release.Bundle] = bundle;
        }

        return bundle;
    }

    /// <summary>A bundle that should be on this disk is not: it is fetched again.</summary>
    public void Refetch(Release release)
    {
        if (_damaged.Add(release.Bundle))
        {
            (_staging, _stageAt) = (null, TimeSpan.Zero);
        }
    }

    /// <summary>What the node is on names another agent than the one that runs; null when it does not, or that has to wait.</summary>
    public void Renew(Release? release) => _renewing = release?.Bundle == _notRenewed ? null : release;

    /// <summary>Starts what is due; whether fetching a release is among it.</summary>
    /// <param name="mayStage">False while this agent has not proved itself: the one before may have to go on from here.</param>
    public bool Work(GenerationState state, bool mayStage, TimeSpan uptime, CancellationToken cancellationToken)
    {
        if (_pull is null && uptime >= _pullAt)
        {
            _pull = PullAsync(cancellationToken);
        }

        var wanted = mayStage ? state.ToStage ?? state.Kept.FirstOrDefault(r => _damaged.Contains(r.Bundle)) ?? _renewing : null;
        _needsWork = wanted is not null;
        if (_stage is null && wanted is not null && (uptime >= _stageAt || wanted != _staging))
        {
            _staging = wanted;
            _stage = StageAsync(wanted, cancellationToken);
            return true;
        }

        return false;
    }

    public TimeSpan? NextWork(TimeSpan uptime)
    {
        var pull = _pull is null ? _pullAt - uptime : (TimeSpan?)null;
        var stage = _stage is null && _needsWork ? _stageAt - uptime : (TimeSpan?)null;
        return pull is { } a && stage is { } b ? (a < b ? a : b) : pull ?? stage;
    }

    /// <summary>The pointer, when it is a new one that this node follows.</summary>
    public PointerVerdict.Accepted? Judge(
        PullOutcome outcome, GenerationState state, EquatableArray<TrustedKey> keys, TimeSpan uptime, Reporter reporter)
    {
        _pull = null;
        var failed = outcome is PullOutcome.Unreachable;
        _pullFailures = failed ? _pullFailures + 1 : 0;
        _pullAt = uptime + (failed && options.ReconnectAfter(_pullFailures) is var bound && bound < options.Poll
            ? bound * random.NextDouble()
            : options.Poll * (0.9 + (0.2 * random.NextDouble())));
        switch (outcome)
        {
            case PullOutcome.Unreachable(var unreachable):
                PullProblem = unreachable;
                return null;
            case PullOutcome.Fetched(var bytes):
                return Judge(bytes, state, keys, reporter);
            default:
                PullProblem = PullProblem?.Code == AgentCodes.Unreachable.Id ? null : PullProblem; // a refused pointer stays refused
                return null;
        }
    }

    /// <summary>A pointer that a person carried here; why it is not followed, where it is not.</summary>
    public (PointerVerdict.Accepted? Accepted, Problem? Problem) JudgeCarried(
        byte[] bytes, GenerationState state, EquatableArray<TrustedKey> keys, Reporter reporter)
    {
        var before = PullProblem;
        var accepted = Judge(bytes, state, keys, reporter);
        var refused = PullProblem;
        PullProblem = accepted is null ? before : null; // what the store said last is another matter
        return (accepted, refused);
    }

    /// <summary>The pointer that was refused last, judged again because other keys count now.</summary>
    public PointerVerdict.Accepted? JudgeAgain(GenerationState state, EquatableArray<TrustedKey> keys, Reporter reporter) =>
        _refused is { } bytes ? Judge(bytes, state, keys, reporter) : null;

    public StageOutcome Judge(Release release, StageOutcome outcome, TimeSpan uptime)
    {
        _stage = null;
        StageProblem = outcome is StageOutcome.Failed(var problem) ? problem : null;
        _stageFailures = outcome is StageOutcome.Failed ? _stageFailures + 1 : 0;
        _stageAt = uptime + (StageProblem?.Code == AgentCodes.Unreachable.Id
            ? options.ReconnectAfter(_stageFailures) * random.NextDouble()
            : options.RetryAfter(Math.Max(_stageFailures, 1)));
        if (outcome is StageOutcome.Staged)
        {
            _damaged.Remove(release.Bundle);
        }
        else if (outcome is StageOutcome.Refused)
        {
            _notRenewed = release.Bundle; // refused again and again it would be, until something changes
        }

        return outcome;
    }

    /// <summary>Forgets the bytes that no kept release names. When one of those cannot be read, nothing is forgotten.</summary>
    public void Collect(GenerationState state)
    {
        var kept = state.Kept.ToList();
        var bundles = kept.ConvertAll(Read);
        if (!bundles.Contains(null))
        {
            var blobs = bundles.SelectMany(b => b!.Blobs()).Select(b => b.Digest);
            source.Collect(blobs.Concat(kept.Select(r => r.Bundle)).ToHashSet());
            foreach (var driver in options.Staging)
            {
                driver.Keep([.. bundles.OfType<Bundle>()]);
            }
        }

        foreach (var digest in _read.Keys.Except(kept.Select(r => r.Bundle)).ToList())
        {
            _read.Remove(digest);
        }
    }

    public async Task DrainAsync()
    {
        foreach (var task in new[] { _pull, _stage }.OfType<Task>())
        {
            await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private PointerVerdict.Accepted? Judge(byte[] bytes, GenerationState state, EquatableArray<TrustedKey> keys, Reporter reporter)
    {
        _refused = null;
        var identity = options.Identity;
        switch (PointerCheck.Check(bytes, new PointerContext(identity.Fleet, identity.Node, keys, state.SeenGeneration, state.SeenBundle) { Floor = identity.GenerationFloor() }))
        {
            case PointerVerdict.Accepted accepted:
                PullProblem = null;
                return accepted;
            case PointerVerdict.Refused(var problem):
                if (PullProblem != problem)
                {
                    reporter.Note(problem);
                }

                (PullProblem, _refused) = (problem, bytes);
                return null;
            default:
                PullProblem = null;
                return null;
        }
    }

    private async Task PullAsync(CancellationToken cancellationToken)
    {
        await Task.Yield();
        try
        {
            post(new LoopEvent.Pulled(await source.PullAsync(cancellationToken)));
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            post(new LoopEvent.Pulled(new PullOutcome.Unreachable(OurMistake(e)))); // else nothing would ever be pulled again
        }
    }

    private async Task StageAsync(Release release, CancellationToken cancellationToken)
    {
        await Task.Yield();
        try
        {
            post(new LoopEvent.StageEnded(release, await stager.StageAsync(release, cancellationToken)));
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            post(new LoopEvent.StageEnded(release, new StageOutcome.Failed(OurMistake(e))));
        }
    }

    internal static Problem OurMistake(Exception e) =>
        new(AgentCodes.Bug, What: $"fetching failed: {e.GetType().Name}: {e.Message}", Fix: "report it with the agent's log");
}

using System.Collections.Immutable;
using System.Threading.Channels;
using GitOps.Agent.Generations;
using GitOps.Agent.Planning;
using GitOps.Agent.Policy;
using GitOps.Bundles;
using GitOps.Bundles.Publications;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Loop;

/// <summary>
/// Observe → plan → apply → report, again and again. Level-triggered: each pass looks at everything anew; a wake only says
/// that looking is worth it. Long work (fetching, steps) runs beside the passes, so nothing slow keeps anything else waiting.
/// One thread of decisions: all state below is touched by <see cref="RunAsync"/> only.
/// </summary>
public sealed class AgentLoop
{
    /// <summary>Of one refusal: the first say what is wrong, a thousand would only fill the report.</summary>
    private const int MostNotes = 20;

    private static readonly TimeSpan ShortestWait = TimeSpan.FromMilliseconds(5);
    private readonly LoopOptions _options;
    private readonly IReleaseSource _source;
    private readonly IStateKeeper _keeper;
    private readonly TimeProvider _time;
    private readonly Random _random;
    private readonly Dictionary<string, IUnitKind> _kinds;
    private readonly Channel<LoopEvent> _events = Channel.CreateUnbounded<LoopEvent>(new() { SingleReader = true });
    private readonly BranchRunner _runner;
    private readonly Observer _observer;
    private readonly Reporter _reporter;
    private readonly Releases _releases;
    private readonly TrustWatch _trust;
    private readonly PolicyBook _policy;
    private readonly TroubleBook _troubles;
    private readonly long _start;
    private DurableState _state;
    private RootStatement _root;
    private DurableState? _written;
    private PassPlan _plan = AgentView.Empty.Plan;
    private Release? _planned;
    private Bundle? _left;

    public AgentLoop(
        LoopOptions options, DurableState state, IReadOnlyCollection<IUnitKind> kinds, IReadOnlyList<IReportingDriver> reporting,
        IReleaseSource source, IStateKeeper keeper, IReportOutbox outbox, TimeProvider time, Random random)
    {
        (_options, _source, _keeper, _time, _random) = (options, source, keeper, time, random);
        (_state, _written, _start) = (state.Settle(), state, time.GetTimestamp());
        _kinds = kinds.ToDictionary(k => k.Kind, StringComparer.Ordinal);
        _runner = new BranchRunner(_kinds, Post);
        _observer = new Observer(_kinds, _runner.IsRunning, options.ObserveLimit, time);
        _reporter = new Reporter(options, reporting, outbox, time);
        _troubles = new TroubleBook(options);
        _releases = new Releases(source, options, new Stager(source, options, Claims), Post, random);
        _trust = new TrustWatch(source, options, Post, random);
        _policy = new PolicyBook(options);
        _root = options.Identity.NewestRoot(_state.Root);
    }

    /// <summary>What the last pass saw and decided. Safe to read from anywhere.</summary>
    public AgentView View { get; private set => Volatile.Write(ref field, value); } = AgentView.Empty;

    private TimeSpan Uptime => _time.GetElapsedTime(_start);

    /// <summary>Something on the node may have changed.</summary>
    public void Wake() => Post(new LoopEvent.Wake());

    /// <summary>The control plane says that there is a generation; never truth, only a reason to look.</summary>
    public void Hint(long generation) => Post(new LoopEvent.Hinted(generation));

    /// <summary>A person at the machine wants something; the answer is what became of it.</summary>
    public Task<string> AskAsync(PersonRequest request)
    {
        var answer = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(new LoopEvent.Asked(request, answer));
        return answer.Task;
    }

    /// <summary>Something worth telling that happened outside the loop.</summary>
    public void Note(Problem problem) => Post(new LoopEvent.Noted(problem));

    /// <summary>Runs until cancelled. What runs on the node goes on running.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                await PassAsync(cancellationToken);
                await WaitAsync(NextLook(), cancellationToken);
            }
        }
        finally
        {
            await _runner.DrainAsync();
            await _releases.DrainAsync();
            await _trust.DrainAsync();
            HearAll();
            Save();
        }
    }

    /// <summary>One pass without the wait after it; how long that would be. For tests that move time themselves.</summary>
    internal async Task<TimeSpan> StepAsync(CancellationToken cancellationToken)
    {
        await PassAsync(cancellationToken);
        return NextLook();
    }

    /// <summary>Waits for what runs beside the passes; whether any of it is news.</summary>
    internal async Task<bool> DrainAsync()
    {
        await _runner.DrainAsync();
        await _releases.DrainAsync();
        await _trust.DrainAsync();
        return _events.Reader.TryPeek(out _);
    }

    private async Task PassAsync(CancellationToken cancellationToken)
    {
        HearAll();
        _releases.Work(_state.Generations, Uptime, cancellationToken);
        _trust.Work(_root, Uptime, cancellationToken);
        try
        {
            // Twice when a release was committed or given up: the plan is then for what the node is led to now.
            while (ReadTarget() is (var release, { } target, var mayPrune) &&
                await PlanAndApplyAsync(release, target, mayPrune, cancellationToken))
            {
            }
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            _reporter.Note(AgentCodes.Bug, $"a pass failed: {e.GetType().Name}: {e.Message}");
        }

        Save();
        var view = new AgentView(_state, _plan, null)
        {
            PullProblem = _releases.PullProblem,
            StageProblem = _releases.StageProblem,
            TrustProblem = _trust.Problem,
            HeadProblem = _trust.Stale(_time.GetUtcNow(), _reporter.ClockTrusted, _reporter),
        };
        View = view with { Report = _reporter.Report(view) };
    }

    /// <summary>True when planning showed that the attempt is over, before any effect of this plan.</summary>
    /// <summary>Whether the node is on an older bundle because it gave the newest one up.</summary>
    private bool IsReturn =>
        _state.Generations is { Attempt: null, SeenBundle: { } seen } generations && generations.FindQuarantine(seen) is not null;

    private async Task<bool> PlanAndApplyAsync(Release? release, Bundle target, bool mayPrune, CancellationToken cancellationToken)
    {
        var forbidden = _policy.Forbidden(target, out var isNew);
        if (forbidden.Count > 0 && _state.Generations.Attempt is { IsStaged: true } refused && refused.Release == release)
        {
            // Staged under an earlier policy: refused whole, as it would be now.
            var (unit, problem) = forbidden.MinBy(f => f.Key);
            Move(new GenerationEvent.Refused(release.Bundle, problem, unit));
            return true;
        }

        foreach (var (unit, problem) in isNew ? forbidden.OrderBy(f => f.Key).Take(MostNotes) : [])
        {
            _reporter.Note(problem, unit);
        }

        _troubles.Keep(target, _state.Owned.Select(o => o.Id));
        var now = _time.GetUtcNow();
        if (mayPrune)
        {
            _state = _state.NoteCommitted(target, _reporter.ClockTrusted ? now : null);
        }

        var graph = UnitGraph.Build(target.Units, [.. _state.Owned.Select(o => o.Current)], Claims);
        var context = new PlanContext(now, _reporter.ClockTrusted, Uptime)
        {
            Desired = target,
            IsReturn = release is not null && IsReturn,
            // A signed order to wipe the node is no slip of a selector, which is what the grace is for.
            DeletionGrace = _state.Generations.IsWiping ? TimeSpan.Zero : _options.DeletionGrace,
        };
        var sightings = await _observer.ObserveAsync(graph, target, forbidden, _state, context, cancellationToken);
        _plan = PassPlanner.Plan(new PassInput
        {
            Graph = graph,
            State = _state,
            Target = target,
            Sightings = sightings,
            Troubles = _troubles.All,
            MayPrune = mayPrune,
            Now = context.Now,
            Uptime = Uptime,
        });
        _planned = release;
        var attempt = _state.Generations.Attempt;
        if (release is not null)
        {
            var verdict = new PassVerdict(release, _plan.Units.ToImmutableSortedDictionary(u => u.Id, u => u.Verdict));
            Move(new GenerationEvent.Observed(verdict, Uptime, _options.CommitDeadline));
        }

        if (attempt is not null && _state.Generations.Attempt?.Release != attempt.Release)
        {
            return true;
        }

        foreach (var branch in _plan.Branches.Where(b => b.Key.Kind == BranchKind.Apply))
        {
            _state = _state.Intend(branch.Unit);
        }

        Save(); // before any effect
        foreach (var branch in _plan.Branches)
        {
            _runner.Start(branch, cancellationToken);
        }

        return false;
    }

    /// <summary>
    /// What a first bundle left on the node when it was given up: there is no good one to go back to, so what was made of it
    /// stays and is kept as it was made. Null when nothing was.
    /// </summary>
    private Bundle? Left()
    {
        var made = _state.Owned.Select(o => o.Applied).OfType<Unit>().ToEquatableArray();
        if (made.IsEmpty)
        {
            return null;
        }

        return _left = _left is { } before && before.Units == made ? before : Bundle.Of(made);
    }

    /// <summary>The release the node is led to and its units; the fallback where the committed one cannot be read any more.</summary>
    private (Release? Release, Bundle? Target, bool MayPrune) ReadTarget()
    {
        var generations = _state.Generations;
        if (generations.Target is not { } target)
        {
            return (null, Left(), false);
        }

        if (_releases.Read(target) is { } bundle)
        {
            return (target, bundle, target == generations.Committed);
        }

        // The bytes are fetched again; until then the older good release is better than nothing.
        _releases.Refetch(target);
        return generations.Fallback is { } fallback && fallback != target && _releases.Read(fallback) is { } older
            ? (fallback, older, false)
            : default;
    }

    private void HearAll()
    {
        while (_events.Reader.TryRead(out var what))
        {
            Hear(what);
        }
    }

    private void Hear(LoopEvent what)
    {
        switch (what)
        {
            case LoopEvent.Noted(var problem):
                _reporter.Note(problem);
                break;
            case LoopEvent.Hinted(var generation) when generation > _state.Generations.SeenGeneration:
                _releases.PullNow();
                break;
            case LoopEvent.Pulled(var outcome):
                Follow(_releases.Judge(outcome, _state.Generations, _root.PublicationKeys, Uptime, _reporter));
                if (_releases.PullProblem?.Code == BundleCodes.UnknownKey.Id)
                {
                    _trust.LookSoon(Uptime);
                }

                break;
            case LoopEvent.TrustSeen(var look):
                _state = _trust.Hear(look, _state, Uptime, _reporter);
                if (!look.Roots.IsEmpty)
                {
                    _root = _options.Identity.NewestRoot(_state.Root);
                    Follow(_releases.JudgeAgain(_state.Generations, _root.PublicationKeys, _reporter));
                }

                break;
            case LoopEvent.StageEnded(var release, var outcome):
                HearStaged(release, outcome);
                break;
            case LoopEvent.BranchEnded(var branch, var outcome):
                HearBranch(branch, outcome);
                break;
            case LoopEvent.Asked(var request, var answer):
                answer.SetResult(Answer(request));
                break;
        }
    }

    private void Follow(PointerVerdict.Accepted? accepted)
    {
        if (accepted is not null)
        {
            Move(new GenerationEvent.PointerAccepted(accepted));
            _state = _state with { Newest = _state.Generations.Next ?? _state.Generations.Attempt?.Release ?? Releases.ToRelease(accepted) };
        }
    }

    private void HearStaged(Release release, StageOutcome outcome)
    {
        switch (_releases.Judge(release, outcome, Uptime))
        {
            case StageOutcome.Staged(var bundle):
                Move(new GenerationEvent.Staged(release.Bundle, Excused(bundle)));
                break;
            case StageOutcome.Refused(var problems):
                foreach (var row in problems.Take(MostNotes))
                {
                    _reporter.Note(row.Problem, row.Unit);
                }

                Move(new GenerationEvent.Refused(release.Bundle, problems[0].Problem, problems[0].Unit));
                break;
        }
    }

    /// <summary>Units that the release leaves as they are and that were unwell under the committed one.</summary>
    private EquatableArray<UnitId> Excused(Bundle next)
    {
        if (_state.Generations.Attempt is { IsStaged: true } replaced)
        {
            var kept = (_releases.Read(replaced.Release)?.Units ?? []).Intersect(next.Units).Select(u => u.Id).ToHashSet();
            return replaced.Excused.Where(kept.Contains).ToEquatableArray();
        }

        if (_planned is null || _planned != _state.Generations.Committed || _releases.Read(_planned) is not { } current)
        {
            return [];
        }

        var same = current.Units.Intersect(next.Units).Select(u => u.Id).ToHashSet();
        return _plan.Units
            .Where(u => same.Contains(u.Id) && u.Verdict is UnitVerdict.Failing or UnitVerdict.Stuck or UnitVerdict.Waiting)
            .Select(u => u.Id)
            .ToEquatableArray();
    }

    private void HearBranch(Branch branch, StepOutcome outcome)
    {
        var id = branch.Key.Id;
        _runner.Forget(branch);
        var isRepair = _state.FindOwned(id) is { Intended: null } owned && owned.Applied == branch.Unit;
        _troubles.Book(branch, outcome, isRepair && branch.Key.Kind == BranchKind.Apply, Uptime);
        if (outcome is StepOutcome.Done)
        {
            _state = branch.Key.Kind == BranchKind.Apply ? _state.Own(branch.Unit) : _state.WithOwned(id, null);
        }
        else if (_troubles.All[id] is { Failures: 1 } first)
        {
            _reporter.Note(first.Outcome is StepOutcome.Stuck(var stuck) ? stuck : ((StepOutcome.Retry)first.Outcome).Problem, id);
        }
    }

    private string Answer(PersonRequest request)
    {
        switch (request)
        {
            case PersonRequest.HoldUnit(var unit, var time, var reason, var by):
                var until = _time.GetUtcNow() + time;
                _state = _state with
                {
                    Holds = _state.Holds.Where(h => h.Unit != unit).Append(new PersonHold(unit, reason, by, until)).ToEquatableArray(),
                };
                _reporter.Note(AgentCodes.HeldByPerson, $"{by} holds {unit} until {until:u}: {reason}", unit);
                return $"{unit} is left alone until {until:u}";
            case PersonRequest.ReleaseUnit(var unit):
                var isHeld = _state.Holds.Any(h => h.Unit == unit);
                _state = _state with { Holds = _state.Holds.Where(h => h.Unit != unit).ToEquatableArray() };
                return isHeld ? $"{unit} is no longer held" : $"{unit} was not held";
            case PersonRequest.Retry:
                _troubles.Clear();
                var given = _state.Generations.Quarantined.Count;
                Move(new GenerationEvent.RetryRequested(_state.Newest));
                return given == 0 ? "units that failed are tried again" : $"{given} given-up bundle(s) may be tried again";
            default:
                throw new System.Diagnostics.UnreachableException($"no such request: {request}");
        }
    }

    private void Move(GenerationEvent what)
    {
        var (next, decisions) = GenerationMachine.Step(_state.Generations, what);
        _state = _state with { Generations = next };
        foreach (var decision in decisions)
        {
            switch (decision)
            {
                case GenerationDecision.Commit(var release):
                    _reporter.Note(AgentCodes.Committed, $"generation {release.Generation} is committed ({release.Revision})");
                    _state = _reporter.ClockTrusted ? _state with { TrustedTime = _time.GetUtcNow() } : _state;
                    _releases.Collect(next);
                    break;
                case GenerationDecision.GiveUp(var release, var quarantine):
                    _reporter.Note(quarantine.Problem with
                    {
                        What = $"generation {release.Generation} is given up: {quarantine.Problem.What}",
                    }, quarantine.Unit);
                    _troubles.Clear();
                    break;
                case GenerationDecision.Leave(var how):
                    _reporter.Note(AgentCodes.Decommissioned, $"the node leaves the fleet; what it runs is to be: {how}");
                    break;
                case GenerationDecision.Stage:
                    _releases.StageNow();
                    break;
            }
        }
    }

    private void Save()
    {
        var durable = _state with
        {
            Generations = _state.Generations with
            {
                Attempt = _state.Generations.Attempt is { } attempt ? attempt with { OpenFor = TimeSpan.Zero, OpenSince = null, LastFailure = null } : null,
            },
            Holds = _state.Holds.Where(h => h.Until > _time.GetUtcNow()).ToEquatableArray(),
        };
        if (!durable.Equals(_written))
        {
            _keeper.Write(durable);
            _written = durable;
        }
    }

    private TimeSpan NextLook()
    {
        List<TimeSpan?> times =
        [
            _options.Observe * (0.9 + (0.2 * _random.NextDouble())),
            _troubles.NextRetry(Uptime),
            GenerationMachine.Remaining(_state.Generations, _options.CommitDeadline),
            _releases.NextWork(Uptime),
            _trust.NextWork(Uptime),
            _reporter.NextHeartbeat,
            .. _plan.Holds.Select(h => h.Hold.RecheckAfter),
        ];
        var next = times.Min() ?? _options.Observe;
        return next > ShortestWait ? next : ShortestWait;
    }

    private async Task WaitAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        using var timer = new CancellationTokenSource(limit, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        try
        {
            await _events.Reader.WaitToReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Nothing happened; it is time to look all the same.
        }
    }

    private EquatableArray<string> Claims(Unit unit) => _kinds.TryGetValue(unit.Spec.Kind, out var kind) ? kind.Claims(unit) : [];

    private void Post(LoopEvent what) => _events.Writer.TryWrite(what);
}

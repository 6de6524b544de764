using System.Collections.Immutable;
using System.Threading.Channels;
using GitOps.Agent.Generations;
using GitOps.Agent.History;
using GitOps.Agent.Planning;
using GitOps.Agent.Policy;
using GitOps.Agent.Self;
using GitOps.Bundles;
using GitOps.Bundles.Reports;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Loop;

/// <summary>
/// Observe → plan → apply → report, again and again. Level-triggered: each pass looks at everything anew; a wake only says
/// that looking is worth it. Long work (fetching, steps) runs beside the passes, so nothing slow keeps anything else waiting.
/// One thread of decisions: all state below is touched by <see cref="RunAsync"/> only.
/// </summary>
public sealed class AgentLoop
{
    /// <summary>Passes in a row whose view is passed over because the next one is due.</summary>
    private const int MostUntold = 3;

    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(100);

    private readonly LoopOptions _options;
    private readonly TimeProvider _time;
    private readonly Dictionary<string, IUnitKind> _kinds;
    private readonly Channel<LoopEvent> _events = Channel.CreateUnbounded<LoopEvent>(new() { SingleReader = true });
    private readonly BranchRunner _runner;
    private readonly Observer _observer;
    private readonly Reporter _reporter;
    private readonly Releases _releases;
    private readonly TrustWatch _trust;
    private readonly PolicyBook _policy;
    private readonly TroubleBook _troubles;
    private readonly Course _course;
    private readonly Targets _targets;
    private readonly Hearing _hearing;
    private readonly LoopTiming _timing;
    private readonly DriftWatch _drift;
    private readonly SelfUpdate _self;
    private bool _sawBug;
    private IReadOnlyList<(PersonHold Hold, TimeSpan Left)> _held = [];
    private Bundle? _target;
    private int _untold;

    /// <summary>Fetching has just begun and is most often over before all units are looked at once: then that is done for the new ones.</summary>
    private bool _awaitsStage;

    public AgentLoop(
        LoopOptions options, DurableState state, IReadOnlyCollection<IUnitKind> kinds, IReadOnlyList<IReportingDriver> reporting,
        IReleaseSource source, IStateKeeper keeper, IReportOutbox outbox, TimeProvider time, Random random,
        IHistoryKeeper? history = null)
    {
        (_options, _time) = (options, time);
        _self = new SelfUpdate(options.Slots, options);
        _kinds = kinds.Append(new AgentKind(_self)).ToDictionary(k => k.Kind, StringComparer.Ordinal);
        _timing = new LoopTiming(options, time, random);
        _runner = new BranchRunner(_kinds, Post);
        _observer = new Observer(_kinds, _runner.IsRunning, options.ObserveLimit, time);
        _reporter = new Reporter(options, reporting, outbox, time);
        _drift = new DriftWatch(_reporter);
        _troubles = new TroubleBook(options);
        _releases = new Releases(source, options, new Stager(source, options, _self, Claims), Post, random);
        _trust = new TrustWatch(source, options, state.Root, Post, random);
        _policy = new PolicyBook(options);
        _course = new Course(state, keeper, history, _reporter, _releases, _troubles, options, time);
        _targets = new Targets(_releases);
        var desk = new PersonDesk(_course, _troubles, _self, _releases, _reporter);
        _hearing = new Hearing(_course, _releases, _trust, _runner, _troubles, desk, _self, _reporter, _timing);
    }

    /// <summary>What the last pass saw and decided. Safe to read from anywhere.</summary>
    public AgentView View { get; private set => Volatile.Write(ref field, value); } = AgentView.Empty;

    /// <summary>Another executable is to take over: <see cref="RunAsync"/> ends what was begun and returns.</summary>
    internal bool IsLeaving => _self.IsLeaving;

    /// <summary>Something on the node may have changed.</summary>
    public void Wake() => Post(new LoopEvent.Wake());

    /// <summary>Somebody listens who may know nothing of this node, such as a control plane that is back: the whole state is told again.</summary>
    public void TellAgain() => Post(new LoopEvent.Listened());

    /// <summary>Something of what the node is led to is not on this disk any more, or damaged: it is fetched again.</summary>
    public void Refetch() => Post(new LoopEvent.ContentMissing());

    /// <summary>The control plane says that there is a generation; never truth, only a reason to look.</summary>
    public void Hint(long generation) => Post(new LoopEvent.Hinted(generation));

    /// <summary>A person at the machine wants something; the answer is what became of it.</summary>
    public Task<string> AskAsync(PersonRequest request)
    {
        var answer = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(new LoopEvent.Asked(request, answer));
        return answer.Task;
    }

    /// <summary>What stood in the way of fetching a release may be gone.</summary>
    public void FetchNow() => Post(new LoopEvent.FetchNow());

    /// <summary>
    /// A person carried a store here, and its blobs are on this disk: judged as from the fleet's store. The answer is why it
    /// is not followed; null when it is, or was already.
    /// </summary>
    public Task<Problem?> BringAsync(CarriedStore store)
    {
        var answer = new TaskCompletionSource<Problem?>(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(new LoopEvent.Brought(store, answer));
        return answer.Task;
    }

    /// <summary>It is this time, whatever the clock and what was noted before say, and <paramref name="told"/> is worth telling.</summary>
    public void ProveTime(DateTimeOffset moment, Problem told) => Post(new LoopEvent.TimeProved(moment, told));

    /// <summary>Something worth telling that happened outside the loop.</summary>
    public void Note(Problem problem, UnitId? unit = null) => Post(new LoopEvent.Noted(problem, unit));

    /// <summary>
    /// Runs until cancelled, or until another executable is to take over: then it returns, and everything it began has ended.
    /// What runs on the node goes on running.
    /// </summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var fetching = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            while (!_self.IsLeaving)
            {
                await PassAsync(fetching.Token);
                if (!_self.IsLeaving)
                {
                    await _timing.WaitAsync(_events.Reader, NextLook(), cancellationToken);
                }
            }
        }
        finally
        {
            await _runner.DrainAsync(); // a step is not torn in half
            await fetching.CancelAsync();
            await DrainAsync();
            HearAll();
            _course.Save(isLast: true);
        }

        if (_course.Problem is null && _self.Leave() is { } problem)
        {
            _reporter.Note(problem);
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
        if (_self.IsLeaving)
        {
            return; // nothing is begun any more
        }

        _sawBug = false;
        _awaitsStage = _releases.Work(_course.Generations, mayStage: !_self.IsOnTrial, _timing.Uptime, cancellationToken);
        _trust.Work(_timing.Uptime, cancellationToken);
        if (_awaitsStage)
        {
            _course.Save();
            return;
        }

        try
        {
            // Twice when a release was committed or given up: the plan is then for what the node is led to now.
            do
            {
                _held = _course.Expire();
                if (!IsAttempting)
                {
                    _course.Save(); // what left a bundle goes only once that bundle's commit is on disk
                }
            }
            while (_targets.Read(_course.State, _course.OnDisk) is (var release, { } target, var mayPrune) &&
                await PlanAndApplyAsync(release, target, mayPrune, cancellationToken));
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            _reporter.Note(AgentCodes.Bug, $"a pass failed: {e.GetType().Name}: {e.Message}");
            _sawBug = true;
        }

        if (_self.JudgeTrial(!_sawBug, _timing.Uptime) is { } proved)
        {
            _reporter.Note(AgentCodes.AgentReplaced, proved);
            Wake(); // what waited for that begins
        }

        _course.Save();
        var view = new AgentView(_course.State, _course.Plan, null)
        {
            Target = _target,
            Troubles = _troubles.All.ToImmutableSortedDictionary(), // a copy: whoever reads the view is on another thread
            Kept = _course.OnDisk,
            KeepProblem = _course.Problem,
            PullProblem = _releases.PullProblem,
            StageProblem = _releases.StageProblem,
            TrustProblem = _trust.Problem,
            IdentityProblem = _options.IdentityProblem(),
            Agent = _self.Report(),
            HeadProblem = _trust.Stale(_time.GetUtcNow(), _reporter.ClockTrusted, _reporter),
        };
        View = view with { Report = Report(view) };
    }

    /// <summary>Nothing is pruned for an attempt: it is enough when it is on disk before its first effect.</summary>
    private bool IsAttempting => _course.Generations is { Attempt.Release: var attempt, Target: var target } && attempt == target;

    /// <summary>What is about to be out of date is not told: to keep a report costs a flush, and what has happened meanwhile waits for it.</summary>
    private NodeReport? Report(AgentView view)
    {
        _untold = _events.Reader.TryPeek(out _) && _untold < MostUntold ? _untold + 1 : 0;
        return _untold > 0 ? View.Report : _reporter.Report(view);
    }

    /// <summary>Whether the node is on an older bundle because it gave the newest one up, or because a person said so.</summary>
    private bool IsReturn => _course.Generations.Pin is not null ||
        _course.Generations is { Attempt: null, SeenBundle: { } seen } generations && generations.FindQuarantine(seen) is not null;

    /// <summary>True when planning showed that the attempt is over, before any effect of this plan.</summary>
    private async Task<bool> PlanAndApplyAsync(Release? release, Bundle target, bool mayPrune, CancellationToken cancellationToken)
    {
        var forbidden = _policy.Forbidden(target, out var isNew);
        if (forbidden.Count > 0 && _course.Generations.Attempt is { IsStaged: true } refused && refused.Release == release)
        {
            // Staged under an earlier policy: refused whole, as it would be now.
            var (unit, problem) = forbidden.MinBy(f => f.Key);
            _course.Move(new GenerationEvent.Refused(release.Bundle, problem, unit));
            return true;
        }

        foreach (var (unit, problem) in isNew ? forbidden.OrderBy(f => f.Key).Take(Reporter.MostNotes) : [])
        {
            _reporter.Note(problem, unit);
        }

        _target = target;
        _troubles.Keep(target, _course.State.Owned.Select(o => o.Id));
        var now = _time.GetUtcNow();
        // A pin is for a time only: what it leaves out has not left the fleet.
        if (mayPrune && _course.Generations.Pin is null)
        {
            _course.State = _course.State.NoteCommitted(target, _reporter.ClockTrusted ? now : null);
        }

        var graph = UnitGraph.Build(target.Units, [.. _course.State.Owned.Select(o => o.Current)], Claims);
        var context = new PlanContext(now, _reporter.ClockTrusted, _timing.Uptime)
        {
            Desired = target,
            IsReturn = release is not null && IsReturn,
            // A signed order to wipe the node is no slip of a selector, which is what the grace is for.
            DeletionGrace = _course.Generations.IsWiping ? TimeSpan.Zero : _options.DeletionGrace,
        };
        var sightings = await _observer.ObserveAsync(graph, target, forbidden, _course.State, context, cancellationToken);
        _course.Plan = PassPlanner.Plan(new PassInput
        {
            Graph = graph,
            State = _course.State,
            Target = target,
            Sightings = sightings,
            Troubles = _troubles.All,
            MayPrune = mayPrune,
            Held = _held,
            Unkept = _course.Problem is { } unkept ? new Unkept(unkept, _course.OnDisk) : null,
            Now = context.Now,
            Uptime = _timing.Uptime,
        });
        _course.Planned = release;
        _sawBug |= sightings.Values.Any(s => s is Sighting.Unknown(var seen) && seen.Code == AgentCodes.Bug.Id);
        _drift.Note(_course.Plan);
        var attempt = _course.Generations.Attempt;
        if (release is not null)
        {
            var verdict = new PassVerdict(release, _course.Plan.Units.ToImmutableSortedDictionary(u => u.Id, u => u.Verdict));
            _course.Move(new GenerationEvent.Observed(verdict, _timing.Uptime, _options.CommitDeadline));
        }

        if (attempt is not null && _course.Generations.Attempt?.Release != attempt.Release)
        {
            return true;
        }

        // An agent that has not proved itself keeps up what is there and begins nothing that the one before would not know.
        var isOnTrial = _self.IsOnTrial;
        foreach (var branch in _course.Plan.Branches.Where(b => b.Key.Kind == BranchKind.Apply && !isOnTrial))
        {
            _course.State = _course.State.Intend(branch.Unit);
        }

        _course.Save(); // before any effect
        foreach (var branch in _course.Plan.Branches.Where(b => b.Key.Kind == BranchKind.Remove ? !isOnTrial : _course.OnDisk.Knows(b.Unit)))
        {
            _runner.Start(branch, cancellationToken);
        }

        _releases.Renew(release is not null && IsSettledForAnotherAgent(target) ? release : null);

        return false;
    }

    /// <summary>
    /// The node is on a bundle of another agent and nothing but that is left to do: all it owns is in that bundle, so that the
    /// other agent, older perhaps, knows every unit it is handed.
    /// </summary>
    private bool IsSettledForAnotherAgent(Bundle target) =>
        !_self.IsOnTrial && PassPlanner.Find(target, AgentSpec.Self) is { Spec: AgentSpec wanted } && !_self.Is(wanted) &&
        (_course.Generations.Attempt is null || _course.Generations.Pin is not null) &&
        _course.Plan is { Branches.IsEmpty: true, Later.IsEmpty: true, Leaving.IsEmpty: true } &&
        _course.State.Owned.All(o => o.Intended is null && target.Units.Contains(o.Applied!));

    private void HearAll()
    {
        while (_events.Reader.TryRead(out var what))
        {
            _hearing.Hear(what);
        }
    }

    private TimeSpan NextLook() => _awaitsStage ? Soon : _timing.NextLook(_course, _troubles, _releases, _trust, _self, _reporter);

    private EquatableArray<string> Claims(Unit unit) => _kinds.TryGetValue(unit.Spec.Kind, out var kind) ? kind.Claims(unit) : [];

    private void Post(LoopEvent what) => _events.Writer.TryWrite(what);
}

using GitOps.Agent.Generations;
using GitOps.Agent.History;
using GitOps.Agent.Planning;
using GitOps.Bundles;

namespace GitOps.Agent.Loop;

/// <summary>
/// Where the node stands and where it is led: what must not be forgotten, moved by events and written when it differs from
/// what was written last, and the last plan. Touched by the loop's one thread of decisions only.
/// </summary>
/// <remarks>
/// A state that cannot be written is trouble of the environment: it is tried again with back-off, and meanwhile nothing
/// happens that the state on disk does not know of, and nothing is told that a power cut would make untrue.
/// </remarks>
internal sealed class Course(
    DurableState state, IStateKeeper keeper, IHistoryKeeper? history, Reporter reporter, Releases releases, TroubleBook troubles,
    LoopOptions options, TimeProvider time)
{
    private readonly List<Release> _commits = [];
    private readonly TermClock _terms = new(time);
    private int _failures;
    private long _failedAt;

    public DurableState State { get; set; } = state.Settle();

    public GenerationState Generations => State.Generations;

    /// <summary>What a power cut now would leave.</summary>
    public DurableState OnDisk { get; private set; } = state;

    /// <summary>Why what is known now is not on disk; null while it is.</summary>
    public Problem? Problem { get; private set; }

    /// <summary>Of the last pass.</summary>
    public PassPlan Plan { get; set; } = AgentView.Empty.Plan;

    /// <summary>The release the last plan was for; null when it was for none.</summary>
    public Release? Planned { get; set; }

    /// <summary>How long a pin lasts still; null without one.</summary>
    public TimeSpan? PinLeft { get; private set; }

    /// <summary>How long until the state is to be written again; null while it is.</summary>
    public TimeSpan? NextSave => Problem is null ? null : options.RetryAfter(_failures) - time.GetElapsedTime(_failedAt);

    public void Move(GenerationEvent what)
    {
        var (next, decisions) = GenerationMachine.Step(Generations, what);
        State = State with { Generations = next };
        if (what is GenerationEvent.RetryRequested)
        {
            Note(HistoryKind.Retried, next.SeenGeneration, "a person asked for it");
        }

        if (what is GenerationEvent.PointerAccepted { Pointer.Pointer.Leaf.Retry: true })
        {
            troubles.Clear();
            Note(HistoryKind.Retried, next.SeenGeneration, "the control plane asked for it");
        }

        foreach (var decision in decisions)
        {
            switch (decision)
            {
                case GenerationDecision.Commit(var release):
                    State = reporter.ClockTrusted ? State with { TrustedTime = time.GetUtcNow() } : State;
                    _commits.Add(release);
                    break;
                case GenerationDecision.GiveUp(var release, var quarantine):
                    reporter.Note(quarantine.Problem with
                    {
                        What = $"generation {release.Generation} is given up: {quarantine.Problem.What}",
                    }, quarantine.Unit);
                    Note(HistoryKind.GivenUp, release.Generation, $"{(quarantine.Unit is { } unit ? $"{unit}: " : "")}{quarantine.Problem.Code}: {quarantine.Problem.What}",
                        release, next.Committed?.Generation);
                    troubles.Clear();
                    break;
                case GenerationDecision.Leave(var how):
                    Note(HistoryKind.Left, next.SeenGeneration, $"a signed tombstone says so; what it runs is to be: {how}");
                    reporter.Note(AgentCodes.Decommissioned, $"the node leaves the fleet; what it runs is to be: {how}");
                    break;
                case GenerationDecision.Stage:
                    releases.StageNow();
                    break;
            }
        }
    }

    private void Note(HistoryKind kind, long generation, string because, Release? release = null, long? returnedTo = null) =>
        history?.Note(new HistoryEntry(time.GetUtcNow(), reporter.ClockTrusted, kind, generation, because)
        {
            Bundle = release?.Bundle,
            Revision = release?.Revision,
            ReturnedTo = returnedTo,
        });

    /// <summary>Forgets what people asked for and is over; the rest, and for how long still.</summary>
    public IReadOnlyList<(PersonHold Hold, TimeSpan Left)> Expire()
    {
        var held = State.Holds.Select(h => (Hold: h, Left: _terms.Left(h.Term, reporter.ClockTrusted))).Where(h => h.Left > TimeSpan.Zero).ToList();
        if (held.Count < State.Holds.Count)
        {
            State = State with { Holds = held.Select(h => h.Hold).ToEquatableArray() };
        }

        PinLeft = Generations.Pin is { } pin ? _terms.Left(pin.Term, reporter.ClockTrusted) : null;
        if (PinLeft <= TimeSpan.Zero)
        {
            Move(new GenerationEvent.Unpinned());
            reporter.Note(AgentCodes.Pinned, "the pin is over: the node follows the newest good generation again");
            PinLeft = null;
        }

        return held;
    }

    public Term BeginTerm(TimeSpan length) => _terms.Begin(length, reporter.ClockTrusted);

    /// <summary>Writes what differs; a progress that a restart begins anew does not count: an idle node writes nothing.</summary>
    /// <param name="isLast">There is no later time to try again.</param>
    public void Save(bool isLast = false)
    {
        var durable = State with
        {
            Generations = State.Generations with
            {
                Attempt = State.Generations.Attempt is { } attempt ? attempt with { OpenFor = TimeSpan.Zero, OpenSince = null, LastFailure = null } : null,
            },
        };
        if (!durable.Equals(OnDisk))
        {
            if (NextSave > TimeSpan.Zero && !isLast)
            {
                return;
            }

            if (keeper.Write(durable) is { } problem)
            {
                (Problem, _failedAt, _failures) = (problem, time.GetTimestamp(), _failures + 1);
                return;
            }

            OnDisk = durable;
        }

        (Problem, _failures) = (null, 0);
        TellCommits();
    }

    /// <summary>What a commit means to others, once it holds.</summary>
    private void TellCommits()
    {
        foreach (var release in _commits)
        {
            reporter.Note(AgentCodes.Committed, $"generation {release.Generation} is committed ({release.Revision})");
            Note(HistoryKind.Committed, release.Generation, "every unit of it was ready", release);
        }

        if (_commits.Count > 0)
        {
            _commits.Clear();
            releases.Collect(Generations);
        }
    }
}

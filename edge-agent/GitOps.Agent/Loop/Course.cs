using GitOps.Agent.Generations;
using GitOps.Agent.History;
using GitOps.Agent.Planning;
using GitOps.Bundles;

namespace GitOps.Agent.Loop;

/// <summary>
/// Where the node stands and where it is led: what must not be forgotten, moved by events and written when it differs from
/// what was written last, and the last plan. Touched by the loop's one thread of decisions only.
/// </summary>
internal sealed class Course(
    DurableState state, IStateKeeper keeper, IHistoryKeeper? history, Reporter reporter, Releases releases, TroubleBook troubles, TimeProvider time)
{
    private DurableState _written = state;

    public DurableState State { get; set; } = state.Settle();

    public GenerationState Generations => State.Generations;

    /// <summary>Of the last pass.</summary>
    public PassPlan Plan { get; set; } = AgentView.Empty.Plan;

    /// <summary>The release the last plan was for; null when it was for none.</summary>
    public Release? Planned { get; set; }

    public void Move(GenerationEvent what)
    {
        var (next, decisions) = GenerationMachine.Step(Generations, what);
        State = State with { Generations = next };
        if (what is GenerationEvent.RetryRequested)
        {
            Note(HistoryKind.Retried, next.SeenGeneration, "a person asked for it");
        }

        foreach (var decision in decisions)
        {
            switch (decision)
            {
                case GenerationDecision.Commit(var release):
                    reporter.Note(AgentCodes.Committed, $"generation {release.Generation} is committed ({release.Revision})");
                    Note(HistoryKind.Committed, release.Generation, "every unit of it was ready", release);
                    State = reporter.ClockTrusted ? State with { TrustedTime = time.GetUtcNow() } : State;
                    releases.Collect(next);
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

    /// <summary>A progress that a restart begins anew is not written: an idle node writes nothing.</summary>
    public void Save()
    {
        var durable = State with
        {
            Generations = State.Generations with
            {
                Attempt = State.Generations.Attempt is { } attempt ? attempt with { OpenFor = TimeSpan.Zero, OpenSince = null, LastFailure = null } : null,
            },
            Holds = State.Holds.Where(h => h.Until > time.GetUtcNow()).ToEquatableArray(),
        };
        if (!durable.Equals(_written))
        {
            keeper.Write(durable);
            _written = durable;
        }
    }
}

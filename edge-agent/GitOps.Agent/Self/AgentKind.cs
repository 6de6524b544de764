using GitOps.Agent.Planning;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Self;

/// <summary>
/// The agent as one unit of its bundle. It is never owned and has no steps: the loop leaves for another executable as a whole,
/// and what the state on disk says of it could not be read by an agent that does not know this kind.
/// </summary>
internal sealed class AgentKind(SelfUpdate self) : IUnitKind
{
    public string Kind => UnitKinds.Agent;

    public EquatableArray<string> Claims(Unit unit) => [];

    public ValueTask<PlannedUnit> PlanAsync(Unit? desired, Unit? owned, PlanContext context, CancellationToken cancellationToken)
    {
        var unit = desired ?? owned ?? throw new ArgumentException("a unit is desired, owned, or both", nameof(desired));
        var wanted = (AgentSpec)unit.Spec;
        self.Note(wanted);
        return ValueTask.FromResult(!self.Is(wanted)
            ? new PlannedUnit(unit.Id, [], [new Hold($"another agent runs than {wanted.Version}", Until: "everything else is as it should be; then that one takes over")],
                new UnitStatus.Progressing($"another agent runs than {wanted.Version}"))
            : new PlannedUnit(unit.Id, [], [], new UnitStatus.Ready()));
    }

    public ValueTask<StepOutcome> ApplyAsync(PlannedStep step, CancellationToken cancellationToken) =>
        throw new InvalidOperationException($"{step.Unit.Id} has no steps");
}

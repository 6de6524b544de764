using GitOps.Agent.Planning;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Links;

/// <summary>
/// What the site says of the link. Nothing on the node changes by it, so it is never owned; whoever fetches for a bundle obeys
/// what that bundle says (<see cref="LinkPolicy.Of(Bundle)"/>).
/// </summary>
public sealed class UplinkKind : IUnitKind
{
    public string Kind => UnitKinds.Uplink;

    public EquatableArray<string> Claims(Unit unit) => ["uplink"];

    public ValueTask<PlannedUnit> PlanAsync(Unit? desired, Unit? owned, PlanContext context, CancellationToken cancellationToken)
    {
        var unit = desired ?? owned ?? throw new ArgumentException("a unit is desired, owned, or both", nameof(desired));
        return ValueTask.FromResult(new PlannedUnit(unit.Id, [], [], new UnitStatus.Ready()));
    }

    public ValueTask<StepOutcome> ApplyAsync(PlannedStep step, CancellationToken cancellationToken) =>
        throw new InvalidOperationException($"{step.Unit.Id} has no steps");
}

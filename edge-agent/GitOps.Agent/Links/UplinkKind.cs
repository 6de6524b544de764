using GitOps.Agent.Planning;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Links;

/// <summary>What the site says of the link. Nothing on the node changes by it: it is obeyed by whoever fetches.</summary>
/// <param name="obey">Told at every pass what counts from here on; null when nothing does any more.</param>
public sealed class UplinkKind(Action<LinkPolicy?> obey) : IUnitKind
{
    public string Kind => UnitKinds.Uplink;

    public EquatableArray<string> Claims(Unit unit) => ["uplink"];

    public ValueTask<PlannedUnit> PlanAsync(Unit? desired, Unit? owned, PlanContext context, CancellationToken cancellationToken)
    {
        var unit = desired ?? owned ?? throw new ArgumentException("a unit is desired, owned, or both", nameof(desired));
        if (desired is not null || LinkPolicy.Of(context.Desired) is null)
        {
            obey(desired is null ? null : LinkPolicy.Of(desired));
        }

        return ValueTask.FromResult(new PlannedUnit(unit.Id, [], [], new UnitStatus.Ready()));
    }

    public ValueTask<StepOutcome> ApplyAsync(PlannedStep step, CancellationToken cancellationToken) =>
        throw new ArgumentException($"{step.Unit.Id} has no steps", nameof(step));
}

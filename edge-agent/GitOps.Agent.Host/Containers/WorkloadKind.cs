using GitOps.Agent.Planning;
using GitOps.Agent.Workloads;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Host.Containers;

/// <summary>Workloads of both sorts: each goes to its own planner and driver. A workload that changes its sort goes first, whole.</summary>
internal sealed class WorkloadKind(IUnitKind processes, IUnitKind groups) : IUnitKind
{
    public string Kind => UnitKinds.Workload;

    public EquatableArray<string> Claims(Unit unit) => WorkloadClaims.Of(unit);

    public async ValueTask<PlannedUnit> PlanAsync(Unit? desired, Unit? owned, PlanContext context, CancellationToken cancellationToken)
    {
        var unit = desired ?? owned ?? throw new ArgumentException("a unit is desired, owned, or both", nameof(desired));
        if (desired is not null && owned is not null && For(desired) != For(owned))
        {
            var removal = await For(owned).PlanAsync(null, owned, context, cancellationToken);
            if (!removal.Steps.IsEmpty || !removal.Holds.IsEmpty)
            {
                return removal;
            }
        }

        return await For(unit).PlanAsync(desired, owned, context, cancellationToken);
    }

    public ValueTask<StepOutcome> ApplyAsync(PlannedStep step, CancellationToken cancellationToken) => For(step.Unit).ApplyAsync(step, cancellationToken);

    private IUnitKind For(Unit unit) => unit.Spec is WorkloadSpec { Containers: not null } ? groups : processes;
}

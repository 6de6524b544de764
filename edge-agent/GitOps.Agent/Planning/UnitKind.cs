using System.Collections.Immutable;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Planning;

/// <summary>A kind of unit as the loop sees it: the feature's own step type stays inside.</summary>
public interface IUnitKind
{
    /// <summary>As in <see cref="UnitId.Kind"/>.</summary>
    string Kind { get; }

    EquatableArray<string> Claims(Unit unit);

    /// <summary>Observes and plans one unit: <paramref name="desired"/> is null when it left the bundle, <paramref name="owned"/> when it is new.</summary>
    ValueTask<PlannedUnit> PlanAsync(Unit? desired, Unit? owned, PlanContext context, CancellationToken cancellationToken);

    ValueTask<StepOutcome> ApplyAsync(PlannedStep step, CancellationToken cancellationToken);
}

/// <summary>A step of some feature, and the unit it belongs to (as desired, or as owned when it is removed).</summary>
public sealed record PlannedStep(Unit Unit, IPlanStep Step);

public sealed record PlannedUnit(UnitId Id, ImmutableArray<PlannedStep> Steps, ImmutableArray<Hold> Holds, UnitStatus Status)
{
    /// <summary>As <see cref="UnitPlan{TStep}.Upkeep"/>.</summary>
    public ImmutableArray<PlannedStep> Upkeep { get; init; } = [];
}

/// <summary>Joins a pure planner and a driver.</summary>
public sealed class UnitKind<TState, TStep>(string kind, IUnitPlanner<TState, TStep> planner, IDriver<TState, TStep> driver) : IUnitKind
    where TStep : IPlanStep
{
    public string Kind => kind;

    public EquatableArray<string> Claims(Unit unit) => planner.Claims(unit);

    public async ValueTask<PlannedUnit> PlanAsync(
        Unit? desired, Unit? owned, PlanContext context, CancellationToken cancellationToken)
    {
        var unit = desired ?? owned ?? throw new ArgumentException("a unit is desired, owned, or both", nameof(desired));
        if (desired is not null && driver is IWitnessDriver witness)
        {
            witness.Witness(desired, context.IsReturn);
        }

        var observed = await driver.ObserveAsync(unit, cancellationToken);
        var plan = desired is null
            ? planner.PlanRemoval(unit, observed, context)
            : planner.Plan(desired, owned, observed, context);
        return new PlannedUnit(unit.Id, [.. plan.Steps.Select(step => new PlannedStep(unit, step))], plan.Holds, plan.Status)
        {
            Upkeep = [.. plan.Upkeep.Select(step => new PlannedStep(unit, step))],
        };
    }

    public ValueTask<StepOutcome> ApplyAsync(PlannedStep step, CancellationToken cancellationToken) =>
        driver.ApplyAsync(step.Unit, (TStep)step.Step, cancellationToken);
}

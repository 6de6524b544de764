using GitOps.Bundles.Reports;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Planning;

/// <summary>The shell's hand for one kind of unit. Holds no decisions: a planner made them.</summary>
public interface IDriver<TState, TStep>
    where TStep : IPlanStep
{
    /// <summary>
    /// Looks at the node, for one unit (desired, owned or both). Must not throw because the world misbehaves: what could not
    /// be seen is <c>null</c> inside the state.
    /// </summary>
    ValueTask<TState> ObserveAsync(Unit unit, CancellationToken cancellationToken);

    /// <summary>Carries out one step of a unit. Safe to repeat after a crash half-way.</summary>
    ValueTask<StepOutcome> ApplyAsync(Unit unit, TStep step, CancellationToken cancellationToken);
}

/// <summary>
/// A driver that keeps since when something is desired. It is told at every look, also while a gate, a person or a device
/// that is away keeps everything else from happening.
/// </summary>
public interface IWitnessDriver
{
    /// <summary>Must not throw because the world misbehaves.</summary>
    /// <param name="isReturn">As <see cref="PlanContext.IsReturn"/>: it was desired before.</param>
    void Witness(Unit desired, bool isReturn);
}

/// <summary>A driver that sees things by itself between passes (a child that exits, a register that changes).</summary>
public interface IWatchingDriver
{
    /// <summary>Set by the loop; called whenever planning again is worth it.</summary>
    Action? Wake { get; set; }
}

/// <summary>A driver with something to say in every report: clock, volumes, devices.</summary>
public interface IReportingDriver
{
    /// <summary>The report with this driver's part filled in.</summary>
    NodeReport Contribute(NodeReport report);
}

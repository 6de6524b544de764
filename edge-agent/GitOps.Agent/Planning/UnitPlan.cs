using System.Collections.Immutable;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Planning;

/// <summary>How a unit is, seen before any step of this pass.</summary>
public abstract record UnitStatus
{
    private UnitStatus() { } // closed: every case is in this file

    /// <summary>As desired and well: gates on this unit are open, and its part of the commit holds.</summary>
    public sealed record Ready : UnitStatus;

    /// <summary>On its way: steps are planned, or something is awaited (see the holds).</summary>
    public sealed record Progressing(string Message) : UnitStatus;

    /// <summary>As desired, yet not well. A content cause counts against the bundle when it is not committed yet.</summary>
    public sealed record Unhealthy(string Message, FailureCause Cause) : UnitStatus;

    /// <summary>Cannot become as desired without a new bundle or a person: held against an uncommitted bundle at once.</summary>
    public sealed record Refused(Problem Problem) : UnitStatus;
}

/// <summary>What is to be done for one unit, in order; later steps assume the earlier ones.</summary>
public sealed record UnitPlan<TStep>(ImmutableArray<TStep> Steps, ImmutableArray<Hold> Holds, UnitStatus Status)
    where TStep : IPlanStep
{
    /// <summary>
    /// Those of the steps that follow from what the unit does by itself, not from what somebody else did to it: they are carried
    /// out also where drift is only reported.
    /// </summary>
    public ImmutableArray<TStep> Upkeep { get; init; } = [];
}

/// <summary>What planners may know besides desired and observed. Times since a start are monotonic.</summary>
/// <param name="Now">By the node's clock, trusted or not.</param>
/// <param name="ClockTrusted">False: nothing is deleted or expired by age.</param>
/// <param name="Uptime">Monotonic time since the agent's start.</param>
public sealed record PlanContext(DateTimeOffset Now, bool ClockTrusted, TimeSpan Uptime)
{
    /// <summary>The whole bundle the node is led to: what other units say about this one.</summary>
    public Bundle Desired { get; init; } = Bundle.Empty;

    /// <summary>Set when the unit must not run for now, whatever it desires: a volume that refuses more is full.</summary>
    public Hold? Stop { get; init; }

    /// <summary>
    /// The node goes back to its last good generation because of the unit as owned: what a device does then
    /// (<c>onRollback</c>) is said by that unit.
    /// </summary>
    public bool IsReturn { get; init; }

    /// <summary>How a unit that is to be removed came to leave.</summary>
    public Departure Departure { get; init; } = Departure.NotYet;

    /// <summary>How long what cannot be brought back is kept after its unit left, by a trusted clock.</summary>
    public TimeSpan DeletionGrace { get; init; }
}

/// <summary>How a unit left.</summary>
/// <param name="WasCommitted">A committed generation had the unit exactly as it is on the node.</param>
/// <param name="Since">
/// Since when no committed generation has it, by a trusted clock. Null while the clock is not trusted, and while the
/// generation without it is not committed.
/// </param>
public sealed record Departure(bool WasCommitted, DateTimeOffset? Since)
{
    public static Departure NotYet { get; } = new(false, null);
}

/// <summary>Decides, without touching anything, what one kind of unit needs. Planning again after every step is done gives no step.</summary>
public interface IUnitPlanner<TState, TStep>
    where TStep : IPlanStep
{
    /// <summary>From observed to desired. <paramref name="owned"/> is the unit as it was last applied by this agent, if it was.</summary>
    UnitPlan<TStep> Plan(Unit desired, Unit? owned, TState observed, PlanContext context);

    /// <summary>The unit left the bundle: removes what the agent owns of it, and nothing else.</summary>
    UnitPlan<TStep> PlanRemoval(Unit owned, TState observed, PlanContext context);

    /// <summary>Things two units must not hold at one time: <c>path:/etc/motd</c>, <c>port:8080</c>, <c>volume:data</c>, <c>device:plc-1</c>.</summary>
    EquatableArray<string> Claims(Unit unit);
}

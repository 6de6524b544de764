using System.Collections.Immutable;
using GitOps.Agent.Generations;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Planning;

/// <summary>What is to be done for one unit now, with every choice made.</summary>
/// <param name="Unit">As desired; as owned when it is removed.</param>
/// <param name="Steps">In order. None: only the record of what is owned changes.</param>
public sealed record Branch(BranchKey Key, Unit Unit, ImmutableArray<PlannedStep> Steps);

/// <summary>A unit that is not changed yet, and why.</summary>
public sealed record UnitHold(UnitId Unit, Hold Hold);

/// <summary>How a unit of the target looks after planning, for the report.</summary>
public sealed record UnitOutlook(UnitId Id, UnitVerdict Verdict);

/// <summary>
/// One pass: the branches that may run now, side by side; those that wait for a predecessor; and what is in the way of the
/// rest. Running the first kind and planning again, until nothing is left, reaches the target.
/// </summary>
public sealed record PassPlan(
    ImmutableArray<Branch> Branches,
    ImmutableArray<(Branch Branch, ImmutableArray<BranchEdge> After)> Later,
    ImmutableArray<UnitHold> Holds,
    ImmutableArray<UnitOutlook> Units)
{
    /// <summary>What left the bundle and is still on the node, though nothing says that it may stay.</summary>
    public ImmutableArray<UnitId> Leaving { get; init; } = [];

    /// <summary>What somebody else changed and is left so.</summary>
    public ImmutableArray<Drifted> Drifted { get; init; } = [];
}

/// <summary>A unit as it was planned from what was seen, or why it could not be looked at.</summary>
public abstract record Sighting
{
    private Sighting() { } // closed: every case is in this file

    public sealed record Seen(PlannedUnit Plan) : Sighting;

    /// <summary>A branch of it is running: it is looked at again when that has ended.</summary>
    public sealed record Busy(string What) : Sighting;

    /// <summary>The node's policy forbids the unit: it is not even looked at, and nothing is done to what there is of it.</summary>
    public sealed record Forbidden(Problem Problem) : Sighting;

    /// <summary>The driver failed or did not answer in time.</summary>
    public sealed record Unknown(Problem Problem) : Sighting;
}

/// <summary>What became of the last try for a unit, while it is still the same unit.</summary>
public sealed record Trouble(Unit Unit, StepOutcome Outcome, int Failures, TimeSpan RetryAt);

/// <summary>What is known cannot be written for now.</summary>
/// <param name="OnDisk">What a power cut now would leave: effects on units that it does not know of have to wait.</param>
public sealed record Unkept(Problem Problem, DurableState OnDisk);

/// <summary>Everything one pass knows.</summary>
public sealed record PassInput
{
    public required UnitGraph Graph { get; init; }

    public required DurableState State { get; init; }

    /// <summary>The units the node is led to; null while it has nothing to be led to.</summary>
    public required Bundle? Target { get; init; }

    public required IReadOnlyDictionary<BranchKey, Sighting> Sightings { get; init; }

    public required IReadOnlyDictionary<UnitId, Trouble> Troubles { get; init; }

    /// <summary>The target is committed: what left it may go.</summary>
    public required bool MayPrune { get; init; }

    /// <summary>What people hold, and for how long still.</summary>
    public IReadOnlyList<(PersonHold Hold, TimeSpan Left)> Held { get; init; } = [];

    /// <summary>Null while the state is on disk.</summary>
    public Unkept? Unkept { get; init; }

    public required DateTimeOffset Now { get; init; }

    public required TimeSpan Uptime { get; init; }
}

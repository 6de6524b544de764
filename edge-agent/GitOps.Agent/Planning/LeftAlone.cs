using System.Collections.Immutable;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Planning;

/// <summary>A change that somebody else made to a unit, and that is only reported.</summary>
public sealed record Drifted(UnitId Unit, string What);

/// <summary>
/// Takes the steps out of plans that Git says are not to be carried out: of suspended units, and of units that somebody else
/// changed where drift is only reported. Such a unit counts as ready: nothing waits for it.
/// </summary>
internal static class LeftAlone
{
    public static (IReadOnlyDictionary<BranchKey, Sighting> Sightings, ImmutableArray<Drifted> Drifted) In(PassInput input)
    {
        var sightings = new Dictionary<BranchKey, Sighting>(input.Sightings);
        var drifted = ImmutableArray.CreateBuilder<Drifted>();
        foreach (var (key, sighting) in input.Sightings)
        {
            if (sighting is not Sighting.Seen(var plan) || key.Kind != BranchKind.Apply || PassPlanner.Find(input.Target, key.Id) is not { } unit)
            {
                continue;
            }

            if (unit.Suspend is { } reason)
            {
                sightings[key] = Without(plan, new Hold($"it is suspended: {reason}", Until: "'suspend' is taken out of Git"));
            }
            else if (FindDrift(unit, plan, input) is { } change)
            {
                drifted.Add(new Drifted(key.Id, change));
                var hold = new Hold($"somebody else changed it: {change}", Until: "it is as desired again, Git says something else, or 'drift: correct'");
                sightings[key] = plan.Upkeep.IsEmpty ? Without(plan, hold) : new Sighting.Seen(plan with { Steps = plan.Upkeep, Holds = plan.Holds.Add(hold) });
            }
        }

        return (sightings, drifted.ToImmutable());
    }

    private static Sighting.Seen Without(PlannedUnit plan, Hold hold) =>
        new(plan with { Steps = [], Holds = [hold], Status = new UnitStatus.Ready() });

    /// <summary>It was made exactly as it is desired now, and somebody made something else of it: what.</summary>
    private static string? FindDrift(Unit unit, PlannedUnit plan, PassInput input) =>
        unit.Drift == DriftPolicy.Warn && plan.Status is not UnitStatus.Ready &&
        input.State.FindOwned(unit.Id) is { Intended: null } owned && owned.Applied == unit
            ? plan.Steps.FirstOrDefault(step => !plan.Upkeep.Contains(step))?.Step.Because
            : null;
}

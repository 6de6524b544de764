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
            else if (IsDrift(unit, plan, input))
            {
                drifted.Add(new Drifted(key.Id, plan.Steps[0].Step.Because));
                sightings[key] = Without(plan, new Hold($"somebody else changed it: {plan.Steps[0].Step.Because}",
                    Until: "it is as desired again, Git says something else, or 'drift: correct'"));
            }
        }

        return (sightings, drifted.ToImmutable());
    }

    private static Sighting.Seen Without(PlannedUnit plan, Hold hold) =>
        new(plan with { Steps = [], Holds = [hold], Status = new UnitStatus.Ready() });

    /// <summary>It was made exactly as it is desired now, and is something else.</summary>
    private static bool IsDrift(Unit unit, PlannedUnit plan, PassInput input) =>
        unit.Drift == DriftPolicy.Warn && !plan.Steps.IsEmpty && plan.Status is not UnitStatus.Ready &&
        input.State.FindOwned(unit.Id) is { Intended: null } owned && owned.Applied == unit;
}

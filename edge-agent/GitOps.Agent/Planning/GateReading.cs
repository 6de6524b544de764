using System.Collections.Immutable;
using System.Diagnostics;
using GitOps.Agent.Generations;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Planning;

/// <summary>Reads from one pass how every unit of the target is: for gates, for the commit, and for people.</summary>
internal sealed class GateReading(PassInput input)
{
    private readonly Dictionary<UnitId, UnitVerdict> _verdicts = [];
    private readonly HashSet<UnitId> _asked = [];

    public ImmutableArray<UnitOutlook> Outlooks() =>
        [.. (input.Target?.Units ?? []).Select(u => new UnitOutlook(u.Id, Of(u)))];

    /// <summary>A gate is open while the unit is well, also while a small repair of it is planned.</summary>
    public bool IsOpen(UnitId id) =>
        input.Sightings.TryGetValue(new BranchKey(id, BranchKind.Apply), out var sighting) &&
        sighting is Sighting.Seen { Plan.Status: UnitStatus.Ready };

    public string Explain(UnitId id) => PassPlanner.Find(input.Target, id) is { } unit
        ? Of(unit) switch
        {
            UnitVerdict.Ready => "it is",
            UnitVerdict.Working(var message) => $"now: {message}",
            UnitVerdict.Waiting(var message) => $"now it waits: {message}",
            UnitVerdict.Failing(var problem) => $"now: {problem.What}",
            UnitVerdict.Stuck(var problem) => $"now: {problem.What}",
            var verdict => throw new UnreachableException($"no such verdict: {verdict}"),
        }
        : "it is not part of the bundle";

    private UnitVerdict Of(Unit unit)
    {
        if (_verdicts.TryGetValue(unit.Id, out var known))
        {
            return known;
        }

        // A circle of requirements is refused before any effect; here it must only not recurse for ever.
        var verdict = _asked.Add(unit.Id) ? Judge(unit) : new UnitVerdict.Waiting("it requires itself");
        return _verdicts[unit.Id] = verdict;
    }

    private UnitVerdict Judge(Unit unit)
    {
        if (input.Held.Any(h => h.Hold.Covers(unit.Id)))
        {
            return new UnitVerdict.Waiting("a person holds it");
        }

        input.Sightings.TryGetValue(new BranchKey(unit.Id, BranchKind.Apply), out var sighting);
        return sighting switch
        {
            Sighting.Seen(var plan) => Judge(unit, plan),
            Sighting.Forbidden(var problem) => new UnitVerdict.Stuck(problem),
            Sighting.Unknown(var problem) => new UnitVerdict.Waiting(problem.What),
            Sighting.Busy(var what) => new UnitVerdict.Working(what),
            _ => new UnitVerdict.Working("it makes room first"), // its old version is being removed
        };
    }

    private UnitVerdict Judge(Unit unit, PlannedUnit plan)
    {
        if (plan.Status is UnitStatus.Refused(var refused))
        {
            return new UnitVerdict.Stuck(refused);
        }

        if (input.Troubles.TryGetValue(unit.Id, out var trouble) && trouble.Unit == unit && !plan.Steps.IsEmpty)
        {
            return trouble.Outcome switch
            {
                StepOutcome.Stuck(var problem) => new UnitVerdict.Stuck(problem),
                StepOutcome.Retry(var problem, FailureCause.Content) => new UnitVerdict.Failing(problem),
                StepOutcome.Retry(var problem, _) => new UnitVerdict.Waiting(problem.What),
                _ => new UnitVerdict.Working(plan.Steps[0].Step.Describe()),
            };
        }

        if (!plan.Steps.IsEmpty && input.Unkept is var (why, onDisk) && !onDisk.Knows(unit))
        {
            return new UnitVerdict.Waiting(why.What);
        }

        if (!plan.Steps.IsEmpty && unit.Requires.Where(r => !IsOpen(r)).Cast<UnitId?>().FirstOrDefault() is { } gate)
        {
            // The deadline stands still for what the world owes, and runs for what the bundle itself does not bring up.
            var isWorld = unit.Requires.Any(r => PassPlanner.Find(input.Target, r) is { } required && Of(required) is UnitVerdict.Waiting);
            return isWorld ? new UnitVerdict.Waiting($"{gate} is not ready") : new UnitVerdict.Working($"{gate} is not ready");
        }

        return plan.Status switch
        {
            UnitStatus.Ready when plan.Steps.IsEmpty => new UnitVerdict.Ready(),
            UnitStatus.Ready => new UnitVerdict.Working(plan.Steps[0].Step.Describe()),
            // What only time is in the way of is still the bundle's own doing.
            UnitStatus.Progressing(var message) when plan.Steps.IsEmpty && plan.Holds.Any(h => h.RecheckAfter is null) =>
                new UnitVerdict.Waiting(message),
            UnitStatus.Progressing(var message) => new UnitVerdict.Working(message),
            UnitStatus.Unhealthy(var message, FailureCause.Content) => new UnitVerdict.Failing(new Problem(AgentCodes.Unhealthy,
                What: message, Fix: "see the unit's log on the node, then correct the commit")),
            UnitStatus.Unhealthy(var message, _) => new UnitVerdict.Waiting(message),
            _ => throw new UnreachableException($"no such status: {plan.Status}"),
        };
    }
}

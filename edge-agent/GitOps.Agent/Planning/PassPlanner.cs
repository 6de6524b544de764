using System.Collections.Immutable;
using System.Globalization;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Planning;

/// <summary>Decides what of everything that is planned may run now. Pure: equal inputs give equal plans.</summary>
public static class PassPlanner
{
    public static PassPlan Plan(PassInput seen)
    {
        var (sightings, drifted) = LeftAlone.In(seen);
        var input = seen with { Sightings = sightings };
        var gates = new GateReading(input);
        var branches = ImmutableArray.CreateBuilder<Branch>();
        var later = ImmutableArray.CreateBuilder<(Branch, ImmutableArray<BranchEdge>)>();
        var holds = ImmutableArray.CreateBuilder<UnitHold>();
        foreach (var node in input.Graph.Nodes)
        {
            if (!input.Sightings.TryGetValue(node, out var sighting) || sighting is not Sighting.Seen(var plan))
            {
                holds.AddRange(Blind(node, sighting));
                continue;
            }

            holds.AddRange(plan.Holds.Select(h => new UnitHold(node.Id, h)));
            if (ToBranch(node, plan, input) is not { } branch)
            {
                continue;
            }

            if (InTheWay(node, branch, input, gates) is { Count: > 0 } reasons)
            {
                holds.AddRange(reasons.Select(h => new UnitHold(node.Id, h)));
                continue;
            }

            var pending = input.Graph.Before(node).Where(e => IsPending(e, input)).ToImmutableArray();
            if (pending.IsEmpty)
            {
                branches.Add(branch);
            }
            else
            {
                later.Add((branch, pending));
            }
        }

        return new PassPlan(branches.ToImmutable(), later.ToImmutable(), holds.ToImmutable(), gates.Outlooks())
        {
            Drifted = drifted,
            Leaving = [.. input.Graph.Nodes.Where(n => IsLeaving(n, input)).Select(n => n.Id)],
        };
    }

    /// <summary>Whether a removal is not done yet: it runs, waits, failed, or could not be looked at.</summary>
    private static bool IsLeaving(BranchKey node, PassInput input) =>
        node.Kind == BranchKind.Remove && input.State.FindOwned(node.Id) is not null &&
        (!input.Sightings.TryGetValue(node, out var sighting) || sighting is not Sighting.Seen(var plan) ||
            ToBranch(node, plan, input) is { Steps.IsEmpty: false });

    /// <summary>The branch a plan amounts to; null when there is nothing to do and nothing to note.</summary>
    private static Branch? ToBranch(BranchKey node, PlannedUnit plan, PassInput input)
    {
        if (node.Id.Kind is UnitKinds.Agent or UnitKinds.Uplink)
        {
            return null; // without steps, and never owned: an agent that does not know the kind could not read its state
        }

        var owned = input.State.FindOwned(node.Id);
        if (node.Kind == BranchKind.Remove)
        {
            var removed = owned?.Current;
            var isDone = plan.Steps.IsEmpty && !plan.Holds.IsEmpty;
            return removed is null || isDone ? null : new Branch(node, removed, plan.Steps);
        }

        var desired = Find(input.Target, node.Id);
        var isNoted = owned is { Intended: null } && owned.Applied == desired;
        var isWaiting = plan.Steps.IsEmpty && plan.Status is not UnitStatus.Ready;
        return desired is null or { Suspend: not null } || (plan.Steps.IsEmpty && (isNoted || isWaiting)) ? null : new Branch(node, desired, plan.Steps);
    }

    private static List<Hold> InTheWay(BranchKey node, Branch branch, PassInput input, GateReading gates)
    {
        if (node.Kind == BranchKind.Remove && !input.MayPrune && !input.Graph.MakesRoom(node))
        {
            return [new Hold("the commit of the new generation", Until: "every unit of it is ready; then this one is removed")];
        }

        List<Hold> reasons = [];
        foreach (var (held, left) in input.Held.Where(h => h.Hold.Covers(node.Id)))
        {
            reasons.Add(new Hold($"{held.By} ({held.Reason})",
                Until: $"{held.Until.ToString("u", CultureInfo.InvariantCulture)}, or 'gitops-agent release{(held.Unit is { } unit ? $" {unit}" : "")}'")
            {
                RecheckAfter = left,
            });
        }

        if (branch.Steps.IsEmpty)
        {
            return reasons;
        }

        if (input.Troubles.TryGetValue(node.Id, out var trouble) && trouble.Unit == branch.Unit)
        {
            reasons.AddRange(BackOff(trouble, input));
        }

        if (node.Kind == BranchKind.Apply && input.Unkept is var (problem, onDisk) && !onDisk.Knows(branch.Unit))
        {
            reasons.Add(new Hold(problem.What, Until: $"the agent can note what it is about to do: {problem.Fix}"));
        }

        if (node.Kind == BranchKind.Apply)
        {
            reasons.AddRange(branch.Unit.Requires.Where(r => !gates.IsOpen(r)).Select(r => new Hold(r.ToString(),
                Until: $"it is ready; {gates.Explain(r)}")));
        }

        return reasons;
    }

    private static IEnumerable<Hold> BackOff(Trouble trouble, PassInput input) => trouble.Outcome switch
    {
        StepOutcome.Retry(var problem, _) when trouble.RetryAt > input.Uptime =>
        [
            new Hold(problem.What, Until: $"it is tried again, for time {trouble.Failures + 1}, or this is done: {problem.Fix}")
            {
                RecheckAfter = trouble.RetryAt - input.Uptime,
            },
        ],
        StepOutcome.Stuck(var problem) =>
            [new Hold(problem.What, Until: $"there is a new bundle, or 'gitops-agent retry' after: {problem.Fix}")],
        _ => [],
    };

    private static IEnumerable<UnitHold> Blind(BranchKey node, Sighting? sighting) => sighting switch
    {
        Sighting.Forbidden(var problem) => [new UnitHold(node.Id, new Hold(problem.What, Until: problem.Fix))],
        Sighting.Unknown(var problem) => [new UnitHold(node.Id, new Hold(problem.What, Until: "its driver answers again"))],
        _ => [],
    };

    /// <summary>Whether a predecessor still has something to do. A gate is asked separately: it must be ready, not only done.</summary>
    private static bool IsPending(BranchEdge edge, PassInput input)
    {
        var before = edge.Before;
        if (edge.Because == BranchEdge.Requires && before.Kind == BranchKind.Apply)
        {
            return false;
        }

        if (before.Kind == BranchKind.Remove)
        {
            return input.State.FindOwned(before.Id) is not null;
        }

        var plan = input.Sightings.TryGetValue(before, out var sighting) && sighting is Sighting.Seen(var seen) ? seen : null;
        if (edge.Because == BranchEdge.Restarts)
        {
            // Worth waiting for only while it is on its way: a file that cannot be written must not keep a workload down.
            return sighting is Sighting.Busy || (plan is { Steps.IsEmpty: false } && !input.Troubles.ContainsKey(before.Id));
        }

        // A plan that only waits (a back-off) holds nobody up; one with steps, or an old version still noted, does.
        return plan is not { Steps.IsEmpty: true } || input.State.FindOwned(before.Id)?.Applied != Find(input.Target, before.Id);
    }

    internal static Unit? Find(Bundle? bundle, UnitId id)
    {
        foreach (var unit in bundle?.Units ?? [])
        {
            if (unit.Id == id)
            {
                return unit;
            }
        }

        return null;
    }
}

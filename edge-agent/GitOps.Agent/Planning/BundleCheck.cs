using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Planning;

/// <summary>Finds what cannot be carried out whatever the node is like: units that contradict each other.</summary>
public static class BundleCheck
{
    /// <param name="runsContainers">Whether this node has a container engine.</param>
    public static IReadOnlyList<UnitProblem> Check(Bundle bundle, Func<Unit, EquatableArray<string>> claims, bool runsContainers) =>
        [.. runsContainers ? [] : Undrivable(bundle), .. MissingRequirements(bundle), .. CircularRequirements(bundle), .. SharedClaims(bundle, claims)];

    private static IEnumerable<UnitProblem> Undrivable(Bundle bundle) =>
        from unit in bundle.Units
        where unit.Spec is WorkloadSpec { Containers: not null }
        select new UnitProblem(unit.Id, new Problem(AgentCodes.NoDriver,
            What: $"{unit.Id} is a group of containers, and this node has no container engine",
            Fix: "name one in agent.json on the node (containerEngine, docs/containers.md), or place the unit on other nodes"));

    private static IEnumerable<UnitProblem> MissingRequirements(Bundle bundle)
    {
        var ids = bundle.Units.Select(u => u.Id).ToHashSet();
        return
            from unit in bundle.Units
            from required in unit.Requires
            where !ids.Contains(required)
            select new UnitProblem(unit.Id, new Problem(AgentCodes.Contradiction,
                What: $"{unit.Id} requires {required}, which this node does not get",
                Fix: $"place {required} on the node too, or drop the requirement"));
    }

    private static IEnumerable<UnitProblem> CircularRequirements(Bundle bundle)
    {
        var units = bundle.Units.ToDictionary(u => u.Id);
        foreach (var unit in bundle.Units)
        {
            HashSet<UnitId> seen = [];
            var open = new Stack<UnitId>(unit.Requires);
            while (open.TryPop(out var next))
            {
                if (next == unit.Id)
                {
                    yield return new UnitProblem(unit.Id, new Problem(AgentCodes.Contradiction,
                        What: $"{unit.Id} requires [{unit.Requires}] and is, through them, required itself",
                        Fix: "drop one of these requirements: nothing could start"));
                    break;
                }

                if (seen.Add(next) && units.TryGetValue(next, out var required))
                {
                    foreach (var further in required.Requires)
                    {
                        open.Push(further);
                    }
                }
            }
        }
    }

    private static IEnumerable<UnitProblem> SharedClaims(Bundle bundle, Func<Unit, EquatableArray<string>> claims) =>
        from shared in bundle.Units.SelectMany(u => claims(u).Distinct().Select(c => (Claim: c, u.Id))).GroupBy(p => p.Claim)
        where shared.Count() > 1
        let ids = shared.Select(p => p.Id).ToList()
        select new UnitProblem(ids[1], new Problem(AgentCodes.Contradiction,
            What: $"{string.Join(" and ", ids)} both claim {shared.Key}",
            Fix: "give them different ones, or place them on different nodes"));
}

/// <summary>A problem, and the unit it is about.</summary>
public sealed record UnitProblem(UnitId Unit, Problem Problem);

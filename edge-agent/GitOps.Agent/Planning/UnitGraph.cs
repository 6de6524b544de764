using System.Collections.Immutable;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Planning;

public enum BranchKind
{
    /// <summary>Led to what the bundle says.</summary>
    Apply,

    /// <summary>What the agent owns of it goes away.</summary>
    Remove,
}

/// <summary>One unit's part of a pass.</summary>
public readonly record struct BranchKey(UnitId Id, BranchKind Kind) : IComparable<BranchKey>
{
    public int CompareTo(BranchKey other) => Id == other.Id ? Kind.CompareTo(other.Kind) : Id.CompareTo(other.Id);

    public override string ToString() => Kind == BranchKind.Remove ? $"removal of {Id}" : Id.ToString();

    public static bool operator <(BranchKey left, BranchKey right) => left.CompareTo(right) < 0;

    public static bool operator >(BranchKey left, BranchKey right) => left.CompareTo(right) > 0;

    public static bool operator <=(BranchKey left, BranchKey right) => left.CompareTo(right) <= 0;

    public static bool operator >=(BranchKey left, BranchKey right) => left.CompareTo(right) >= 0;
}

/// <summary>The second branch waits until the first has nothing left to do.</summary>
/// <param name="Because">What the two share: <c>port:8080</c>, or <c>requires</c>.</param>
public sealed record BranchEdge(BranchKey Before, BranchKey After, string Because)
{
    public const string Requires = "requires";
    public const string Restarts = "restarts it";
}

/// <summary>
/// Who goes before whom, known from the units alone. An edge comes from <c>requires</c>, from a claim that an old unit holds
/// and a new one wants, and from a file that restarts a workload. Units that share nothing have no edge.
/// </summary>
/// <remarks>
/// There are no cycles: where units exchange claims (two workloads swap their ports), one of them is removed first and made
/// anew, in the order of their names.
/// </remarks>
public sealed record UnitGraph(ImmutableSortedSet<BranchKey> Nodes, ImmutableArray<BranchEdge> Edges)
{
    public IEnumerable<BranchEdge> Before(BranchKey node) => Edges.Where(e => e.After == node);

    /// <summary>An old unit that somebody new is waiting for: it goes before the new state is committed.</summary>
    public bool MakesRoom(BranchKey node) => node.Kind == BranchKind.Remove && Edges.Any(e => e.Before == node);

    public static UnitGraph Build(
        IReadOnlyCollection<Unit> desired, IReadOnlyCollection<Unit> owned, Func<Unit, EquatableArray<string>> claims)
    {
        var wanted = desired.ToDictionary(u => u.Id);
        var nodes = desired.Select(u => new BranchKey(u.Id, BranchKind.Apply))
            .Concat(owned.Where(o => !wanted.ContainsKey(o.Id)).Select(o => new BranchKey(o.Id, BranchKind.Remove)))
            .ToImmutableSortedSet();
        List<BranchEdge> edges = [];
        edges.AddRange(Gates(desired, wanted));
        edges.AddRange(Claims(desired, owned, wanted, claims));
        edges.AddRange(Removals(owned, nodes));
        return BreakCycles(nodes, edges);
    }

    private static IEnumerable<BranchEdge> Gates(IReadOnlyCollection<Unit> desired, Dictionary<UnitId, Unit> wanted) =>
        desired.SelectMany(u => u.Requires
                .Where(wanted.ContainsKey)
                .Select(r => Edge(r, BranchKind.Apply, u.Id, BranchEdge.Requires)))
            .Concat(desired.Where(u => u.Spec is FileSpec).SelectMany(u => ((FileSpec)u.Spec).Restart
                .Where(wanted.ContainsKey)
                .Select(r => Edge(u.Id, BranchKind.Apply, r, BranchEdge.Restarts))));

    private static IEnumerable<BranchEdge> Claims(
        IReadOnlyCollection<Unit> desired, IReadOnlyCollection<Unit> owned,
        Dictionary<UnitId, Unit> wanted, Func<Unit, EquatableArray<string>> claims)
    {
        var takers = desired.SelectMany(u => claims(u).Select(c => (Claim: c, u.Id))).ToLookup(t => t.Claim, t => t.Id);
        foreach (var old in owned)
        {
            foreach (var claim in claims(old))
            {
                foreach (var taker in takers[claim].Where(t => t != old.Id))
                {
                    var kind = wanted.ContainsKey(old.Id) ? BranchKind.Apply : BranchKind.Remove;
                    yield return Edge(old.Id, kind, taker, claim);
                }
            }
        }
    }

    /// <summary>What required something goes before what it required.</summary>
    private static IEnumerable<BranchEdge> Removals(IReadOnlyCollection<Unit> owned, ImmutableSortedSet<BranchKey> nodes)
    {
        foreach (var unit in owned.Where(o => nodes.Contains(new BranchKey(o.Id, BranchKind.Remove))))
        {
            foreach (var required in unit.Requires.Select(r => new BranchKey(r, BranchKind.Remove)).Where(nodes.Contains))
            {
                yield return new BranchEdge(new BranchKey(unit.Id, BranchKind.Remove), required, BranchEdge.Requires);
            }
        }
    }

    private static BranchEdge Edge(UnitId before, BranchKind kind, UnitId after, string because) =>
        new(new BranchKey(before, kind), new BranchKey(after, BranchKind.Apply), because);

    private static UnitGraph BreakCycles(ImmutableSortedSet<BranchKey> nodes, List<BranchEdge> edges)
    {
        while (FindCycle(nodes, edges) is { } cycle)
        {
            // A claim that is given up can be given up first. Everything else in a cycle is a contradiction that the bundle
            // check refuses; a leftover of one (owned units of several generations) loses its weakest edge.
            var given = cycle.Find(e => e.Before.Kind == BranchKind.Apply && IsClaim(e));
            if (given is null)
            {
                edges.Remove(cycle.Find(e => e.Because == BranchEdge.Restarts) ?? cycle[0]);
                continue;
            }

            var removal = given.Before with { Kind = BranchKind.Remove };
            nodes = nodes.Add(removal);
            var moved = edges.Where(e => e.Before == given.Before && IsClaim(e)).ToList();
            edges.RemoveAll(moved.Contains);
            edges.AddRange(moved.Select(e => e with { Before = removal }));
            edges.Add(new BranchEdge(removal, given.Before, given.Because));
        }

        return new UnitGraph(nodes, [.. edges.Distinct().OrderBy(e => e.After).ThenBy(e => e.Before)]);
    }

    private static bool IsClaim(BranchEdge edge) => edge.Because is not (BranchEdge.Requires or BranchEdge.Restarts);

    private static List<BranchEdge>? FindCycle(ImmutableSortedSet<BranchKey> nodes, List<BranchEdge> edges)
    {
        var next = edges.ToLookup(e => e.Before);
        HashSet<BranchKey> done = [];
        foreach (var start in nodes)
        {
            if (Visit(start, [], [start]) is { } cycle)
            {
                return cycle;
            }
        }

        return null;

        List<BranchEdge>? Visit(BranchKey node, List<BranchEdge> path, HashSet<BranchKey> onPath)
        {
            if (done.Contains(node))
            {
                return null;
            }

            foreach (var edge in next[node])
            {
                path.Add(edge);
                if (!onPath.Add(edge.After))
                {
                    return path[path.FindIndex(e => e.Before == edge.After)..];
                }

                if (Visit(edge.After, path, onPath) is { } cycle)
                {
                    return cycle;
                }

                onPath.Remove(edge.After);
                path.RemoveAt(path.Count - 1);
            }

            done.Add(node);
            return null;
        }
    }
}

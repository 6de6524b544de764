using System.Security.Cryptography;
using System.Text;
using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Reconciler.Compile;

namespace GitOps.Reconciler.Guards;

/// <summary>One unit that a push takes from one node.</summary>
public readonly record struct Removal(string Node, UnitId Unit) : IComparable<Removal>
{
    public int CompareTo(Removal other)
    {
        var byNode = string.CompareOrdinal(Node, other.Node);
        return byNode != 0 ? byNode : Unit.CompareTo(other.Unit);
    }

    public override string ToString() => $"{Node} {Unit}";

    public static bool operator <(Removal left, Removal right) => left.CompareTo(right) < 0;

    public static bool operator >(Removal left, Removal right) => left.CompareTo(right) > 0;

    public static bool operator <=(Removal left, Removal right) => left.CompareTo(right) <= 0;

    public static bool operator >=(Removal left, Removal right) => left.CompareTo(right) >= 0;
}

/// <summary>A node and the units it was last published with.</summary>
public sealed record PublishedNode(string Node, EquatableArray<UnitId> Units)
{
    public static IEnumerable<PublishedNode> Of(FleetBundles bundles) =>
        bundles.Nodes.Select(node => new PublishedNode(node.Node, node.UnitIds));
}

/// <summary>Whether the removals of a push may go ahead. The removals are sorted by node, then unit.</summary>
public abstract record RemovalVerdict(string Id, EquatableArray<Removal> Removals)
{
    /// <summary>Few enough, or confirmed.</summary>
    public sealed record Allowed(string Id, EquatableArray<Removal> Removals) : RemovalVerdict(Id, Removals);

    /// <summary>Nothing is published until <c>Fleet.spec.confirmRemoval</c> carries the id.</summary>
    public sealed record Held(string Id, EquatableArray<Removal> Removals, int Limit) : RemovalVerdict(Id, Removals)
    {
        public Problem ToProblem() => new(PublishCodes.RemovalHeld,
            What: $"this revision takes {Removals.Count} units from {Removals.Select(r => r.Node).Distinct().Count()} nodes " +
                $"({Summary()}), the limit is {Limit}",
            Fix: $"if that is meant, set Fleet.spec.confirmRemoval: {Id}; otherwise look at what was deleted, moved or renamed " +
                "(a rename says movedFrom)");

        private string Summary()
        {
            var shown = string.Join(", ", Removals.Take(3).Select(r => r.ToString()));
            return Removals.Count > 3 ? $"{shown} and {Removals.Count - 3} more" : shown;
        }
    }
}

/// <summary>
/// Counts what a push removes, by any cause: a deleted resource, another placement, a rename without <c>movedFrom</c>, a
/// deleted node. What a site says of its link is nothing on a node. Above the limit the push is held until the commit confirms exactly this set.
/// </summary>
public static class RemovalGuard
{
    public static RemovalVerdict Check(
        IEnumerable<PublishedNode> previous, FleetBundles next, GuardSettings settings, string? confirmRemoval)
    {
        var removals = Removals(previous, next);
        var id = IdOf(removals);
        return removals.Count <= settings.RemovalLimit || string.Equals(confirmRemoval, id, StringComparison.Ordinal)
            ? new RemovalVerdict.Allowed(id, removals)
            : new RemovalVerdict.Held(id, removals, settings.RemovalLimit);
    }

    public static EquatableArray<Removal> Removals(IEnumerable<PublishedNode> previous, FleetBundles next)
    {
        List<Removal> removals = [];
        foreach (var (name, units) in previous)
        {
            var kept = next.TryGet(name, out var node)
                ? node.UnitIds.Concat(node.Moves.Select(move => move.From)).ToHashSet()
                : [];
            // A node whose agent Git no longer names keeps the one it has: that takes nothing from it, and nor does its link.
            removals.AddRange(units.Where(unit => !kept.Contains(unit) && unit != AgentSpec.Self && unit.Kind != UnitKinds.Uplink).Select(unit => new Removal(name, unit)));
        }

        removals.Sort();
        return removals.ToEquatableArray();
    }

    /// <summary>Names exactly one set of removals: the first 12 hex digits of the SHA-256 of its sorted lines.</summary>
    public static string IdOf(EquatableArray<Removal> removals)
    {
        var lines = new StringBuilder();
        foreach (var removal in removals)
        {
            lines.Append(removal.ToString()).Append('\n');
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(lines.ToString())))[..12];
    }
}

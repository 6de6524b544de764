using GitOps.Bundles;
using GitOps.Reconciler.Compile;
using GitOps.Reconciler.Guards;

namespace GitOps.Reconciler.Diffing;

public enum DiffKind
{
    Added,
    Changed,
    Removed,
}

/// <summary>
/// What publishing one compiled fleet over another would do. Holds nodes that change only, sorted by name;
/// <paramref name="Unchanged"/> counts the others.
/// </summary>
/// <param name="Removals">As the removal guard counts them.</param>
/// <param name="RemovalId">What <c>Fleet.spec.confirmRemoval</c> has to carry when they are above the limit.</param>
public sealed record FleetDiff(
    EquatableArray<NodeDiff> Nodes, int Unchanged, EquatableArray<Removal> Removals, string RemovalId)
{
    public bool IsEmpty => Nodes.IsEmpty;

    /// <summary>(node, unit) pairs that come, change or go.</summary>
    public int CountUnits(DiffKind kind) => Nodes.Sum(node => node.Units.Count(unit => unit.Kind == kind));

    /// <param name="before">What is published; null when nothing is.</param>
    /// <param name="after">What would be.</param>
    /// <param name="sizes">Of images, as far as they are known.</param>
    public static FleetDiff Between(FleetBundles? before, FleetBundles after, ImageSizes? sizes = null)
    {
        var comparison = new BundleComparison(before, after, sizes ?? ImageSizes.None);
        List<NodeDiff> nodes = [];
        foreach (var node in after.Nodes)
        {
            if (before is null || !before.TryGet(node.Node, out var old))
            {
                nodes.Add(comparison.Compare(node.Node, DiffKind.Added, null, node));
            }
            else if (old.Digest != node.Digest)
            {
                nodes.Add(comparison.Compare(node.Node, DiffKind.Changed, old, node));
            }
        }

        nodes.AddRange((before?.Nodes ?? []).Where(node => !after.TryGet(node.Node, out _))
            .Select(node => comparison.Compare(node.Node, DiffKind.Removed, node, null)));
        var removals = before is null ? [] : RemovalGuard.Removals(PublishedNode.Of(before), after);
        return new FleetDiff(
            nodes.OrderBy(node => node.Node, StringComparer.Ordinal).ToEquatableArray(),
            after.Nodes.Count(node => before is not null && before.TryGet(node.Node, out var old) && old.Digest == node.Digest),
            removals, RemovalGuard.IdOf(removals));
    }
}

/// <summary>One node's changes; units sorted by id. <paramref name="Restarts"/>: workloads that run before and after.</summary>
public sealed record NodeDiff(
    string Node, DiffKind Kind, Digest? Before, Digest? After, EquatableArray<UnitDiff> Units, EquatableArray<UnitId> Restarts)
{
    /// <summary>
    /// What the node reads from the store to follow, in bytes: its bundle and every blob that the bundle before did not name.
    /// Blobs that it still has from elsewhere make it less.
    /// </summary>
    public long FetchBytes { get; init; }

    /// <summary>Images that the bundle before did not name; sorted.</summary>
    public EquatableArray<ImagePull> Images { get; init; }
}

/// <summary>An image a node has to pull. <paramref name="Bytes"/> is null where nobody said how large it is.</summary>
public readonly record struct ImagePull(string Image, long? Bytes);

/// <summary>A unit that comes, changes or goes. <paramref name="From"/> is its old id when it was renamed.</summary>
public sealed record UnitDiff(UnitId Unit, DiffKind Kind, UnitId? From, EquatableArray<FieldDiff> Fields);

/// <summary>
/// One field: its path in the unit (<c>process.env[PORT].value</c>), the old and the new value as JSON, null where it was or
/// will be absent. Contents have <paramref name="Lines"/> instead: a unified diff in which secrets are digests.
/// </summary>
public sealed record FieldDiff(string Path, string? Before, string? After, string? Lines);

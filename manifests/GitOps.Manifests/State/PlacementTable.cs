using System.Collections.Immutable;
using GitOps.Manifests.Kinds;
using GitOps.Manifests.Rules;
using GitOps.Manifests.Targeting;

namespace GitOps.Manifests.State;

/// <summary>
/// What is placed, by what its placement asks for, so that a node is compared with the placements it may match and not with
/// all.
/// </summary>
internal sealed class PlacementTable
{
    private readonly HashSet<Resource> _everywhere = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<string, HashSet<Resource>> _byName = new(StringComparer.Ordinal);
    private readonly Dictionary<LabelPair, HashSet<Resource>> _byLabel = [];

    /// <summary>Selectors without an equality.</summary>
    private readonly HashSet<Resource> _others = new(ReferenceEqualityComparer.Instance);

    /// <summary>What decides on which nodes a resource is, groups included; null for a kind that is on none.</summary>
    public static Placement? Of(Resource resource) => resource is Resource<NodeGroupSpec> group
        ? new Placement.Matching(group.Spec.Selector)
        : Units.PlacementOf(resource);

    public void Add(Resource resource, Placement placement)
    {
        switch (placement)
        {
            case Placement.All:
                _everywhere.Add(resource);
                break;
            case Placement.Nodes(var names):
                foreach (var name in names)
                {
                    Below(_byName, name).Add(resource);
                }

                break;
            case Placement.Matching({ MatchLabels: [var label, ..] }):
                Below(_byLabel, label).Add(resource);
                break;
            default:
                _others.Add(resource);
                break;
        }
    }

    public void Remove(Resource resource, Placement placement)
    {
        switch (placement)
        {
            case Placement.All:
                _everywhere.Remove(resource);
                break;
            case Placement.Nodes(var names):
                foreach (var name in names)
                {
                    Remove(_byName, name, resource);
                }

                break;
            case Placement.Matching({ MatchLabels: [var label, ..] }):
                Remove(_byLabel, label, resource);
                break;
            default:
                _others.Remove(resource);
                break;
        }
    }

    /// <summary>What is on a node, each list sorted by kind and name.</summary>
    public (ImmutableArray<Resource> Units, ImmutableArray<Resource> Groups, ImmutableArray<Resource> Secrets) For(TargetNode node)
    {
        var found = _everywhere.Concat(_byName.GetValueOrDefault(node.Name) ?? [])
            .Concat(node.Labels.All.SelectMany(label => _byLabel.GetValueOrDefault(label) ?? []).Concat(_others)
                .Where(resource => Of(resource) is Placement.Matching(var selector) && selector.Matches(node.Labels)))
            .ToLookup(resource => resource.Kind is ResourceKind.NodeGroup or ResourceKind.Secret ? resource.Kind : ResourceKind.Workload);
        return (Sorted(found[ResourceKind.Workload]), Sorted(found[ResourceKind.NodeGroup]), Sorted(found[ResourceKind.Secret]));
    }

    private static ImmutableArray<Resource> Sorted(IEnumerable<Resource> resources)
    {
        var sorted = resources.ToArray();
        Array.Sort(sorted, ResourceSet.Order);
        return ImmutableArray.Create(sorted);
    }

    private static HashSet<Resource> Below<TKey>(Dictionary<TKey, HashSet<Resource>> index, TKey key)
        where TKey : notnull
    {
        if (!index.TryGetValue(key, out var resources))
        {
            index.Add(key, resources = new(ReferenceEqualityComparer.Instance));
        }

        return resources;
    }

    private static void Remove<TKey>(Dictionary<TKey, HashSet<Resource>> index, TKey key, Resource resource)
        where TKey : notnull
    {
        if (index.TryGetValue(key, out var resources) && resources.Remove(resource) && resources.Count == 0)
        {
            index.Remove(key);
        }
    }
}

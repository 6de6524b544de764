using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using GitOps.Manifests.Kinds;
using GitOps.Manifests.Targeting;

namespace GitOps.Manifests.Rules;

/// <summary>On which nodes each resource is, found once for all rules.</summary>
internal sealed class PlacementTable
{
    private readonly Dictionary<Resource, ImmutableArray<TargetNode>> _nodes = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<(ResourceKind, string), Resource> _byName = [];
    private readonly Dictionary<Resource, HashSet<string>> _names = new(ReferenceEqualityComparer.Instance);

    public PlacementTable(FleetManifest manifest)
    {
        Fleet = manifest;
        foreach (var resource in manifest.All)
        {
            if (Units.PlacementOf(resource) is { } placement)
            {
                _nodes.Add(resource, manifest.NodeIndex.Select(placement));
                _byName.TryAdd((resource.Kind, resource.Name), resource);
            }
        }
    }

    public FleetManifest Fleet { get; }

    /// <summary>Everything that is placed, in the order of files and lines.</summary>
    public IEnumerable<Resource> Placed => Fleet.All.Where(_nodes.ContainsKey);

    public ImmutableArray<TargetNode> NodesOf(Resource resource) => _nodes[resource];

    /// <summary>The resource that a unit of this kind and name is written as.</summary>
    public bool TryGet(string unitKind, string name, [NotNullWhen(true)] out Resource? resource) =>
        _byName.TryGetValue((Units.ResourceKindOf(unitKind), name), out resource);

    public bool IsOn(Resource resource, TargetNode node)
    {
        if (Units.PlacementOf(resource) is Placement.All)
        {
            return true;
        }

        if (!_names.TryGetValue(resource, out var names))
        {
            _names.Add(resource, names = _nodes[resource].Select(n => n.Name).ToHashSet(StringComparer.Ordinal));
        }

        return names.Contains(node.Name);
    }
}

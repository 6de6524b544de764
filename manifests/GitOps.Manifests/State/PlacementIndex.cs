using System.Collections.Immutable;
using System.Diagnostics;
using GitOps.Manifests.Kinds;
using GitOps.Manifests.Targeting;

namespace GitOps.Manifests.State;

/// <summary>
/// What is on which node, both ways: from a resource to its nodes by the labels of the nodes, from a node to its resources
/// by what their placements ask for. A change of either costs what it touches.
/// </summary>
internal sealed class PlacementIndex
{
    private readonly ResourceSets _sets = new();
    private readonly Dictionary<string, PlacedNode> _nodes = new(StringComparer.Ordinal);
    private readonly Dictionary<LabelPair, HashSet<string>> _byLabel = [];
    private readonly PlacementTable _placements = new();
    private readonly Dictionary<Resource, int> _counts = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<Resource> _nowhere = new(ReferenceEqualityComparer.Instance);

    public IReadOnlyDictionary<string, PlacedNode> Nodes => _nodes;

    /// <summary>Placed resources and groups that are on no node.</summary>
    public IReadOnlyCollection<Resource> Nowhere => _nowhere;

    /// <summary>Adds or removes nodes.</summary>
    /// <param name="touched">Collects the nodes on which something is not as it was.</param>
    public void Apply(IReadOnlyList<ResourceChange> nodes, HashSet<string> touched, int parallelism)
    {
        var next = new (TargetNode Target, ImmutableArray<Resource> Units, ImmutableArray<Resource> Groups, ImmutableArray<Resource> Secrets)?[nodes.Count];
        // Each writes its own place: what comes first does not show.
        Parallel.For(0, next.Length, new ParallelOptions { MaxDegreeOfParallelism = next.Length < 64 ? 1 : parallelism }, i =>
        {
            if (nodes[i].Next is Resource<EdgeNodeSpec> node)
            {
                var target = new TargetNode(node, NodeLabels.Of(node));
                var (units, groups, secrets) = _placements.For(target);
                next[i] = (target, units, groups, secrets);
            }
        });
        for (var i = 0; i < next.Length; i++)
        {
            touched.Add(nodes[i].Name);
            if (nodes[i].Old is not null)
            {
                var gone = _nodes[nodes[i].Name];
                _nodes.Remove(nodes[i].Name);
                Index(gone.Target, isThere: false);
                Use(gone, -1);
            }

            if (next[i] is var (target, units, groups, secrets))
            {
                Index(target, isThere: true);
                Use(_nodes[target.Name] = new PlacedNode(target, _sets.Of(units), _sets.Of(groups), _sets.Of(secrets)), +1);
            }
        }
    }

    /// <summary>Adds or removes what a resource that is no node puts on nodes.</summary>
    /// <param name="touched">Collects the nodes on which something is not as it was.</param>
    public void Apply(ResourceChange change, HashSet<string> touched)
    {
        if (change.Old is { } old && PlacementTable.Of(old) is { } was)
        {
            _placements.Remove(old, was);
            _counts.Remove(old);
            _nowhere.Remove(old);
            Move(old, was, touched, _sets.Without);
        }

        if (change.Next is { } next && PlacementTable.Of(next) is { } placement)
        {
            _placements.Add(next, placement);
            Count(next, Move(next, placement, touched, _sets.With));
        }
    }

    public void Settle() => _sets.Settle();

    /// <summary>The names of the nodes a placement selects, in no order.</summary>
    public IReadOnlyCollection<string> Select(Placement placement) => placement switch
    {
        Placement.All => _nodes.Keys,
        Placement.Nodes(var names) => [.. names.Distinct(StringComparer.Ordinal).Where(_nodes.ContainsKey)],
        Placement.Matching(var selector) => [.. Candidates(selector).Where(name => selector.Matches(_nodes[name].Target.Labels))],
        _ => throw new UnreachableException(placement.ToString()),
    };

    public IReadOnlyCollection<string> OfSite(string site) => Labelled(new(NodeLabels.Site, site));

    private void Use(PlacedNode node, int by)
    {
        foreach (var set in (ReadOnlySpan<ResourceSet>)[node.Units, node.Groups, node.Secrets])
        {
            if (by > 0)
            {
                ResourceSets.Use(set);
            }
            else
            {
                _sets.Release(set);
            }

            foreach (var resource in set.Items)
            {
                Count(resource, by);
            }
        }
    }

    private void Count(Resource resource, int by)
    {
        var count = _counts[resource] = _counts.GetValueOrDefault(resource) + by;
        if (count == 0)
        {
            _nowhere.Add(resource);
        }
        else
        {
            _nowhere.Remove(resource);
        }
    }

    private int Move(Resource resource, Placement placement, HashSet<string> touched, Func<ResourceSet, Resource, ResourceSet> move)
    {
        var names = Select(placement);
        names = placement is Placement.All ? [.. names] : names; // the dictionary it looks at is about to change
        foreach (var name in names)
        {
            var node = _nodes[name];
            touched.Add(name);
            var old = Part(node, resource.Kind);
            var next = move(old, resource);
            ResourceSets.Use(next);
            _sets.Release(old);
            _nodes[name] = resource.Kind switch
            {
                ResourceKind.NodeGroup => node with { Groups = next },
                ResourceKind.Secret => node with { Secrets = next },
                _ => node with { Units = next },
            };
        }

        return names.Count;
    }

    private static ResourceSet Part(PlacedNode node, ResourceKind kind) => kind switch
    {
        ResourceKind.NodeGroup => node.Groups,
        ResourceKind.Secret => node.Secrets,
        _ => node.Units,
    };

    private void Index(TargetNode node, bool isThere)
    {
        foreach (var label in node.Labels.All)
        {
            // One list for each node's own name would hold no more than the nodes do.
            if (label.Key == NodeLabels.Node)
            {
                continue;
            }

            if (!_byLabel.TryGetValue(label, out var names))
            {
                _byLabel.Add(label, names = new(StringComparer.Ordinal));
            }

            if (isThere)
            {
                names.Add(node.Name);
            }
            else if (names.Remove(node.Name) && names.Count == 0)
            {
                _byLabel.Remove(label);
            }
        }
    }

    /// <summary>The fewest nodes that one of the selector's equalities leaves.</summary>
    private IReadOnlyCollection<string> Candidates(LabelSelector selector)
    {
        IReadOnlyCollection<string> fewest = _nodes.Keys;
        foreach (var label in selector.MatchLabels)
        {
            var names = Labelled(label);
            fewest = names.Count < fewest.Count ? names : fewest;
        }

        return fewest;
    }

    private HashSet<string> Labelled(LabelPair label) => label.Key == NodeLabels.Node
        ? _nodes.ContainsKey(label.Value) ? [label.Value] : []
        : _byLabel.TryGetValue(label, out var names) ? names : [];
}

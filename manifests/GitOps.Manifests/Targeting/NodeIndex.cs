using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Diagnostics;
using GitOps.Manifests.Kinds;

namespace GitOps.Manifests.Targeting;

/// <summary>One node as placement sees it.</summary>
public sealed record TargetNode(Resource<EdgeNodeSpec> Resource, NodeLabels Labels)
{
    public string Name => Resource.Name;
}

/// <summary>
/// The nodes of a fleet by name and by label. A selection begins with the shortest list that one of its equalities
/// offers, so that ten thousand selectors over ten thousand nodes do not look at every pair.
/// </summary>
public sealed class NodeIndex
{
    private readonly FrozenDictionary<string, TargetNode> _byName;
    private readonly Dictionary<LabelPair, List<TargetNode>> _byLabel = [];

    public NodeIndex(IEnumerable<Resource<EdgeNodeSpec>> nodes)
    {
        Nodes = [.. nodes.Select(node => new TargetNode(node, NodeLabels.Of(node))).OrderBy(n =>
            n.Name, StringComparer.Ordinal)];
        _byName = Nodes.ToFrozenDictionary(node => node.Name, StringComparer.Ordinal);
        foreach (var node in Nodes)
        {
            foreach (var label in node.Labels.All)
            {
                if (!_byLabel.TryGetValue(label, out var list))
                {
                    _byLabel.Add(label, list = []);
                }

                list.Add(node);
            }
        }
    }

    /// <summary>Sorted by name (ordinal).</summary>
    public ImmutableArray<TargetNode> Nodes { get; }

    public TargetNode? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>
    /// The nodes a placement names, sorted by name. Names that are no node are left out: they have a finding.
    /// </summary>
    public ImmutableArray<TargetNode> Select(Placement placement) => placement switch
    {
        Placement.All => Nodes,
        Placement.Matching(var selector) => Select(selector),
        Placement.Nodes(var names) => [.. names.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)
            .Select(Find).OfType<TargetNode>()],
        _ => throw new UnreachableException(placement.ToString()),
    };

    /// <summary>The nodes a selector matches, sorted by name.</summary>
    public ImmutableArray<TargetNode> Select(LabelSelector selector)
    {
        IReadOnlyList<TargetNode> candidates = Nodes;
        foreach (var label in selector.MatchLabels)
        {
            if (!_byLabel.TryGetValue(label, out var list))
            {
                return [];
            }

            candidates = list.Count < candidates.Count ? list : candidates;
        }

        var selected = ImmutableArray.CreateBuilder<TargetNode>();
        foreach (var node in candidates)
        {
            if (selector.Matches(node.Labels))
            {
                selected.Add(node);
            }
        }

        return selected.DrainToImmutable();
    }
}

using GitOps.Manifests;

namespace GitOps.Reconciler.Compile;

/// <summary>Says once what is wrong on many nodes: which is the first, and how many more.</summary>
internal sealed class FindingFold
{
    private readonly Dictionary<Finding, (string First, int Count)> _byFinding = [];

    /// <summary>Nodes are given in the order of their names.</summary>
    public void Add(string node, IEnumerable<Finding> findings)
    {
        foreach (var finding in findings)
        {
            _byFinding[finding] = _byFinding.TryGetValue(finding, out var seen) ? (seen.First, seen.Count + 1) : (node, 1);
        }
    }

    public IEnumerable<Finding> Folded() => _byFinding.Select(pair => pair.Key with
    {
        What = pair.Value.Count switch
        {
            1 => $"{pair.Key.What} (on node {pair.Value.First})",
            2 => $"{pair.Key.What} (on node {pair.Value.First} and 1 more node)",
            var count => $"{pair.Key.What} (on node {pair.Value.First} and {count - 1} more nodes)",
        },
    });
}

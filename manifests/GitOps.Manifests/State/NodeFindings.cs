namespace GitOps.Manifests.State;

/// <summary>
/// What is wrong on which nodes: each thing once, with the nodes it is wrong on. Setting what holds for a node costs what
/// was and is wrong there.
/// </summary>
/// <typeparam name="T">What is wrong, compared by value; where it names the node, <see cref="NodeFindings.Node"/> stands for it.</typeparam>
public sealed class NodeFindings<T>
    where T : IEquatable<T>
{
    private readonly Dictionary<string, IReadOnlyList<T>> _byNode = new(StringComparer.Ordinal);
    private readonly Dictionary<T, SortedSet<string>> _nodes = [];

    /// <summary>Each thing with the first node by name, and on how many nodes it is.</summary>
    public IEnumerable<(T What, string First, int Nodes)> All =>
        _nodes.Select(entry => (entry.Key, entry.Value.Min!, entry.Value.Count));

    /// <summary>Whether nothing is wrong anywhere.</summary>
    public bool IsEmpty => _nodes.Count == 0;

    /// <summary>What is wrong on a node from here on, in place of what was.</summary>
    public void Set(string node, IReadOnlyList<T> findings)
    {
        if (_byNode.Remove(node, out var before))
        {
            foreach (var finding in before)
            {
                if (_nodes.TryGetValue(finding, out var nodes) && nodes.Remove(node) && nodes.Count == 0)
                {
                    _nodes.Remove(finding);
                }
            }
        }

        if (findings.Count == 0)
        {
            return;
        }

        _byNode.Add(node, findings);
        foreach (var finding in findings)
        {
            if (!_nodes.TryGetValue(finding, out var nodes))
            {
                _nodes.Add(finding, nodes = new(StringComparer.Ordinal));
            }

            nodes.Add(node);
        }
    }
}

/// <summary>How a finding names a node before it is known which.</summary>
public static class NodeFindings
{
    /// <summary>Stands for the name of the node; cannot be in one.</summary>
    public const string Node = "\0";

    /// <summary>The finding as it reads on a node.</summary>
    public static Finding On(this Finding finding, string node) =>
        finding with { What = finding.What.Replace(Node, node, StringComparison.Ordinal) };
}

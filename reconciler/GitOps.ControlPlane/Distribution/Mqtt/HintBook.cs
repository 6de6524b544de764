using System.Collections.Concurrent;

namespace GitOps.ControlPlane.Distribution.Mqtt;

/// <summary>The generation each node's pointer has: what a retained hint says. Never goes back. Thread-safe.</summary>
public sealed class HintBook
{
    private readonly ConcurrentDictionary<string, long> _generations = new(StringComparer.Ordinal);

    public void Set(string node, long generation) =>
        _generations.AddOrUpdate(node, generation, (_, before) => Math.Max(before, generation));

    /// <summary>Null for a node without a pointer.</summary>
    public long? Of(string node) => _generations.TryGetValue(node, out var generation) ? generation : null;

    /// <summary>Every node with a pointer.</summary>
    public IReadOnlyCollection<string> Nodes => [.. _generations.Keys];
}

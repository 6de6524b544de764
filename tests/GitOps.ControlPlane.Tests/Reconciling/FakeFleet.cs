using System.Collections.Concurrent;
using GitOps.Bundles.Reports;
using GitOps.ControlPlane.Reconciling;
using GitOps.ControlPlane.Store;
using GitOps.Reconciler.Rollouts;

namespace GitOps.ControlPlane.Tests.Reconciling;

/// <summary>Nodes that say what the test tells them to.</summary>
internal sealed class FakeFleet : IFleetStatusSource
{
    private readonly ConcurrentDictionary<string, NodeStatus> _nodes = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, NodeStatus> Nodes => _nodes;

    public long HighestGeneration => _nodes.Values.Select(node => node.SeenGeneration).DefaultIfEmpty().Max();

    public event Action? Changed;

    public event Action<string>? NodeChanged;

    public NodeStatus? Find(string node) => _nodes.GetValueOrDefault(node);

    public void Online(params string[] nodes)
    {
        foreach (var node in nodes)
        {
            Report(node, NodeStatus.Silent(online: true));
        }
    }

    /// <summary>The node runs what it is pointed at, and well; it follows no device.</summary>
    public void Converge(ContentStore store, string node)
    {
        var pointer = store.PointerOf(node)!;
        Report(node, new NodeStatus
        {
            Online = true,
            Generation = pointer.Generation,
            Bundle = pointer.Bundle,
            SeenGeneration = pointer.Generation,
            Phase = NodePhase.Converged,
            Devices = [],
        });
    }

    /// <summary>The node gave up what it is pointed at.</summary>
    public void GiveUp(ContentStore store, string node, string reason)
    {
        var pointer = store.PointerOf(node)!;
        Report(node, new NodeStatus
        {
            Online = true,
            SeenGeneration = pointer.Generation,
            Phase = NodePhase.Failed,
            Quarantined = [new QuarantineReport(pointer.Bundle!.Value, reason)],
        });
    }

    public void Report(string node, NodeStatus status)
    {
        _nodes[node] = status;
        NodeChanged?.Invoke(node);
        Changed?.Invoke();
    }
}

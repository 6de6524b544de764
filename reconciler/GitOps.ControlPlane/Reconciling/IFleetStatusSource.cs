using GitOps.Reconciler.Rollouts;

namespace GitOps.ControlPlane.Reconciling;

/// <summary>What nodes report, as far as a rollout needs it. Thread-safe.</summary>
public interface IFleetStatusSource
{
    /// <summary>The last report of each node anything was ever heard of, by node; one may poll and never report.</summary>
    IReadOnlyDictionary<string, NodeStatus> Nodes { get; }

    /// <summary>The last report of a node; null when it never reported.</summary>
    NodeStatus? Find(string node);

    /// <summary>The highest generation any node reported to have seen; 0 when none did. A new one must be above it.</summary>
    long HighestGeneration { get; }

    /// <summary>Something above changed. Raised from any thread and as often as one likes: the reconciler looks once.</summary>
    event Action? Changed;

    /// <summary>The last report of this node is another one. Raised like <see cref="Changed"/>.</summary>
    event Action<string>? NodeChanged;
}

using GitOps.Bundles;
using GitOps.Reconciler.Rollouts;

namespace GitOps.ControlPlane.Reconciling;

/// <summary>Where the reconciler stands: what the API, the CLI and the dashboard show. Immutable; replaced as a whole.</summary>
public sealed record ReconcilerStatus
{
    /// <summary>The revision nodes are on or on their way to; null before the first.</summary>
    public string? PublishedRevision { get; init; }

    /// <summary>The newest revision seen and what became of it.</summary>
    public RevisionRecord? Seen { get; init; }

    /// <summary>The highest generation opened to a node; 0 before the first.</summary>
    public long Generation { get; init; }

    /// <summary>How far the published revision is rolled out.</summary>
    public RolloutState? Rollout { get; init; }

    /// <summary>Nodes that keep what they have for now, and what that waits for.</summary>
    public EquatableArray<RolloutHold> Holds { get; init; }

    /// <summary>When the repository was last reached.</summary>
    public DateTimeOffset? FetchedAt { get; init; }

    /// <summary>What keeps the reconciler from its work now: the repository, the mirror or the store.</summary>
    public Problem? Problem { get; init; }
}

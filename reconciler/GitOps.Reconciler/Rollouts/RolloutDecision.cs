using GitOps.Bundles;

namespace GitOps.Reconciler.Rollouts;

/// <summary>
/// What to do now. The shell keeps <see cref="Next"/> first and then publishes <see cref="Open"/> under one new generation; when
/// it dies in between, planning again decides to open the same nodes.
/// </summary>
/// <param name="Open">Nodes to point at their target now, sorted by name.</param>
/// <param name="Holds">Nodes that are not opened yet and what that waits for, sorted by name.</param>
public sealed record RolloutDecision(
    RolloutState Next, EquatableArray<string> Open, EquatableArray<RolloutHold> Holds)
{
    /// <summary>A node waits for another one's report that it let go of a device.</summary>
    public bool AwaitsRelease { get; init; }
}

/// <summary>A node that keeps its old bundle for now: what is waited for, and what would end the wait.</summary>
public sealed record RolloutHold(string Node, string What, string Until);

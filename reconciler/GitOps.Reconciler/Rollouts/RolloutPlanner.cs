using System.Diagnostics;
using GitOps.Bundles;
using GitOps.Bundles.Reports;
using GitOps.Manifests;
using GitOps.Manifests.Kinds;

namespace GitOps.Reconciler.Rollouts;

/// <summary>
/// Decides who goes when: one canary, its health awaited, then the rest; or everybody at once. Nodes that are offline block
/// nobody, nodes that are suspended or were taken out of the fleet are never opened. Planning again with nothing changed decides nothing new.
/// </summary>
public static class RolloutPlanner
{
    /// <summary>A canary nothing was heard of for so long is passed over, when another node is there that reports.</summary>
    public static readonly TimeSpan OfflineLimit = TimeSpan.FromMinutes(2);

    /// <summary>
    /// The most that one look at the canary adds to its time. The planner has to be asked at least that often; while the
    /// control plane was down, nothing was seen and nothing counts.
    /// </summary>
    public static readonly TimeSpan LongestStep = TimeSpan.FromSeconds(30);

    /// <summary>A rollout of the revision from its beginning; it replaces any that still runs.</summary>
    public static RolloutState Begin(string revision) => new() { Revision = revision };

    /// <param name="state">What was decided before.</param>
    /// <param name="policy">Of the revision that is rolled out.</param>
    /// <param name="manifest">The revision: its labels, for a canary that is chosen by selector.</param>
    /// <param name="nodes">All nodes of the revision, in any order.</param>
    /// <param name="now">Only differences between calls count.</param>
    public static RolloutDecision Plan(
        RolloutState state, RolloutPolicy policy, FleetManifest manifest, IEnumerable<RolloutNode> nodes, DateTimeOffset now)
    {
        var fleet = nodes.OrderBy(node => node.Node, StringComparer.Ordinal).ToList();
        return state.Phase switch
        {
            RolloutPhase.Stopped => Keep(state, fleet),
            RolloutPhase.Open => Open(state, fleet),
            RolloutPhase.Canary when policy.Strategy == RolloutStrategy.AllAtOnce => Open(state, fleet),
            RolloutPhase.Canary => new CanaryStep(state, policy, manifest, fleet, now).Decide(),
            _ => throw new UnreachableException($"{state.Phase}"),
        };
    }

    /// <summary>The node runs what it is pointed at, and says that it is well.</summary>
    public static bool IsHealthy(RolloutNode node) =>
        node is { Pointer: { } pointer, Status: { Phase: NodePhase.Converged } status } &&
        status.Bundle == node.Target && pointer.Bundle == node.Target && status.Generation >= pointer.Generation;

    internal static RolloutDecision Open(RolloutState state, IReadOnlyList<RolloutNode> fleet) => new(
        state with { Phase = RolloutPhase.Open, Canary = null, PassedOver = [] },
        fleet.Where(IsPending).Select(node => node.Node).ToEquatableArray(),
        fleet.Where(node => !node.IsOpened && node.IsPaused).Select(PausedHold).ToEquatableArray());

    internal static bool IsPending(RolloutNode node) => !node.IsOpened && !node.IsPaused;

    internal static RolloutHold PausedHold(RolloutNode node) => node.IsRemoved
        ? new RolloutHold(node.Node, "it was taken out of the fleet", Until: $"'gitops node add {node.Node}' gives it a new identity")
        : new RolloutHold(node.Node, $"it is suspended: {node.Suspended}", Until: "'suspend' is taken out of Git");

    internal static RolloutDecision Keep(RolloutState state, IReadOnlyList<RolloutNode> fleet) => new(state, [],
        fleet.Where(node => !node.IsOpened).Select(node => node.IsPaused
            ? PausedHold(node)
            : new RolloutHold(node.Node, $"the rollout stopped at {state.Stop!.Node}: {state.Stop.Problem.What}", Until: "a new revision"))
            .ToEquatableArray());
}

using System.Diagnostics;
using GitOps.Bundles;
using GitOps.Bundles.Reports;
using GitOps.Manifests;
using GitOps.Manifests.Kinds;

namespace GitOps.Reconciler.Rollouts;

/// <summary>
/// Decides who goes when: one canary, its health awaited, then the rest; or everybody at once. Nodes that are offline block
/// nobody, nodes that are suspended or were taken out of the fleet are never opened, and none is before the devices it gains
/// are free (<see cref="DeviceMoves"/>). Planning again with nothing changed decides nothing new.
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
    /// <param name="leaving">Devices that other nodes have to let go of, as <see cref="DeviceMoves.After"/> says.</param>
    public static RolloutState Begin(string revision, EquatableArray<DeviceLeave> leaving = default) =>
        new() { Revision = revision, Leaving = leaving };

    /// <param name="state">What was decided before.</param>
    /// <param name="policy">Of the revision that is rolled out.</param>
    /// <param name="manifest">The revision: its labels, for a canary that is chosen by selector.</param>
    /// <param name="nodes">Nodes of the revision in any order; those that are opened and named nowhere in the state may be left out.</param>
    /// <param name="now">Only differences between calls count.</param>
    public static RolloutDecision Plan(
        RolloutState state, RolloutPolicy policy, FleetManifest manifest, IEnumerable<RolloutNode> nodes, DateTimeOffset now)
    {
        var fleet = nodes.OrderBy(node => node.Node, StringComparer.Ordinal).ToList();
        if (!state.Leaving.IsEmpty)
        {
            var leaving = DeviceMoves.Remaining(state.Leaving, fleet);
            state = state with { Leaving = leaving };
            fleet = fleet.ConvertAll(node => node.Awaits.IsEmpty ? node : node with { Awaits = node.Awaits.Where(leaving.Contains).ToEquatableArray() });
        }

        var decision = Decide(state, policy, manifest, fleet, now);
        return decision with
        {
            Next = decision.Next with
            {
                Leaving = DeviceMoves.Without(decision.Next.Leaving, fleet.Where(node => decision.Open.Contains(node.Node))),
            },
            AwaitsRelease = fleet.Any(node => !node.IsOpened && !node.Awaits.IsEmpty),
        };
    }

    private static RolloutDecision Decide(
        RolloutState state, RolloutPolicy policy, FleetManifest manifest, List<RolloutNode> fleet, DateTimeOffset now) => state.Phase switch
        {
            RolloutPhase.Stopped => Keep(state, fleet),
            RolloutPhase.Open => Open(state, fleet),
            RolloutPhase.Canary when policy.Strategy == RolloutStrategy.AllAtOnce => Open(state, fleet),
            RolloutPhase.Canary => new CanaryStep(state, policy, manifest, fleet, now).Decide(),
            _ => throw new UnreachableException($"{state.Phase}"),
        };

    /// <summary>The node runs what it is pointed at, and says that it is well.</summary>
    public static bool IsHealthy(RolloutNode node) =>
        node is { Pointer: { } pointer, Status: { Phase: NodePhase.Converged } status } &&
        status.Bundle == node.Target && pointer.Bundle == node.Target && status.Generation >= pointer.Generation;

    internal static RolloutDecision Open(RolloutState state, IReadOnlyList<RolloutNode> fleet) => new(
        state with { Phase = RolloutPhase.Open, Canary = null, PassedOver = [] },
        fleet.Where(IsPending).Select(node => node.Node).ToEquatableArray(),
        fleet.Where(node => !node.IsOpened && !IsPending(node)).Select(node => OwnHold(node, fleet)!).ToEquatableArray());

    internal static bool IsPending(RolloutNode node) => !node.IsOpened && !node.IsPaused && node.Awaits.IsEmpty;

    /// <summary>What the node itself waits for; null when only its turn.</summary>
    internal static RolloutHold? OwnHold(RolloutNode node, IReadOnlyList<RolloutNode> fleet) =>
        node.IsPaused ? PausedHold(node) : node.Awaits.IsEmpty ? null : DeviceMoves.Hold(node, fleet);

    private static RolloutHold PausedHold(RolloutNode node) => node.IsRemoved
        ? new RolloutHold(node.Node, "it was taken out of the fleet", Until: $"'gitops node add {node.Node}' gives it a new identity")
        : new RolloutHold(node.Node, $"it is suspended: {node.Suspended}", Until: "'suspend' is taken out of Git");

    internal static RolloutDecision Keep(RolloutState state, IReadOnlyList<RolloutNode> fleet) => new(state, [],
        fleet.Where(node => !node.IsOpened).Select(node => OwnHold(node, fleet)
            ?? new RolloutHold(node.Node, $"the rollout stopped at {state.Stop!.Node}: {state.Stop.Problem.What}", Until: "a new revision"))
            .ToEquatableArray());
}

using System.Diagnostics;
using GitOps.Bundles;
using GitOps.Bundles.Reports;
using GitOps.Manifests;
using GitOps.Manifests.Kinds;
using GitOps.Reconciler.Guards;

namespace GitOps.Reconciler.Rollouts;

/// <summary>One decision while the canary's health is awaited.</summary>
internal sealed class CanaryStep(
    RolloutState state, RolloutPolicy policy, FleetManifest manifest, IReadOnlyList<RolloutNode> fleet, DateTimeOffset now)
{
    public RolloutDecision Decide()
    {
        // Canaries that were passed over have the new bundle too: what they say when they return counts just the same.
        var tried = fleet.Where(node => node.IsOpened && (state.PassedOver.Contains(node.Node) || state.Canary?.Node == node.Node));
        foreach (var node in tried)
        {
            if (GaveUp(node) is { } problem)
            {
                return Stop(node, problem);
            }

            if (RolloutPlanner.IsHealthy(node))
            {
                return RolloutPlanner.Open(state, fleet);
            }
        }

        if (!fleet.Any(RolloutPlanner.IsPending) && state.Canary is null)
        {
            return RolloutPlanner.Open(state, fleet);
        }

        return state.Canary is { } watch && fleet.FirstOrDefault(node => Same(node, watch)) is { } canary
            ? Await(canary, watch)
            : Choose(state with { Canary = null });
    }

    private RolloutDecision Await(RolloutNode canary, CanaryWatch watch)
    {
        if (canary.IsPaused && !canary.IsOpened)
        {
            return Choose(state with { Canary = null });
        }

        watch = Advance(watch, canary);
        var next = state with { Canary = watch };
        if (watch.UnhealthyMs >= (long)policy.HealthTimeout.TotalMilliseconds)
        {
            return Stop(canary, Unhealthy(canary));
        }

        // Never from one that does not report to the next: step by step the whole fleet would be opened, and no health seen.
        return watch.OfflineMs >= (long)RolloutPlanner.OfflineLimit.TotalMilliseconds &&
            Candidates(canary.Node).Any(node => node.Status!.IsHeard)
            ? Choose(next with { Canary = null, PassedOver = PassOver(canary.Node) })
            : Decision(next, open: canary);
    }

    /// <summary>
    /// Opens the first candidate; waits when none is online. That blocks nobody who is there, and whoever returns first goes
    /// first: opened to all of them now, a bad revision would meet a whole fleet that comes back after a cut.
    /// </summary>
    private RolloutDecision Choose(RolloutState next)
    {
        if (Candidates(except: null).FirstOrDefault() is not { } canary)
        {
            return Decision(next, open: null);
        }

        // A bundle the node gave up before would be refused again.
        return GaveUp(canary) is { } problem
            ? Stop(canary, problem)
            : Decision(next with { Canary = Advance(new(canary.Node, canary.Target, now, false, 0, 0), canary) }, canary);
    }

    private RolloutDecision Decision(RolloutState next, RolloutNode? open)
    {
        var (what, until) = Wait(open);
        var holds = fleet
            .Where(node => !node.IsOpened && node.Node != open?.Node)
            .Select(node => RolloutPlanner.OwnHold(node, fleet) ?? new RolloutHold(node.Node, what, until));
        return new RolloutDecision(next, open is { IsOpened: false } ? [open.Node] : [], holds.ToEquatableArray());
    }

    /// <summary>What the nodes that are not opened wait for, and what would end it.</summary>
    private static (string What, string Until) Wait(RolloutNode? canary) => canary switch
    {
        null => ("a canary, and none of the nodes that change is online",
            "one of them is: it goes first, and the others when it is healthy"),
        { Status: null or { Online: false } } => ($"the canary {canary.Node}, which is offline",
            $"{canary.Node} is back and healthy with its new bundle, or another node that changes is online and goes first"),
        { Status.Phase: null } => ($"the canary {canary.Node}, which polls and has not reported",
            $"{canary.Node} reports that it is healthy: look why its reports do not arrive; a fleet that cannot report needs " +
            "Fleet.spec.rollout.strategy: allAtOnce"),
        _ => ($"the canary {canary.Node}", $"{canary.Node} is healthy with its new bundle"),
    };

    /// <summary>
    /// Changed nodes that are online: those that report first, of them the one or those the policy names, then by name. Never
    /// one that was tried.
    /// </summary>
    private IEnumerable<RolloutNode> Candidates(string? except) => fleet
        .Where(node => RolloutPlanner.IsPending(node) && node.Status is { Online: true } && node.Node != except)
        .OrderByDescending(node => node.Status!.IsHeard)
        .ThenByDescending(IsPreferred);

    private bool IsPreferred(RolloutNode node) => policy.Canary switch
    {
        null => false,
        CanaryChoice.Node(var name) => node.Node == name,
        CanaryChoice.Matching(var selector) => manifest.NodeIndex.Find(node.Node) is { } target && selector.Matches(target.Labels),
        _ => throw new UnreachableException(policy.Canary.ToString()),
    };

    private CanaryWatch Advance(CanaryWatch watch, RolloutNode canary)
    {
        var step = (long)Math.Clamp((now - watch.At).TotalMilliseconds, 0, RolloutPlanner.LongestStep.TotalMilliseconds);
        // Saying nothing is no sign against the bundle, and neither is waiting: that is the environment's doing (network, disk,
        // clock, a gate).
        var heard = canary.Status is { IsHeard: true };
        var counting = heard && canary.Status!.Phase != NodePhase.Waiting;
        return watch with
        {
            At = now,
            Counting = counting,
            UnhealthyMs = watch.UnhealthyMs + (counting && watch.Counting ? step : 0),
            OfflineMs = heard ? 0 : watch.OfflineMs + step,
        };
    }

    private EquatableArray<string> PassOver(string node) =>
        state.PassedOver.Append(node).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToEquatableArray();

    private RolloutDecision Stop(RolloutNode node, Problem problem) => RolloutPlanner.Keep(
        state with { Phase = RolloutPhase.Stopped, Canary = null, Stop = new RolloutStop(node.Node, problem.Code, problem.What, problem.Fix) }, fleet);

    private static bool Same(RolloutNode node, CanaryWatch watch) => node.Node == watch.Node && node.Target == watch.Bundle;

    /// <summary>Null unless the node says that it will not run the target.</summary>
    private static Problem? GaveUp(RolloutNode node)
    {
        foreach (var quarantined in node.Status?.Quarantined ?? [])
        {
            if (quarantined.Bundle == node.Target)
            {
                var unit = quarantined.Unit is { } id ? $"{id}: " : "";
                return Failed(node, $"{unit}{quarantined.Reason}");
            }
        }

        // A failure counts only once the node has seen the pointer: before that it speaks of an older bundle.
        return node is { IsOpened: true, Status: { Phase: NodePhase.Failed } status } && status.SeenGeneration >= node.Pointer!.Generation
            ? Failed(node, "its report gives no reason")
            : null;
    }

    private static Problem Failed(RolloutNode node, string reason) => new(PublishCodes.CanaryFailed,
        What: $"{node.Node} gave the new bundle up and is back on its last good one: {reason}",
        Fix: "correct the cause and push, or revert the commit");

    private Problem Unhealthy(RolloutNode node) => new(PublishCodes.CanaryUnhealthy,
        What: $"{node.Node} was not healthy within {policy.HealthTimeout.TotalSeconds:0.###} s of being online; " +
            $"it last said {(node.Status?.Phase is { } phase ? phase.ToString().ToLowerInvariant() : "nothing")}",
        Fix: $"see what {node.Node} waits for ('gitops status {node.Node}'); correct it and push, or give it longer with " +
            "Fleet.spec.rollout.healthTimeout");
}

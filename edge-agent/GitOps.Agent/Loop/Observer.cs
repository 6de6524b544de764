using GitOps.Agent.Generations;
using GitOps.Agent.Planning;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Loop;

/// <summary>
/// Looks at every unit of a graph, side by side and each within a limit: a driver that hangs or fails costs what it was asked
/// about and nothing else.
/// </summary>
internal sealed class Observer(
    IReadOnlyDictionary<string, IUnitKind> kinds, Func<UnitId, bool> isRunning, TimeSpan limit, TimeProvider time)
{
    public async Task<IReadOnlyDictionary<BranchKey, Sighting>> ObserveAsync(
        UnitGraph graph, Bundle target, IReadOnlyDictionary<UnitId, Problem> forbidden, DurableState state, PlanContext context,
        CancellationToken cancellationToken)
    {
        var removals = graph.Nodes.Where(n => n.Kind == BranchKind.Remove).Select(n => n.Id).ToHashSet();
        // What makes room first is planned anew once it is gone.
        var nodes = graph.Nodes.Where(n => n.Kind == BranchKind.Remove || !removals.Contains(n.Id)).ToList();
        var seen = new Dictionary<BranchKey, Sighting>();
        // Workloads come last: a full volume stops those that require it.
        foreach (var group in nodes.GroupBy(n => n.Id.Kind == UnitKinds.Workload).OrderBy(g => g.Key))
        {
            var looks = group.Select(async node => (node, node.Kind == BranchKind.Apply && forbidden.TryGetValue(node.Id, out var problem)
                ? new Sighting.Forbidden(problem)
                : await LookAsync(node, target, state, context, seen, cancellationToken)));
            foreach (var (node, sighting) in await Task.WhenAll(looks.ToList()))
            {
                seen[node] = sighting;
            }
        }

        return seen;
    }

    private async Task<Sighting> LookAsync(
        BranchKey node, Bundle target, DurableState state, PlanContext context,
        Dictionary<BranchKey, Sighting> before, CancellationToken cancellationToken)
    {
        if (isRunning(node.Id))
        {
            return new Sighting.Busy("being changed");
        }

        if (!kinds.TryGetValue(node.Id.Kind, out var kind))
        {
            return new Sighting.Unknown(new Problem(AgentCodes.ObserveFailed,
                What: $"{node.Id} is of a kind this build has no driver for", Fix: "install the full agent"));
        }

        var desired = node.Kind == BranchKind.Apply ? PassPlanner.Find(target, node.Id) : null;
        var own = desired is null
            ? context with { Departure = state.DepartureOf(node.Id) }
            : context with { Stop = WhyStop(desired, target, before) };
        using var deadline = new CancellationTokenSource(limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            var plan = kind.PlanAsync(desired, state.FindOwned(node.Id)?.Current, own, either.Token).AsTask();
            // Some drivers wait in calls that cannot be cancelled: the limit holds for those too.
            return new Sighting.Seen(await plan.WaitAsync(either.Token));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new Sighting.Unknown(new Problem(AgentCodes.ObserveFailed,
                What: $"{node.Id} could not be looked at within {limit.TotalSeconds} s", Fix: "the agent's log has what it waits for"));
        }
        catch (IOException e)
        {
            return new Sighting.Unknown(new Problem(AgentCodes.ObserveFailed,
                What: $"{node.Id} could not be looked at: {e.Message}", Fix: "check the disk of this node"));
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return new Sighting.Unknown(new Problem(AgentCodes.Bug,
                What: $"{node.Id}: {e.GetType().Name}: {e.Message}", Fix: "report it with the agent's log"));
        }
    }

    private static Hold? WhyStop(Unit desired, Bundle target, Dictionary<BranchKey, Sighting> before)
    {
        foreach (var required in desired.Requires)
        {
            if (PassPlanner.Find(target, required) is { Spec: VolumeSpec { OnFull: OnFull.Refuse } } &&
                before.TryGetValue(new BranchKey(required, BranchKind.Apply), out var sighting) &&
                sighting is Sighting.Seen { Plan.Status: UnitStatus.Unhealthy(var message, _) })
            {
                return new Hold($"{required}: {message}", Until: "there is room on it again");
            }
        }

        return null;
    }
}

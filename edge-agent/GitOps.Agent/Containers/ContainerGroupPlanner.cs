using GitOps.Agent.Planning;
using GitOps.Agent.Workloads;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Containers;

/// <summary>
/// Keeps a group of containers as the unit says. A change of what runs makes the whole group anew: images are there before
/// anything is stopped. While nothing changed, each container is followed by itself: restarted by its policy, started again
/// when somebody removed it. A group that runs as it should gets no step, whoever restarted the agent.
/// </summary>
public sealed class ContainerGroupPlanner : IUnitPlanner<GroupState, GroupStep>
{
    public EquatableArray<string> Claims(Unit unit) => WorkloadClaims.Of(unit);

    public UnitPlan<GroupStep> Plan(Unit desired, Unit? owned, GroupState observed, PlanContext context)
    {
        if (observed.Blind is { } blind)
        {
            return Blind(blind);
        }

        var sight = new GroupSight(desired, context.Desired, observed);
        if (context.Stop is { } stop)
        {
            return Stopped(sight, stop);
        }

        var anew = sight.AnewBecause();
        var isWhole = anew is null && desired.Group.Containers.All(c => sight.Find(c.Name) is not null);
        if (observed.Missing is { } missing && !isWhole)
        {
            return new UnitPlan<GroupStep>([], [new Hold(missing.What, Until: missing.Fix)], new UnitStatus.Progressing(missing.What));
        }

        return anew is null ? GroupCourse.Follow(desired, sight) : MakeAnew(sight, anew);
    }

    public UnitPlan<GroupStep> PlanRemoval(Unit owned, GroupState observed, PlanContext context)
    {
        if (observed.Blind is { } blind)
        {
            return Blind(blind);
        }

        var because = $"{owned.Id} left the bundle, or makes room";
        List<GroupStep> steps = [.. TakeDown(owned.Group, observed.Containers, because)];
        if (observed.HasTraces)
        {
            steps.Add(new GroupStep.RemoveTraces { Because = because });
        }

        return new UnitPlan<GroupStep>([.. steps], [], new UnitStatus.Progressing(because));
    }

    private static UnitPlan<GroupStep> Blind(Problem blind) => new(
        [], [new Hold(blind.What, Until: blind.Fix)], new UnitStatus.Unhealthy(blind.What, FailureCause.Environment));

    /// <summary>The network stays: it does nothing, and what ran once does not run again for a pause.</summary>
    private static UnitPlan<GroupStep> Stopped(GroupSight sight, Hold why)
    {
        var running = sight.Observed.Containers.Where(c => c.Role != ContainerRole.Sandbox && c.Run is { IsRunning: true });
        return new UnitPlan<GroupStep>(
            [.. TakeDown(sight.Group, running, why.What)], [why], new UnitStatus.Unhealthy($"stopped: {why.What}", FailureCause.Environment))
        {
            Upkeep = [.. TakeDown(sight.Group, running, why.What)],
        };
    }

    private static UnitPlan<GroupStep> MakeAnew(GroupSight sight, string because)
    {
        var (group, observed) = (sight.Group, sight.Observed);
        List<GroupStep> steps = [.. observed.MissingImages.Select(sight.Pull)];
        if (GroupKey.OfFiles(group) is { } files && files != observed.Files)
        {
            steps.Add(new GroupStep.PlaceFiles(files)
            {
                Because = observed.Files is { } old ? $"its volumes have the files {old.Hex[..12]}" : "its volumes have no files yet",
            });
        }

        steps.AddRange(TakeDown(group, observed.Containers, because));
        steps.Add(new GroupStep.StartSandbox(sight.Key) { Because = because });
        steps.AddRange(GroupCourse.First(group).Select(c => GroupCourse.Start(c, sight, 1, 0, because)));
        return new UnitPlan<GroupStep>([.. steps], [], new UnitStatus.Progressing(because)) { Upkeep = sight.WasTakenWhole ? [] : [.. steps] };
    }

    /// <summary>Last made goes first, the network last of all.</summary>
    private static IEnumerable<GroupStep> TakeDown(ContainerGroupSpec group, IEnumerable<ContainerState> containers, string because)
    {
        var order = containers.Select((container, made) => (container, made))
            .OrderBy(c => c.container.Role == ContainerRole.Sandbox).ThenByDescending(c => c.made).Select(c => c.container);
        foreach (var container in order)
        {
            if (container.Run is { IsRunning: true })
            {
                yield return new GroupStep.Stop(container.Name, container.Id, GroupCourse.GraceOf(group, container), Failure: null) { Because = because };
            }

            yield return new GroupStep.Remove(container.Name, container.Id) { Because = because };
        }
    }
}

using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using GitOps.Agent.Planning;
using GitOps.Agent.Workloads;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Containers;

/// <summary>Follows the containers of a group whose network stands: what to start, to restart, and how the group is.</summary>
internal static class GroupCourse
{
    /// <summary>A container counts as ready only once it has lasted this long: what ends at once looks well for a moment.</summary>
    private static readonly TimeSpan Proof = TimeSpan.FromSeconds(1);

    /// <summary>Ends and probes wake the loop by themselves; this is for the day they do not.</summary>
    private static readonly TimeSpan Recheck = TimeSpan.FromSeconds(30);

    /// <summary>What can be started as soon as the network stands.</summary>
    public static IEnumerable<ContainerSpec> First(ContainerGroupSpec group) =>
        group.Init.IsEmpty ? group.Containers.Where(c => c.DependsOn.IsEmpty) : group.Init.Take(1);

    public static GroupStep.Start Start(ContainerSpec container, GroupSight sight, int attempt, int restarts, string because) =>
        new(container.Name, sight.Key, attempt, restarts, container.Image) { Because = because, UnitVolumes = sight.UnitVolumes };

    public static TimeSpan GraceOf(ContainerGroupSpec group, ContainerState container) => TimeSpan.FromMilliseconds(
        container.Role == ContainerRole.Sandbox ? 0 : (group.All().FirstOrDefault(c => c.Name == container.Name)?.StopGraceMs ?? 10_000));

    public static UnitPlan<GroupStep> Follow(Unit desired, GroupSight sight)
    {
        var looks = sight.IsInitialised
            ? sight.Group.Containers.Select(c => Look(c, sight, isInit: false)).ToImmutableArray()
            : [FollowInit(sight)];
        var steps = looks.SelectMany(look => look.Steps).ToImmutableArray();
        var pulls = steps.OfType<GroupStep.Start>().Select(start => start.Image).Distinct(StringComparer.Ordinal)
            .Where(image => sight.Observed.MissingImages.Contains(image) && steps.OfType<GroupStep.Start>()
                .Any(start => start.Image == image && sight.Find(start.Container) is null))
            .Select(sight.Pull).ToImmutableArray();
        var upkeep = looks.Where(look => !look.IsRepair).SelectMany(look => look.Steps).ToImmutableArray();
        return new UnitPlan<GroupStep>(
            [.. pulls, .. steps], [.. looks.SelectMany(look => look.Holds)], StatusOf(desired, looks, sight.Observed.Probes))
        {
            Upkeep = [.. pulls.Where(pull => upkeep.OfType<GroupStep.Start>().Any(start => start.Image == pull.Image)), .. upkeep],
        };
    }

    private static Outlook FollowInit(GroupSight sight)
    {
        var next = sight.Group.Init.First(c => sight.Find(c.Name)?.Run is not { IsRunning: false, ExitCode: 0 });
        return Look(next, sight, isInit: true);
    }

    private static Outlook Look(ContainerSpec container, GroupSight sight, bool isInit) => sight.Find(container.Name) switch
    {
        { Run: { IsRunning: true } run } state => isInit
            ? Outlook.Wait($"container '{container.Name}', which runs first", "it has ended with 0", Recheck)
            : Running(container, state, run),
        { Run: { } run } state => Ended(container, sight, state, run, isInit),
        _ when InTheWay(container, sight) is { } wait => wait,
        _ when sight.WasTaken(container.Name) =>
            Outlook.Step(Start(container, sight, 1, 0, $"container '{container.Name}' was removed")) with { IsRepair = true },
        _ => Outlook.Step(Start(container, sight, 1, 0, $"'{container.Name}' does not run")),
    };

    /// <summary>What it depends on is not so far; null when nothing is in the way.</summary>
    private static Outlook? InTheWay(ContainerSpec container, GroupSight sight)
    {
        foreach (var dependency in container.DependsOn)
        {
            var state = sight.Find(dependency.Container);
            var (isThere, until) = dependency.Condition switch
            {
                ContainerCondition.Started => (state?.Run is not null, "it has started"),
                ContainerCondition.Healthy => (state is { Run.IsRunning: true, Health: ContainerHealth.Healthy }, "its probes hold"),
                ContainerCondition.Completed => (state?.Run is { IsRunning: false, ExitCode: 0 }, "it has ended with 0"),
                _ => throw new UnreachableException($"no such condition: {dependency.Condition}"),
            };
            if (!isThere)
            {
                return Outlook.Wait($"container '{dependency.Container}'", $"{until}; then '{container.Name}' is started", Recheck);
            }
        }

        return null;
    }

    private static Outlook Running(ContainerSpec container, ContainerState state, ProcessRun run)
    {
        var name = $"container '{container.Name}'";
        return state.Health switch
        {
            ContainerHealth.Dead(var message) => new Outlook(
                [
                    new GroupStep.Stop(container.Name, state.Id, TimeSpan.FromMilliseconds(container.StopGraceMs), $"was restarted: {message}")
                    {
                        Because = message,
                    },
                ], [], new UnitStatus.Unhealthy($"{name}: {message}", FailureCause.Content)),
            ContainerHealth.NotReady(var message) => Outlook.Of(new UnitStatus.Unhealthy($"{name}: {message}", FailureCause.Content)),
            _ when run.RanFor < Proof =>
                Outlook.Wait($"the first second of '{container.Name}'", "it has run for one second", Proof - run.RanFor),
            ContainerHealth.Pending(var message) => Outlook.Of(new UnitStatus.Progressing($"{name}: {message}")),
            ContainerHealth.Healthy => Outlook.Of(new UnitStatus.Ready()),
            _ => throw new UnreachableException($"no such health: {state.Health}"),
        };
    }

    private static Outlook Ended(ContainerSpec container, GroupSight sight, ContainerState state, ProcessRun run, bool isInit)
    {
        var isWell = run.ExitCode == 0 && state.EndedBecause is null;
        if (isWell && (isInit || container.Restart is not RestartPolicy.Always))
        {
            return Outlook.Of(new UnitStatus.Ready());
        }

        var end = state.DescribeEnd();
        var unhealthy = new UnitStatus.Unhealthy($"container '{container.Name}' {end}", FailureCause.Content);
        if (container.Restart == RestartPolicy.Never)
        {
            return Outlook.Of(unhealthy with { Message = $"{unhealthy.Message}, and is not to be restarted" });
        }

        var (attempt, pause) = RestartPause.After(run, container.Backoff);
        var left = pause - run.EndedAgo!.Value;
        if (left > TimeSpan.Zero)
        {
            var until = string.Create(CultureInfo.InvariantCulture, $"a pause of {pause.TotalSeconds:0.#} s is over; then it is started again");
            return new Outlook([], [new Hold($"the restart of '{container.Name}': it {end}", until) { RecheckAfter = left }], unhealthy);
        }

        return new Outlook([Start(container, sight, attempt, run.Restarts + 1, $"'{container.Name}' {end}")], [], unhealthy);
    }

    private static UnitStatus StatusOf(Unit desired, ImmutableArray<Outlook> looks, ProbeReading probes)
    {
        var statuses = looks.Select(look => look.Status).ToList();
        if (statuses.Find(s => s is UnitStatus.Unhealthy) is { } unhealthy)
        {
            return unhealthy;
        }

        if (probes is ProbeReading.Failing(var failing) && !desired.Probes.IsEmpty)
        {
            return new UnitStatus.Unhealthy(failing, FailureCause.Content);
        }

        return statuses.Find(s => s is UnitStatus.Progressing)
            ?? (probes is ProbeReading.Pending(var pending) && !desired.Probes.IsEmpty ? new UnitStatus.Progressing(pending) : new UnitStatus.Ready());
    }

    /// <summary>One container's part of the plan.</summary>
    private sealed record Outlook(ImmutableArray<GroupStep> Steps, ImmutableArray<Hold> Holds, UnitStatus Status)
    {
        /// <summary>The steps undo what somebody else did.</summary>
        public bool IsRepair { get; init; }

        public static Outlook Of(UnitStatus status) => new([], [], status);

        public static Outlook Step(GroupStep step) => new([step], [], new UnitStatus.Progressing(step.Because));

        public static Outlook Wait(string what, string until, TimeSpan recheck) =>
            new([], [new Hold(what, until) { RecheckAfter = recheck }], new UnitStatus.Progressing($"waits for {what}"));
    }
}

using System.Collections.Immutable;
using GitOps.Agent.Containers;
using GitOps.Agent.Planning;
using GitOps.Agent.Workloads;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Tests.Containers;

public sealed class ContainerGroupPlannerTests
{
    private const string Image = "registry.example/app@sha256:67d8318a036ed43a073407a10acd98d812c176b3780811c6c8bd9d1f87302edf";
    private static readonly ContainerGroupPlanner Planner = new();

    private static readonly ContainerGroupSpec Shop = new()
    {
        Init = [Spec("migrate")],
        Containers =
        [
            Spec("web") with { DependsOn = [new ContainerDependency("db", ContainerCondition.Healthy)] },
            Spec("db"),
        ],
        Volumes = [new GroupVolume("config") { Files = [new UnitFile("a", [new ContentPart.Text("b")])] }],
    };

    [Fact]
    public void A_new_group_pulls_places_its_files_and_starts_with_what_runs_first() => Assert.Equal(
        [$"pull {Image}", $"place the files of its volumes ({GroupKey.OfFiles(Shop)!.Value.Hex[..12]})", "make its network and scratch volumes", $"start 'migrate' ({Image})"],
        Steps(Shop, new GroupState { MissingImages = [Image] }));

    [Fact]
    public void Images_are_here_before_what_runs_is_stopped_and_the_network_goes_last() => Assert.Equal(
        [$"pull {Image}", "stop 'old' (SIGKILL after 10 s)", "remove 'old'", "stop its network (SIGKILL after 0 s)", "remove its network",
            "make its network and scratch volumes", $"start 'migrate' ({Image})"],
        Steps(Shop, new GroupState
        {
            MissingImages = [Image],
            Files = GroupKey.OfFiles(Shop),
            Containers = [Running("", ContainerRole.Sandbox, Digest.Of([1])), Running("old", ContainerRole.Main, Digest.Of([1]))],
        }));

    [Fact]
    public void While_what_runs_first_runs_nothing_else_starts_and_the_deadline_goes_on()
    {
        var plan = Plan(Shop, Seen(Sandbox, Running("migrate", ContainerRole.Init)));
        Assert.Empty(plan.Steps);
        Assert.NotNull(Assert.Single(plan.Holds).RecheckAfter);
        Assert.IsType<UnitStatus.Progressing>(plan.Status);
    }

    [Fact]
    public void What_depends_on_another_waits_until_its_probes_hold()
    {
        var done = Ended("migrate", ContainerRole.Init, 0);
        Assert.Equal([$"start 'db' ({Image})"], Steps(Shop, Seen(Sandbox, done)));
        var starting = Running("db") with { Health = new ContainerHealth.Pending("its readiness does not hold yet") };
        Assert.Empty(Steps(Shop, Seen(Sandbox, done, starting)));
        Assert.Equal([$"start 'web' ({Image})"], Steps(Shop, Seen(Sandbox, done, Running("db"))));
    }

    [Fact]
    public void A_group_that_runs_as_it_should_is_left_alone_also_without_what_ran_once()
    {
        var plan = Plan(Shop, Seen(Sandbox, Running("web"), Running("db")));
        Assert.Empty(plan.Steps);
        Assert.IsType<UnitStatus.Ready>(plan.Status);
    }

    [Fact]
    public void A_liveness_that_fails_stops_that_container_and_its_end_counts_as_a_failure()
    {
        var dead = Running("db") with { Health = new ContainerHealth.Dead("its liveness failed") };
        var stop = Assert.IsType<GroupStep.Stop>(Assert.Single(Plan(Shop, Seen(Sandbox, Running("web"), dead)).Steps));
        Assert.Equal(("db", "was restarted: its liveness failed"), (stop.Container, stop.Failure));
        var ended = Ended("db", ContainerRole.Main, 0) with { EndedBecause = stop.Failure };
        var start = Assert.IsType<GroupStep.Start>(Assert.Single(Plan(Shop with { Containers = [Shop.Containers[0], Spec("db") with { Restart = RestartPolicy.OnFailure }] },
            Seen(Sandbox, Running("web"), ended)).Steps));
        Assert.Equal((2, 1), (start.Attempt, start.Restarts));
    }

    [Fact]
    public void A_restart_waits_for_its_pause_and_one_that_must_not_come_stays_unhealthy()
    {
        var ended = Ended("db", ContainerRole.Main, 3) with { Run = Run(Key(Shop), 3) with { EndedAgo = TimeSpan.FromMilliseconds(400) } };
        Assert.Equal(TimeSpan.FromMilliseconds(600), Assert.Single(Plan(Shop, Seen(Sandbox, Running("web"), ended)).Holds).RecheckAfter);
        var never = Shop with { Containers = [Shop.Containers[0], Spec("db") with { Restart = RestartPolicy.Never }] };
        var plan = Plan(never, Seen(Sandbox, Running("web"), ended));
        Assert.Empty(plan.Steps);
        Assert.Equal(FailureCause.Content, Assert.IsType<UnitStatus.Unhealthy>(plan.Status).Cause);
    }

    [Fact]
    public void Without_its_network_the_whole_group_is_made_anew()
    {
        var steps = Steps(Shop, Seen(Ended("", ContainerRole.Sandbox, 137), Running("web"), Running("db")));
        Assert.Equal("stop 'db' (SIGKILL after 10 s)", steps.First());
        Assert.Equal($"start 'migrate' ({Image})", steps.Last());
    }

    [Fact]
    public void An_engine_that_is_away_changes_nothing()
    {
        var away = new GroupState { Blind = new Problem("AGT162", "away", "start it") };
        Assert.Empty(Plan(Shop, away).Steps);
        Assert.Equal(FailureCause.Environment, Assert.IsType<UnitStatus.Unhealthy>(Plan(Shop, away).Status).Cause);
        Assert.NotEmpty(Planner.PlanRemoval(Unit(Shop), away, Context(Shop)).Holds);
    }

    [Fact]
    public void Only_what_somebody_removed_in_this_boot_is_no_upkeep()
    {
        EquatableArray<StartedContainer> started = [new("web", Key(Shop).ToString()), new("db", Key(Shop).ToString())];
        var withoutWeb = Seen(Sandbox, Running("db")) with { Started = started };
        Assert.Empty(Plan(Shop, withoutWeb).Upkeep);
        Assert.Empty(Plan(Shop, Seen() with { Started = started }).Upkeep);
        foreach (var upkeep in new[]
        {
            Seen(Sandbox, Running("db")), // never started
            Seen(), // a boot, or the first time
            Seen(Ended("", ContainerRole.Sandbox, 137), Ended("web", ContainerRole.Main, 0), Ended("db", ContainerRole.Main, 0)) with { Started = started },
            Seen(Running("", ContainerRole.Sandbox, Digest.Of([1]))) with { Started = started }, // Git says something else of it
        })
        {
            var plan = Plan(Shop, upkeep);
            Assert.NotEmpty(plan.Steps);
            Assert.Equal(plan.Steps, plan.Upkeep);
        }
    }

    [Fact]
    public void A_pause_keeps_the_network_and_what_ran_once()
    {
        var plan = Planner.Plan(Unit(Shop), null, Seen(Sandbox, Ended("migrate", ContainerRole.Init, 0), Running("web"), Running("db")),
            Context(Shop) with { Stop = new Hold("the volume is full", "there is room") });
        Assert.Equal(["db", "db", "web", "web"], plan.Steps.Select(s => s is GroupStep.Stop stop ? stop.Container : ((GroupStep.Remove)s).Container));
    }

    [Fact]
    public void What_the_agent_follows_by_itself_is_not_part_of_the_key_and_where_volumes_lie_is()
    {
        var other = Shop with { Containers = [Spec("web") with { Liveness = new ContainerProbe { TcpPort = 1 }, StopGraceMs = 1 }, Spec("db")] };
        Assert.Equal(Key(Shop), Key(other));
        Assert.NotEqual(Key(Shop), Key(Shop with { Containers = [Spec("web") with { User = "1" }, Spec("db")] }));
        var mounting = Shop with { Volumes = [new GroupVolume("data") { Unit = "data" }] };
        Digest With(string path) => GroupKey.Of(Unit(mounting), Bundle.Of([Unit(mounting), new Unit("data", new VolumeSpec { Path = path })]));
        Assert.NotEqual(With("/srv/a"), With("/srv/b"));
    }

    [Fact]
    public void What_this_node_lacks_is_found_by_name()
    {
        var group = Shop with
        {
            Init = [],
            Containers = [Spec("web") with { Resources = new ResourceLimits { MemoryBytes = 1 }, Readiness = new ContainerProbe { TcpPort = 80 }, Security = new ContainerSecurity { NonRoot = true } }],
        };
        var features = new EngineFeatures("arm64") { LimitsMemory = false, LimitsPids = true, LimitsProcessor = true, EntersNetworks = false };
        Assert.Equal(2, EngineCheck.Check(Unit(group), features).Count());
        var wrong = EngineCheck.Check(Unit(group), features, _ => new ImageFacts("amd64", "0:0")).ToList();
        Assert.Equal(["AGT161", "AGT161"], wrong.Select(w => w.Problem.Code));
        Assert.Contains("the image is for amd64, this node is arm64", wrong[0].Problem.What, StringComparison.Ordinal);
        Assert.Empty(EngineCheck.Check(Unit(group), features, _ => new ImageFacts("arm64", "app")));
    }

    private static ContainerState Sandbox => Running("", ContainerRole.Sandbox);

    private static ContainerSpec Spec(string name) => new(name) { Image = Image };

    private static Unit Unit(ContainerGroupSpec group) => new("shop", new WorkloadSpec { Containers = group });

    private static PlanContext Context(ContainerGroupSpec group) => new(default, ClockTrusted: true, TimeSpan.Zero) { Desired = Bundle.Of([Unit(group)]) };

    private static Digest Key(ContainerGroupSpec group) => GroupKey.Of(Unit(group), Bundle.Of([Unit(group)]));

    private static GroupState Seen(params ContainerState[] containers) => new() { Files = GroupKey.OfFiles(Shop), Containers = containers.ToEquatableArray() };

    private static ProcessRun Run(Digest key, int? exit) =>
        new(key, exit, TimeSpan.FromSeconds(5), exit is null ? null : TimeSpan.FromHours(1), 1, 0);

    private static ContainerState Running(string name, ContainerRole role = ContainerRole.Main, Digest? key = null) => new($"id-{name}", name, role, key ?? Key(Shop))
    {
        Run = Run(key ?? Key(Shop), null),
        Health = new ContainerHealth.Healthy(),
    };

    private static ContainerState Ended(string name, ContainerRole role, int exit) => Running(name, role) with { Run = Run(Key(Shop), exit) };

    private static UnitPlan<GroupStep> Plan(ContainerGroupSpec group, GroupState state) => Planner.Plan(Unit(group), null, state, Context(group));

    private static ImmutableArray<string> Steps(ContainerGroupSpec group, GroupState state) => [.. Plan(group, state).Steps.Select(s => s.Describe())];
}

using GitOps.Agent.Planning;
using GitOps.Agent.Workloads;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Tests.Workloads;

public sealed class WorkloadPlannerTests
{
    private static readonly WorkloadPlanner Planner = new();
    private static readonly Unit Web = new("web", new WorkloadSpec
    {
        Process = new ProcessSpec { Command = ["/usr/bin/web"], Backoff = new RestartBackoff(1_000, 8_000) },
    });

    private static readonly PlanContext Context = new(default, ClockTrusted: true, TimeSpan.Zero) { Desired = Bundle.Of([Web]) };

    [Fact]
    public void A_process_that_has_not_run_is_started() => Assert.Equal(["start /usr/bin/web"], Steps(new WorkloadState()));

    [Fact]
    public void A_running_process_is_left_alone_and_ready_after_a_second()
    {
        Assert.IsType<UnitStatus.Progressing>(Plan(Running(TimeSpan.FromSeconds(0.5))).Status);
        Assert.IsType<UnitStatus.Ready>(Plan(Running(TimeSpan.FromSeconds(1))).Status);
        Assert.Empty(Steps(Running(TimeSpan.FromSeconds(1))));
    }

    [Fact]
    public void A_run_of_something_else_is_stopped_first() => Assert.Equal(
        ["stop it (SIGTERM, SIGKILL after 10 s)", "start /usr/bin/web"],
        Steps(new WorkloadState { Run = new ProcessRun(Digest.Of([9]), null, TimeSpan.FromHours(1), null, 1, 0) }));

    [Fact]
    public void A_run_without_its_shim_is_replaced() => Assert.Equal(2, Steps(new WorkloadState
    {
        Run = new ProcessRun(Key, null, TimeSpan.FromHours(1), null, 1, 0) { IsUnattended = true },
    }).Count());

    [Theory]
    [InlineData(1, 1_000)]
    [InlineData(2, 2_000)]
    [InlineData(3, 4_000)]
    [InlineData(9, 8_000)]
    public void The_pause_before_a_restart_doubles_up_to_its_maximum(int attempt, int pauseMs)
    {
        var early = Plan(Ended(1, attempt, TimeSpan.FromMilliseconds(pauseMs - 1)));
        Assert.Equal(TimeSpan.FromMilliseconds(1), Assert.Single(early.Holds).RecheckAfter);
        Assert.Empty(early.Steps);
        var start = Assert.IsType<WorkloadStep.Start>(Assert.Single(Plan(Ended(1, attempt, TimeSpan.FromMilliseconds(pauseMs))).Steps));
        Assert.Equal(attempt + 1, start.Attempt);
    }

    [Fact]
    public void After_a_long_run_it_is_restarted_at_once()
    {
        var ended = new WorkloadState { Run = new ProcessRun(Key, 1, TimeSpan.FromSeconds(8), TimeSpan.Zero, 5, 4) };
        Assert.Equal(1, Assert.IsType<WorkloadStep.Start>(Assert.Single(Plan(ended).Steps)).Attempt);
    }

    [Fact]
    public void A_volume_that_refuses_more_stops_what_requires_it()
    {
        var stopped = Planner.Plan(Web, Web, Running(TimeSpan.FromHours(1)), Context with { Stop = new Hold("volume/data", "there is room") });
        Assert.IsType<WorkloadStep.Stop>(Assert.Single(stopped.Steps));
        Assert.Equal(FailureCause.Environment, Assert.IsType<UnitStatus.Unhealthy>(stopped.Status).Cause);
    }

    [Fact]
    public void A_file_that_says_so_restarts_the_process_when_its_content_changes()
    {
        var before = WorkloadKey.Of(Web, Bundle.Of([Web, Config("one")]));
        Assert.NotEqual(before, WorkloadKey.Of(Web, Bundle.Of([Web, Config("two")])));
        Assert.Equal(before, WorkloadKey.Of(Web with { Probes = [new Probe("p")] }, Bundle.Of([Web, Config("one")])));
    }

    private static Digest Key => WorkloadKey.Of(Web, Context.Desired);

    private static Unit Config(string text) =>
        new("conf", new FileSpec { Path = "/srv/conf", Content = [new ContentPart.Text(text)], Restart = [Web.Id] });

    private static WorkloadState Running(TimeSpan time) => new() { Run = new ProcessRun(Key, null, time, null, 1, 0) };

    private static WorkloadState Ended(int exitCode, int attempt, TimeSpan ago) =>
        new() { Run = new ProcessRun(Key, exitCode, TimeSpan.FromSeconds(0.2), ago, attempt, attempt - 1) };

    private static UnitPlan<WorkloadStep> Plan(WorkloadState observed) => Planner.Plan(Web, Web, observed, Context);

    private static IEnumerable<string> Steps(WorkloadState observed) => Plan(observed).Steps.Select(s => s.Describe());
}

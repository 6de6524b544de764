using GitOps.Agent.Links;
using GitOps.Agent.Planning;
using GitOps.Agent.Storage.Syncing;
using GitOps.Bundles;
using GitOps.Bundles.Reports;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Tests.Storage.Syncing;

public sealed class SyncScheduleTests
{
    private static readonly SyncSpec Hourly = new()
    {
        Volume = "data",
        Folder = "recipes",
        Mode = SyncMode.Pull,
        Remote = new SyncRemote { Kind = RemoteKind.Local, Path = "/mnt" },
        EveryMs = 3_600_000,
        TimeLimitMs = 600_000,
        AlarmAfterMs = 7_200_000,
    };

    private static readonly SyncSpec Nightly = Hourly with { Windows = DailyWindow.TryParseList("22:00-05:00")!.Value, TimeZone = "Europe/Berlin", TimeLimitMs = 86_400_000 };
    private static readonly DateTime Noon = new(2026, 11, 24, 12, 0, 0);
    private static readonly DateTimeOffset Now = new(2026, 11, 24, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void The_first_run_is_now_and_the_next_one_after_the_interval()
    {
        Assert.Equal(new SyncTurn.Run(TimeSpan.FromMinutes(10)), SyncSchedule.Next(Hourly, 0, null, default, Noon));
        Assert.IsType<SyncTurn.Wait>(SyncSchedule.Next(Hourly, 0, TimeSpan.FromMinutes(59), default, Noon));
        Assert.IsType<SyncTurn.Run>(SyncSchedule.Next(Hourly, 0, TimeSpan.FromMinutes(60), default, Noon));
    }

    [Fact]
    public void A_failed_run_is_tried_again_sooner_and_ever_later_but_not_later_than_the_interval()
    {
        Assert.Equal(
            [4, 8, 16, 512, 3600],
            ((int[])[1, 2, 3, 8, 100]).Select(failures => (int)SyncSchedule.RetryAfter(failures, TimeSpan.FromDays(1)).TotalSeconds));
        Assert.Equal(TimeSpan.FromMinutes(2), SyncSchedule.RetryAfter(100, TimeSpan.FromMinutes(2)));
        Assert.IsType<SyncTurn.Run>(SyncSchedule.Next(Hourly, 1, TimeSpan.FromMinutes(5), TimeSpan.FromSeconds(4), Noon));
        Assert.IsType<SyncTurn.Wait>(SyncSchedule.Next(Hourly, 1, TimeSpan.FromMinutes(5), TimeSpan.FromSeconds(3), Noon));
    }

    [Fact]
    public void Outside_of_its_window_it_waits_and_inside_it_has_until_the_end_of_it()
    {
        var wait = Assert.IsType<SyncTurn.Wait>(SyncSchedule.Next(Nightly, 0, null, default, Noon));
        Assert.Equal("for its window 22:00-05:00, and it is 12:00 in Europe/Berlin", wait.Why);
        Assert.Equal(new SyncTurn.Run(TimeSpan.FromHours(6)), SyncSchedule.Next(Nightly, 0, null, default, Noon.AddHours(11)));
        Assert.Equal(TimeSpan.FromMinutes(5), Assert.IsType<SyncTurn.Wait>(SyncSchedule.Next(Nightly, 0, null, default, Noon.AddHours(10).AddMinutes(-5))).For);
    }

    [Fact]
    public void A_last_run_that_is_too_old_raises_an_alarm_while_the_clock_is_trusted()
    {
        var memory = new SyncMemory { Since = Now.AddDays(-1), LastSuccess = Now.AddHours(-3) };
        var view = new SyncView("recipes", Hourly, memory, SyncPhase.Failing, null, "why");

        Assert.Equal("sync/recipes was last whole at 2026-11-24 09:00:00Z", SyncReporting.Alarm([view], Now, clockTrusted: true, Now)?.Message);
        Assert.Null(SyncReporting.Alarm([view], Now, clockTrusted: false, Now));
        Assert.Null(SyncReporting.Alarm([view with { Memory = memory with { LastSuccess = Now.AddHours(-1) } }], Now, clockTrusted: true, Now));
        Assert.Equal("sync/recipes was never whole", SyncReporting.Alarm([view with { Memory = memory with { LastSuccess = null } }], Now, clockTrusted: true, Now)?.Message);
    }

    [Fact]
    public void A_remote_that_is_another_one_has_nothing_of_what_was_sent_and_a_folder_that_was_sent_was_not_brought()
    {
        var other = new SyncRemote { Kind = RemoteKind.Local, Path = "/other" };
        SyncMemory After(SyncSpec spec) => new SyncMemory { Since = Now }.For(spec) with
        {
            LastSuccess = Now,
            Files = [new SyncedFile(new TreeFile("a", 1, Now), Now)],
        };
        var push = Hourly with { Mode = SyncMode.Push };

        Assert.NotEmpty(After(push).For(push).Files);
        Assert.Empty(After(push).For(push with { Remote = other }).Files);
        Assert.NotEmpty(After(Hourly).For(Hourly with { Remote = other }).Files);
        Assert.Null(After(push).For(Hourly).LastSuccess);
    }

    [Fact]
    public void A_pull_is_ready_with_its_first_tree_and_never_held_against_the_bundle()
    {
        var (unit, bundle) = Bundle(Hourly);
        var job = new SyncJob(Hourly, "/srv/data", 1_000, null);

        Assert.Equal([new SyncStep.Follow(job) { Because = "it is not followed" }], Plan(unit, bundle, new SyncState(null, false, false, null)).Steps);
        Assert.Equal(FailureCause.Environment, Assert.IsType<UnitStatus.Unhealthy>(Plan(unit, bundle, new SyncState(job, true, false, "why")).Status).Cause);
        Assert.IsType<UnitStatus.Ready>(Plan(unit, bundle, new SyncState(job, true, true, null)).Status);
    }

    [Fact]
    public void A_push_is_ready_as_soon_as_it_is_followed()
    {
        var push = Hourly with { Mode = SyncMode.Push };
        var (unit, bundle) = Bundle(push);

        Assert.IsType<UnitStatus.Ready>(Plan(unit, bundle, new SyncState(new SyncJob(push, "/srv/data", 1_000, null), true, false, "why")).Status);
    }

    [Fact]
    public void What_a_site_says_of_its_link_is_part_of_how_it_is_done()
    {
        var (unit, bundle) = Bundle(Hourly);
        var budget = new UplinkSpec { Budget = new DownloadBudget(1_000, 30) };
        var follow = Assert.IsType<SyncStep.Follow>(Assert.Single(
            Plan(unit, GitOps.Bundles.Bundle.Of([.. bundle.Units, new Unit("berlin", budget)]), new SyncState(null, false, false, null)).Steps));

        Assert.Equal(new LinkPolicy { Budget = budget.Budget, Source = "Site 'berlin'" }, follow.Job.Link);
    }

    [Fact]
    public void A_sync_that_left_is_ended_and_forgotten_and_what_it_synced_stays()
    {
        var (unit, bundle) = Bundle(Hourly);
        var job = new SyncJob(Hourly, "/srv/data", null, null);
        var steps = new SyncPlanner().PlanRemoval(unit, new SyncState(job, true, true, null), Context(bundle)).Steps;

        Assert.Equal(["stop syncing it", "forget it; what was synced stays on both sides"], steps.Select(s => s.Describe()));
        Assert.Empty(new SyncPlanner().PlanRemoval(unit, new SyncState(null, false, true, null), Context(bundle)).Steps);
    }

    private static (Unit, Bundle) Bundle(SyncSpec spec)
    {
        var unit = new Unit("recipes", spec) { Requires = [new UnitId(UnitKinds.Volume, "data")] };
        return (unit, GitOps.Bundles.Bundle.Of([unit, new Unit("data", new VolumeSpec { Path = "/srv/data", LimitBytes = 1_000 })]));
    }

    private static PlanContext Context(Bundle bundle) => new(Now, true, default) { Desired = bundle };

    private static UnitPlan<SyncStep> Plan(Unit unit, Bundle bundle, SyncState state) => new SyncPlanner().Plan(unit, null, state, Context(bundle));
}

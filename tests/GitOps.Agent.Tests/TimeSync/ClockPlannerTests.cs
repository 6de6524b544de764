using GitOps.Agent.Planning;
using GitOps.Agent.Tests.Devices;
using GitOps.Agent.TimeSync;
using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.TestKit;

namespace GitOps.Agent.Tests.TimeSync;

public sealed class ClockPlannerTests
{
    private const string TheirConfig = "pool 2.debian.pool.ntp.org iburst\n";
    private static readonly PlanContext Context = new(DateTimeOffset.UnixEpoch, ClockTrusted: false, TimeSpan.Zero);
    private static readonly ClockSpec Spec = new() { Servers = [new TimeServer("ntp1") { Prefer = true, Near = true }, new TimeServer("10.0.0.9") { Port = 1123, Nts = true }], MaxErrorMs = 50 };
    private static readonly ClockMeasure Good = new(0.000_012m, 0.003m, 3, "ntp1");

    [Fact]
    public void The_configuration_of_chronyd() => Golden.Verify(
        "timesync/chrony.conf", ChronyConfig.Render(ChronyLayout.Debian, Spec) + "--- own\n" +
        ChronyConfig.Render(new ChronyLayout("/run/a/chrony.conf", "/run/a/sources") { RunDirectory = "/run/a" }, Spec) + "--- sources\n" + ChronyConfig.RenderSources(Spec));

    [Fact]
    public void The_configuration_of_a_node_that_serves_its_site() =>
        Golden.Verify("timesync/serving.conf", ChronyConfig.Render(ChronyLayout.Debian, Serving) + "--- wait, step, another port\n" +
            ChronyConfig.Render(ChronyLayout.Debian, Serving with
            {
                Isolation = ClockIsolation.Wait,
                LeapSeconds = LeapSeconds.Step,
                NtsAuthorities = null,
                Serve = new TimeServing(["10.1.0.0/16", "fd00::/8"]) { Port = 1123 },
            }));

    [Fact]
    public void Plan_for_a_node_that_is_to_serve_its_site() => Golden.Verify("timesync/serving.plan.txt", Plan(Following(Spec), Serving).ToText());

    [Fact]
    public void Authorities_alone_restart_chronyd()
    {
        var settled = Following(Serving) with { Chrony = Settled(Serving) with { Authorities = "another\n" } };
        Assert.Equal(
            [typeof(ClockStep.WriteAuthorities), typeof(ClockStep.RestartChrony)],
            Plan(settled, Serving).Steps.Select(step => step.GetType()));
        Assert.Contains(Remove(settled).Steps, step => step is ClockStep.WriteAuthorities { Content: null });
    }

    [Fact]
    public void Where_no_chronyd_is_a_node_cannot_serve() =>
        Assert.Contains("install the package chrony", Assert.IsType<UnitStatus.Refused>(Plan(Following(Serving) with { Chrony = null }, Serving).Status).Problem.What, StringComparison.Ordinal);

    private static readonly ClockSpec Serving = Spec with
    {
        Serve = new TimeServing(["10.1.0.0/16"]),
        Isolation = ClockIsolation.Orphan,
        LeapSeconds = LeapSeconds.Slew,
        NtsAuthorities = "-----BEGIN CERTIFICATE-----\n",
    };

    [Fact]
    public void Plan_for_a_node_whose_chronyd_is_not_ours_yet() => Golden.Verify("timesync/first.plan.txt", Plan(new ClockState
    {
        Chrony = new ChronyState(ChronyLayout.Debian) { Config = TheirConfig, IsRunning = true, Followed = ["2.debian.pool.ntp.org"] },
    }).ToText());

    [Fact]
    public void Plan_for_a_node_that_follows_other_servers()
    {
        var other = Spec with { Servers = [new TimeServer("pool.ntp.org")] };
        Golden.Verify("timesync/other-servers.plan.txt", Plan(Following(Spec) with
        {
            Chrony = Settled(Spec) with { Sources = ChronyConfig.RenderSources(other), Followed = ["pool.ntp.org"] },
        }).ToText());
    }

    [Fact]
    public void Plan_for_a_node_that_has_not_heard_a_server_yet() =>
        Golden.Verify("timesync/no-source.plan.txt", Plan(Following(Spec) with { Measure = null, Trouble = "chronyd has selected no source yet" }).ToText());

    [Fact]
    public void Plan_for_a_clock_that_is_too_far_off() =>
        Golden.Verify("timesync/far-off.plan.txt", Plan(Following(Spec) with { Measure = Good with { ErrorBound = 0.051m } }).ToText());

    [Fact]
    public void A_clock_within_its_bound_is_ready_and_planning_again_changes_nothing() =>
        Assert.Equal("ready\n", Plan(Following(Spec)).ToText());

    [Fact]
    public void A_server_that_chronyd_dropped_in_a_reload_is_added_by_another_and_not_at_once()
    {
        var dropped = Settled(Spec) with { Followed = ["ntp1"] };

        var atOnce = Plan(Following(Spec) with { Chrony = dropped with { SinceReload = TimeSpan.FromSeconds(1) } });
        var later = Plan(Following(Spec) with { Chrony = dropped with { SinceReload = TimeSpan.FromSeconds(3) } });

        Assert.Empty(atOnce.Steps);
        Assert.NotNull(atOnce.Holds[0].RecheckAfter);
        Assert.IsType<ClockStep.ReloadSources>(Assert.Single(later.Steps));
    }

    [Fact]
    public void What_was_there_before_comes_back_when_the_clock_leaves_the_bundle()
    {
        var state = Following(Spec);
        var kept = state with { Chrony = state.Chrony! with { HasOriginal = true } };

        Golden.Verify("timesync/removal.plan.txt", Remove(kept).ToText() + "--- without an original\n" + Remove(state).ToText());
        Assert.Empty(Remove(new ClockState { Chrony = new ChronyState(ChronyLayout.Debian) { Config = TheirConfig } }).Steps);
    }

    [Fact]
    public void The_first_configuration_is_kept_only_once()
    {
        var chrony = Settled(Spec) with { Config = TheirConfig, HasOriginal = true };

        var write = Plan(Following(Spec) with { Chrony = chrony }).Steps.OfType<ClockStep.WriteConfig>().Single();

        Assert.Null(write.KeepAs);
    }

    [Theory]
    [InlineData("ntp1 iburst\nmakestep 0.1 -1")]
    [InlineData("")]
    [InlineData("a b")]
    public void An_address_that_would_be_a_directive_is_refused(string address) => Assert.IsType<UnitStatus.Refused>(
        new ClockPlanner().Plan(new Unit("site", Spec with { Servers = [new TimeServer(address)] }), null, new ClockState(), Context).Status);

    [Fact]
    public void Nts_needs_chronyd()
    {
        var nts = Spec with { Servers = [new TimeServer("ntp1") { Nts = true }] };

        Assert.IsType<UnitStatus.Refused>(new ClockPlanner().Plan(new Unit("site", nts), null, new ClockState(), Context).Status);
    }

    [Fact]
    public void Where_no_chronyd_is_the_clock_is_only_measured() =>
        Assert.IsType<ClockStep.Follow>(Assert.Single(Plan(new ClockState()).Steps));

    private static UnitPlan<ClockStep> Plan(ClockState state, ClockSpec? spec = null) => new ClockPlanner().Plan(new Unit("site", spec ?? Spec), null, state, Context);

    private static UnitPlan<ClockStep> Remove(ClockState state) => new ClockPlanner().PlanRemoval(new Unit("site", Spec), state, Context);

    private static ClockState Following(ClockSpec spec) => new() { Chrony = Settled(spec), Following = spec, Measure = Good };

    private static ChronyState Settled(ClockSpec spec) => new(ChronyLayout.Debian)
    {
        Config = ChronyConfig.Render(ChronyLayout.Debian, spec),
        Authorities = spec.NtsAuthorities,
        Sources = ChronyConfig.RenderSources(spec),
        IsRunning = true,
        Followed = spec.Servers.Select(s => s.Address).ToEquatableArray(),
    };
}

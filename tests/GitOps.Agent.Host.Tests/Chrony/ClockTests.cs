using System.Net;
using System.Net.Sockets;
using GitOps.Agent.Host.Chrony;
using GitOps.Agent.Planning;
using GitOps.Bundles.Reports;
using GitOps.Bundles.Units;
using GitOps.Platform.Files;
using GitOps.Platform.Processes;
using GitOps.Platform.Tls;
using GitOps.Simulation.Time;
using GitOps.TestKit;
using GitOps.TestKit.Net;

namespace GitOps.Agent.Host.Tests.Chrony;

public sealed class ClockTests : IAsyncDisposable
{
    private readonly TempDirectory _state = new();
    private ClockDriver? _driver;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        if (_driver is not null)
        {
            await _driver.DisposeAsync();
        }

        _state.Dispose();
    }

    [Fact]
    [Trait("needs", "chrony")]
    public async Task A_chronyd_of_our_own_follows_the_server_of_the_bundle_then_another_and_goes_when_it_leaves()
    {
        NeedsPackage.OrSkip("chrony", "chronyd");
        await using var first = await ChronyServer.StartAsync(Stop);
        await using var second = await ChronyServer.StartAsync(Stop);
        var runner = Runner(ClockKeeping.OwnChronyLeavingClock);
        var unit = Unit(first.Port);

        await runner.UntilReadyAsync(unit, Stop);
        var report = Report();
        Assert.True(report is { Managed: true, Synchronised: true, Stratum: 4, Source: "127.0.0.1" }, report.ToString());
        Assert.InRange(report.ErrorBoundMs!.Value, 0, 1_000);
        Assert.True(_driver!.IsTrusted);
        Assert.NotNull(Assert.Single(_driver.History.Samples).BoundNs);
        Assert.True(report.WorstErrorBoundMs >= report.ErrorBoundMs - 0.001m, report.ToString());

        await runner.UntilAsync(Unit(second.Port), unit, plan => plan is { Status: UnitStatus.Ready, Steps.IsEmpty: true }, Stop);
        await runner.UntilAsync(null, Unit(second.Port), plan => plan.Steps.IsEmpty, Stop);
        Assert.False(_driver.IsTrusted);
        Assert.Empty(Directory.GetFiles(_state["chrony/sources"]));
        Assert.False(File.Exists(_state["chrony/chronyd.pid"]));
    }

    [Fact]
    [Trait("needs", "chrony")]
    public async Task A_server_that_is_near_from_now_on_is_asked_more_often_and_nothing_restarts()
    {
        NeedsPackage.OrSkip("chrony", "chronyd");
        await using var server = await ChronyServer.StartAsync(Stop);
        var runner = Runner(ClockKeeping.OwnChronyLeavingClock);
        var (far, near) = (Unit(server.Port, near: false), Unit(server.Port));
        await runner.UntilReadyAsync(far, Stop);
        var process = File.ReadAllText(_state["chrony/chronyd.pid"]);
        Assert.Equal("6", await PollAsync());

        // chronyd drops the server in the first reload, as its options are others: without a second one there is none.
        await runner.UntilAsync(near, far, plan => plan is { Status: UnitStatus.Ready, Steps.IsEmpty: true, Holds.IsEmpty: true }, Stop);
        Assert.Contains(await PollAsync(), (string[])["2", "3", "4"]);
        Assert.Equal(process, File.ReadAllText(_state["chrony/chronyd.pid"]));

        // chronyc(1), sources: mode, state, address, stratum, poll …
        async Task<string> PollAsync() =>
            (await new CommandRunner(TimeProvider.System).RunAsync(["chronyc", "-h", _state["chrony/chronyd.sock"], "-c", "-N", "sources"], Stop)).Output.Split(',')[4];
    }

    [Fact]
    [Trait("needs", "chrony")]
    public async Task A_chronyd_that_died_is_started_again()
    {
        NeedsPackage.OrSkip("chrony", "chronyd");
        await using var server = await ChronyServer.StartAsync(Stop);
        var runner = Runner(ClockKeeping.OwnChronyLeavingClock);
        var unit = Unit(server.Port);
        await runner.UntilReadyAsync(unit, Stop);
        var before = File.ReadAllText(_state["chrony/chronyd.pid"]);

        await new CommandRunner(TimeProvider.System).RunAsync(["kill", "-9", before.Trim()], Stop);
        await runner.UntilAsync(unit, unit, plan => plan.Steps.Any(s => s.Step is GitOps.Agent.TimeSync.ClockStep.RestartChrony), Stop);
        await runner.UntilReadyAsync(unit, Stop);

        Assert.NotEqual(before, File.ReadAllText(_state["chrony/chronyd.pid"]));
    }

    [Fact]
    [Trait("needs", "chrony")]
    public async Task A_site_follows_its_own_server_and_agrees_with_itself_when_that_is_cut_off()
    {
        NeedsPackage.OrSkip("chrony", "chronyd");
        await using var cloud = await ChronyServer.StartAsync(Stop);
        var served = FreePort.Next();
        var gateway = Runner(ClockKeeping.OwnChronyLeavingClock);
        var serving = Unit(cloud.Port, new TimeServing(["127.0.0.0/8"]) { Port = served });
        await gateway.UntilAsync(serving, null, plan => plan is { Status: UnitStatus.Ready, Steps.IsEmpty: true } && Report().Stratum == 4, Stop);
        Assert.Equal((null, true), (Report().Isolated, _driver!.IsTrusted));

        var (kind, follower) = Clock(_state["follower"]);
        await using var _ = follower;
        var node = new UnitRunner(kind);
        await node.UntilAsync(Unit(served), null, plan => plan is { Status: UnitStatus.Ready, Steps.IsEmpty: true } && Report(follower).Stratum == 5, Stop);
        Assert.Equal((null, true), (Report(follower).Isolated, follower.IsTrusted));

        // The cloud is gone when the gateway starts anew: there is no real clock any more, and the site goes on with one.
        await cloud.DisposeAsync();
        await gateway.UntilAsync(null, serving, plan => plan.Steps.IsEmpty, Stop);
        await gateway.UntilAsync(serving, null, plan => plan is { Status: UnitStatus.Ready } && Report().Isolated == true, Stop);
        Assert.False(_driver.IsTrusted);
        var (lateKind, late) = Clock(_state["late"]);
        await using var __ = late;
        await new UnitRunner(lateKind).UntilReadyAsync(Unit(served), Stop);
        Assert.Equal((11, true, false), (Report(late).Stratum, Report(late).Isolated, late.IsTrusted));
    }

    [Fact]
    [Trait("needs", "chrony")]
    public async Task A_server_with_network_time_security_is_followed_by_the_authorities_of_the_bundle_only()
    {
        NeedsPackage.OrSkip("chrony", "chronyd");
        using var authority = CertificateAuthority.OpenOrCreate(DiskFileLayer.Host, _state["ca"], "time", TimeSpan.FromDays(1), TimeProvider.System);
        await using var server = await ChronyServer.StartAsync(Stop, authority);
        var runner = Runner(ClockKeeping.OwnChronyLeavingClock);
        var spec = new ClockSpec { Servers = [new TimeServer("127.0.0.1") { Port = server.KeyPort, Nts = true }], MaxErrorMs = 1_000 };
        var unknown = new Unit("site", spec);
        await runner.UntilAsync(unknown, null, plan => plan is { Steps.IsEmpty: true, Status: UnitStatus.Unhealthy }, Stop);

        var known = new Unit("site", spec with { NtsAuthorities = authority.CertificatePem });
        await runner.UntilReadyAsync(known, Stop);
        var keys = await new CommandRunner(TimeProvider.System).RunAsync(["chronyc", "-h", _state["chrony/chronyd.sock"], "-c", "-N", "authdata"], Stop);
        Assert.StartsWith("127.0.0.1,NTS,", keys.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_no_chronyd_is_the_clock_is_measured_and_called_unmanaged()
    {
        using var server = new UdpTimeServer(new SntpServer { Ahead = TimeSpan.FromMilliseconds(300) });
        var runner = Runner(ClockKeeping.MeasureOnly);

        await runner.UntilReadyAsync(Unit(server.Port), Stop);

        var report = Report();
        Assert.True(report is { Managed: false, Synchronised: true, Stratum: 2 }, report.ToString());
        Assert.InRange(report.Offset!.Value, -0.4m, -0.2m);
    }

    [Fact]
    public async Task A_clock_that_is_measured_as_too_far_off_keeps_the_gate_closed()
    {
        using var server = new UdpTimeServer(new SntpServer { Ahead = TimeSpan.FromHours(1) });
        var runner = Runner(ClockKeeping.MeasureOnly);

        await runner.UntilAsync(Unit(server.Port), null, plan =>
            plan.Status is UnitStatus.Unhealthy { Cause: FailureCause.Environment } status && status.Message.Contains("ms off", StringComparison.Ordinal), Stop);

        Assert.False(_driver!.IsTrusted);
        Assert.False(Report().Synchronised);
    }

    [Fact]
    public async Task A_server_that_denies_us_is_named()
    {
        using var server = new UdpTimeServer(new SntpServer { Kiss = "DENY" });
        var runner = Runner(ClockKeeping.MeasureOnly);

        await runner.UntilAsync(Unit(server.Port), null, plan =>
            plan.Holds.Any(h => h.Until.Contains("127.0.0.1 answers DENY", StringComparison.Ordinal)), Stop);
    }

    private static Unit Unit(int port, TimeServing? serve = null, bool near = true) => new("site", new ClockSpec
    {
        Servers = [new TimeServer("127.0.0.1") { Port = port, Near = near }],
        MaxErrorMs = 1_000,
        Serve = serve,
        Isolation = serve is null ? ClockIsolation.Wait : ClockIsolation.Orphan,
    });

    private static (IUnitKind Kind, ClockDriver Driver) Clock(string state, ClockKeeping keeping = ClockKeeping.OwnChronyLeavingClock) =>
        ClockUnits.Create(DiskFileLayer.Host, new CommandRunner(TimeProvider.System), state, keeping, TimeProvider.System, new Random(3), isolatedAfter: TimeSpan.FromSeconds(5));

    private UnitRunner Runner(ClockKeeping keeping)
    {
        var (kind, driver) = Clock(_state.Path, keeping);
        _driver = driver;
        return new UnitRunner(kind);
    }

    private ClockReport Report(ClockDriver? of = null) => (of ?? _driver!).Contribute(new NodeReport
    {
        Fleet = "f",
        Node = "n",
        BootId = "b",
        Sequence = 1,
        Time = DateTimeOffset.UnixEpoch,
        Agent = new AgentVersion("0", 1),
        Phase = NodePhase.Converged,
    }).Clock!;

    private sealed class UdpTimeServer : IDisposable
    {
        private readonly UdpClient _socket = new(new IPEndPoint(IPAddress.Loopback, 0));

        public UdpTimeServer(SntpServer server) => _ = ServeAsync(server);

        public int Port => ((IPEndPoint)_socket.Client.LocalEndPoint!).Port;

        public void Dispose() => _socket.Dispose();

        private async Task ServeAsync(SntpServer server)
        {
            try
            {
                while (true)
                {
                    var request = await _socket.ReceiveAsync();
                    var now = TimeProvider.System.GetUtcNow();
                    if (server.Answer(request.Buffer, now, now) is { } answer)
                    {
                        await _socket.SendAsync(answer, request.RemoteEndPoint);
                    }
                }
            }
            catch (Exception closed) when (closed is ObjectDisposedException or SocketException)
            {
                // Disposed.
            }
        }
    }
}

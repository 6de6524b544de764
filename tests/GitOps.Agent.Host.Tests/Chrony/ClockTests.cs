using System.Globalization;
using System.Net;
using System.Net.Sockets;
using GitOps.Agent.Host.Chrony;
using GitOps.Agent.Planning;
using GitOps.Bundles.Reports;
using GitOps.Bundles.Units;
using GitOps.Platform.Files;
using GitOps.Platform.Processes;
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

        await runner.UntilAsync(Unit(second.Port), unit, plan => plan is { Status: UnitStatus.Ready, Steps.IsEmpty: true }, Stop);
        await runner.UntilAsync(null, Unit(second.Port), plan => plan.Steps.IsEmpty, Stop);
        Assert.False(_driver.IsTrusted);
        Assert.Empty(Directory.GetFiles(_state["chrony/sources"]));
        Assert.False(File.Exists(_state["chrony/chronyd.pid"]));
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

    private static Unit Unit(int port) => new("site", new ClockSpec { Servers = [new TimeServer("127.0.0.1") { Port = port }], MaxErrorMs = 1_000 });

    private UnitRunner Runner(ClockKeeping keeping)
    {
        var (kind, driver) = ClockUnits.Create(
            DiskFileLayer.Host, new CommandRunner(TimeProvider.System), _state.Path, keeping, TimeProvider.System, new Random(3));
        _driver = driver;
        return new UnitRunner(kind);
    }

    private ClockReport Report() => _driver!.Contribute(new NodeReport
    {
        Fleet = "f",
        Node = "n",
        BootId = "b",
        Sequence = 1,
        Time = DateTimeOffset.UnixEpoch,
        Agent = new AgentVersion("0", 1),
        Phase = NodePhase.Converged,
    }).Clock!;

    /// <summary>A chronyd that tells the machine's own time and steers nothing.</summary>
    private sealed class ChronyServer : IAsyncDisposable
    {
        private readonly TempDirectory _directory = new();
        private readonly LongProcess _process;

        private ChronyServer()
        {
            DiskFileLayer.Host.SetMode(_directory.Path, (UnixFileMode)0b111_101_000);
            File.WriteAllLines(_directory["chrony.conf"],
            [
                "user root", "local stratum 3", "allow", "bindaddress 127.0.0.1", "cmdport 0",
                string.Create(CultureInfo.InvariantCulture, $"port {Port}"),
                $"bindcmdaddress {_directory["chronyd.sock"]}", $"pidfile {_directory["chronyd.pid"]}",
            ]);
            _process = LongProcess.Start(new Command(["chronyd", "-x", "-d", "-f", _directory["chrony.conf"]]))!;
        }

        public int Port { get; } = FreePort.Next();

        public static async Task<ChronyServer> StartAsync(CancellationToken cancellationToken)
        {
            var server = new ChronyServer();
            await Eventually.BecomesTrue(() => File.Exists(server._directory["chronyd.sock"]), cancellationToken: cancellationToken);
            return server;
        }

        public async ValueTask DisposeAsync()
        {
            await _process.DisposeAsync();
            _directory.Dispose();
        }
    }

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

using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using GitOps.Agent.Planning;
using GitOps.Bundles;
using GitOps.Bundles.Reports;
using GitOps.Bundles.Units;
using GitOps.Platform.Files;
using GitOps.Platform.Mqtt;
using GitOps.Platform.Processes;
using GitOps.Platform.Tls;
using GitOps.Simulation.Modbus;
using GitOps.TestKit;
using GitOps.TestKit.Mqtt;

namespace GitOps.Agent.Host.Tests.Devices;

public sealed class OtherDeviceTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_simulated_device_converges_and_keeps_what_was_written_across_a_restart()
    {
        await using var rig = new DeviceRig();
        var unit = Simulated(new DesiredValue(DeviceRig.Number(70.5m)));
        await rig.Runner.UntilReadyAsync(unit, Stop);

        await rig.RestartAsync();
        await rig.Runner.UntilReadyAsync(unit, Stop);

        Assert.Equal((DeviceRig.Number(70.5m), PropertyPhase.Applied), (rig.Report("sim", "setpoint").Reported, rig.Report("sim", "setpoint").State));
        var noisy = Assert.IsType<DeviceValue.Number>(rig.Report("sim", "temperature").Reported).Value;
        Assert.InRange(noisy, 19m, 21m);
    }

    [Fact]
    [Trait("needs", "mosquitto")]
    public async Task A_device_behind_a_broker_is_heard_and_told()
    {
        await using var broker = await TestMosquitto.StartAsync(null, Stop);
        await using var device = new MqttDevice(broker.Port);
        await using var rig = new DeviceRig();

        await rig.Runner.UntilReadyAsync(Mqtt(broker.Port, new DesiredValue(DeviceRig.Number(70.5m))), Stop);

        Assert.Equal(["705"], device.Told);
        Assert.Equal(PropertyPhase.Applied, rig.Report("press", "setpoint").State);
    }

    [Fact]
    [Trait("needs", "mosquitto")]
    public async Task A_broker_may_ask_who_the_agent_is_and_show_a_certificate_of_its_own_authority()
    {
        using var folder = new TempDirectory();
        using var authority = CertificateAuthority.OpenOrCreate(DiskFileLayer.Host, folder["ca"], "hall", TimeSpan.FromDays(365), TimeProvider.System);
        authority.IssueServer(["127.0.0.1"], TimeSpan.FromDays(365)).Save(DiskFileLayer.Host, folder["server.crt"], folder["server.key"]);
        var made = await new CommandRunner(TimeProvider.System).RunAsync(
            new Command([NeedsPackage.OrSkip("mosquitto_passwd"), "-c", "-b", folder["passwords"], "press", "sesame"]), Stop);
        Assert.True(made.Succeeded, made.Error);
        await using var broker = await TestMosquitto.StartAsync(
            [$"certfile {folder["server.crt"]}", $"keyfile {folder["server.key"]}", $"password_file {folder["passwords"]}"], Stop);
        var url = string.Create(CultureInfo.InvariantCulture, $"mqtts://127.0.0.1:{broker.Port}");
        await using var device = new MqttDevice(broker.Port, options => options with
        {
            Url = new Uri(url),
            Verifier = new PeerVerifier([authority.Certificate], PeerRole.Server, TimeProvider.System.GetUtcNow),
            Login = () => new MqttLogin("press", "sesame"u8.ToArray()),
        });
        await using var rig = new DeviceRig();
        var plain = Mqtt(broker.Port, null);
        var unit = plain with
        {
            Spec = (DeviceSpec)plain.Spec with
            {
                Connection = new DeviceConnection
                {
                    Url = url,
                    Authority = authority.CertificatePem,
                    User = "press",
                    Password = [new ContentPart.Secret("broker", "password", Digest.Of([]), folder["secret"])],
                },
            },
        };

        await rig.Runner.UntilAsync(unit, unit, IsAway("the password of press is not on this node"), Stop);
        File.WriteAllText(folder["secret"], "guess");
        await rig.Runner.UntilAsync(unit, unit, IsAway("the broker refused: NotAuthorized"), Stop);
        File.WriteAllText(folder["secret"], "sesame\n");
        await rig.Runner.UntilReadyAsync(unit, Stop);

        static Func<PlannedUnit, bool> IsAway(string why) =>
            plan => plan.Status is UnitStatus.Unhealthy(var message, FailureCause.Environment) && message.Contains(why, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("needs", "mosquitto")]
    public async Task A_broker_that_stops_makes_the_device_away_and_it_comes_back()
    {
        await using var broker = await TestMosquitto.StartAsync(null, Stop);
        await using var device = new MqttDevice(broker.Port);
        await using var rig = new DeviceRig();
        var unit = Mqtt(broker.Port, null);
        await rig.Runner.UntilReadyAsync(unit, Stop);

        await broker.StopAsync();
        await rig.Runner.UntilAsync(unit, unit, plan => plan.Status is UnitStatus.Unhealthy { Cause: FailureCause.Environment }, Stop);
        await broker.StartAgainAsync(Stop);
        await rig.Runner.UntilReadyAsync(unit, Stop);
    }

    [Fact]
    [Trait("needs", "mbpoll")]
    public async Task A_client_that_is_not_ours_reads_and_writes_the_simulated_plc()
    {
        var mbpoll = NeedsPackage.OrSkip("mbpoll");
        var plc = Boiler.NewPlc(TimeProvider.System);
        plc.Faults.ReadOnlyRegisters = new HashSet<int> { 9 };
        await using var server = DeviceRig.Serve(plc);
        string[] target = ["-m", "tcp", "-0", "-1", "-p", server.Endpoint.Port.ToString(CultureInfo.InvariantCulture), "-a", "1"];

        var read = await RunAsync([mbpoll, .. target, "-t", "4", "-r", "2", "-c", "1", "127.0.0.1"]);
        var write = await RunAsync([mbpoll, .. target, "-t", "4", "-r", "20", "127.0.0.1", "11", "22", "33"]);
        var coil = await RunAsync([mbpoll, .. target, "-t", "0", "-r", "0", "127.0.0.1", "0"]);
        var refused = await RunAsync([mbpoll, .. target, "-t", "4", "-r", "9", "127.0.0.1", "1"]);

        Assert.Contains("950", read.Output, StringComparison.Ordinal);
        Assert.True(write.Succeeded, write.Error);
        Assert.True(coil.Succeeded, coil.Error);
        Assert.Equal([11, 22, 33], plc.Look(m => m.Holdings[20..23]));
        Assert.False(plc.Look(m => m.Coils[0]));
        Assert.Contains("Illegal data address", refused.Output + refused.Error, StringComparison.OrdinalIgnoreCase);
    }

    private static Task<CommandResult> RunAsync(string[] arguments) =>
        new CommandRunner(TimeProvider.System).RunAsync(new Command(arguments) { Deadline = TimeSpan.FromSeconds(10) }, Stop);

    private static Unit Simulated(DesiredValue desired) => new("sim", new DeviceSpec
    {
        Protocol = DeviceProtocol.Simulated,
        Connection = new DeviceConnection { Seed = 7 },
        Properties =
        [
            new DeviceProperty
            {
                Name = "setpoint",
                Type = DeviceValueType.Int16,
                Scale = 0.1m,
                Access = DeviceAccess.ReadWrite,
                PollMs = 20,
                Simulate = new SimulatedSource { Initial = DeviceRig.Number(60) },
                Desired = desired,
            },
            new DeviceProperty
            {
                Name = "temperature",
                Type = DeviceValueType.Float32,
                PollMs = 20,
                Simulate = new SimulatedSource { Initial = DeviceRig.Number(20), Noise = 1 },
            },
        ],
    });

    private static Unit Mqtt(int port, DesiredValue? desired) => new("press", new DeviceSpec
    {
        Protocol = DeviceProtocol.Mqtt,
        Connection = new DeviceConnection { Url = string.Create(CultureInfo.InvariantCulture, $"mqtt://127.0.0.1:{port}") },
        Properties = new[]
        {
            new DeviceProperty
            {
                Name = "setpoint",
                Type = DeviceValueType.Int16,
                Scale = 0.1m,
                Access = DeviceAccess.ReadWrite,
                PollMs = 60_000,
                Topic = new DeviceTopics { Read = "press/setpoint", Write = "press/setpoint/set" },
                Desired = desired,
            },
        }.ToEquatableArray(),
    });

    /// <summary>Publishes what it is told, retained, as such devices do.</summary>
    private sealed class MqttDevice : IAsyncDisposable
    {
        private readonly MqttLink _link;
        private readonly Task _running;

        public MqttDevice(int port, Func<MqttLinkOptions, MqttLinkOptions>? with = null)
        {
            var url = new Uri(string.Create(CultureInfo.InvariantCulture, $"mqtt://127.0.0.1:{port}"));
            var options = new MqttLinkOptions(url, "press") { Subscriptions = [new MqttSubscription("press/setpoint/set")], InitialBackoff = TimeSpan.FromMilliseconds(100) };
            _link = new MqttLink(with?.Invoke(options) ?? options, TimeProvider.System, new Random(1), changed: Greet);
            _running = RunAsync();
            _link.Start();
        }

        public ConcurrentQueue<string> Told { get; } = [];

        public async ValueTask DisposeAsync()
        {
            await _link.DisposeAsync();
            await _running;
        }

        private void Greet(MqttLinkState state)
        {
            if (state is MqttLinkState.Connected)
            {
                _ = SayAsync(Told.LastOrDefault() ?? "600");
            }
        }

        private Task<bool> SayAsync(string value) => _link.PublishAsync(
            "press/setpoint", Encoding.UTF8.GetBytes(value), MqttQuality.AtLeastOnce, retain: true, CancellationToken.None);

        private async Task RunAsync()
        {
            await foreach (var message in _link.Messages.ReadAllAsync())
            {
                Told.Enqueue(Encoding.UTF8.GetString(message.Payload.Span));
                await SayAsync(Told.Last());
            }
        }
    }
}

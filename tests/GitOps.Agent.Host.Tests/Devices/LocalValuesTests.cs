using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using GitOps.Agent.Devices;
using GitOps.Agent.Host.Devices;
using GitOps.Agent.Host.Diagnosis;
using GitOps.Bundles.Units;
using GitOps.Platform.Files;
using GitOps.Platform.Mqtt;
using GitOps.Platform.Processes;
using GitOps.Simulation.Modbus;
using GitOps.TestKit;
using GitOps.TestKit.Mqtt;
using GitOps.TestKit.Net;

namespace GitOps.Agent.Host.Tests.Devices;

/// <summary>What local applications see on Mosquitto of the devices of the node.</summary>
public sealed class LocalValuesTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Whoever_comes_later_is_told_every_last_value_and_what_became_of_the_device()
    {
        await using var mosquitto = await TestMosquitto.StartAsync(null, Stop);
        await using var server = DeviceRig.Serve(Boiler.NewPlc(TimeProvider.System));
        await using var proxy = new FaultProxy(server.Endpoint.Port);
        var broker = new Uri($"mqtt://127.0.0.1:{mosquitto.Port}");
        await using var rig = new DeviceRig(broker);
        var unit = DeviceRig.Boiler(proxy.Port, new DesiredValue(DeviceRig.Number(70.5m)));
        unit = unit with
        {
            Spec = (DeviceSpec)unit.Spec with { Alarms = [new AlarmRule("heats", "heater") { EqualTo = new DeviceValue.Boolean(true), Severity = AlarmSeverity.Critical }] },
        };
        await rig.Runner.UntilReadyAsync(unit, Stop);

        await using var application = new Listener(broker);
        await application.HasAsync(LocalTopics.Value("plc-1", "setpoint"), "value", "70.5");
        await application.HasAsync(LocalTopics.Value("plc-1", "heater"), "quality", "good");
        await application.HasAsync(LocalTopics.State("plc-1"), "online", "True");
        await application.HasAsync(LocalTopics.Agent, "online", "True");
        await application.HasAsync(LocalTopics.Alarm("plc-1", "heats"), "active", "True");
        Assert.Equal(("heats", AlarmSeverity.Critical), rig.Reports().Single().Alarms.Select(alarm => (alarm.Name, alarm.Severity)).Single());

        proxy.Refuses = true;
        proxy.Cut();
        await application.HasAsync(LocalTopics.State("plc-1"), "online", "False");
        await application.HasAsync(LocalTopics.Value("plc-1", "setpoint"), "quality", "stale");

        await rig.Runner.UntilAsync(null, unit, plan => plan.Steps.IsEmpty, Stop);
        await application.HasNotAsync(LocalTopics.Value("plc-1", "setpoint"));
        await application.HasNotAsync(LocalTopics.State("plc-1"));
    }

    [Fact]
    public async Task A_broker_that_comes_late_gets_the_newest_of_each_and_nothing_else()
    {
        var port = FreePort.Next();
        var broker = new Uri($"mqtt://127.0.0.1:{port}");
        var spec = (DeviceSpec)DeviceRig.Boiler(1, null).Spec;
        await using var values = new LocalValues(broker, "press-1", TimeProvider.System, new Random(7));
        for (var i = 1; i <= 10_000; i++)
        {
            values.Say("plc-1", spec, State(spec, i));
        }

        await using var mosquitto = await TestMosquitto.StartAsync(["allow_anonymous true", $"listener {port} 127.0.0.1"], Stop);
        await using var application = new Listener(broker);
        await application.HasAsync(LocalTopics.Value("plc-1", "setpoint"), "value", "10000");

        Assert.Equal(1, application.Count(LocalTopics.Value("plc-1", "setpoint")));
    }

    [Fact]
    public async Task An_agent_that_ends_takes_its_sign_of_life_away_and_leaves_the_values()
    {
        await using var mosquitto = await TestMosquitto.StartAsync(null, Stop);
        var broker = new Uri($"mqtt://127.0.0.1:{mosquitto.Port}");
        await using var application = new Listener(broker);
        var spec = (DeviceSpec)DeviceRig.Boiler(1, null).Spec;
        await using (var values = new LocalValues(broker, "press-1", TimeProvider.System, new Random(7)))
        {
            values.Say("plc-1", spec, State(spec, 5));
            await application.HasAsync(LocalTopics.Value("plc-1", "setpoint"), "value", "5");
            await application.HasAsync(LocalTopics.Agent, "online", "True");
        }

        await application.HasNotAsync(LocalTopics.Agent);
        await application.HasAsync(LocalTopics.Value("plc-1", "setpoint"), "value", "5");
    }

    [Fact]
    public async Task A_broker_that_asks_is_told_the_login_in_the_file_once_nobody_else_may_read_it()
    {
        using var folder = new TempDirectory();
        var made = await new CommandRunner(TimeProvider.System).RunAsync(
            new Command([NeedsPackage.OrSkip("mosquitto_passwd"), "-c", "-b", folder["passwords"], "agent", "open:sesame"]), Stop);
        Assert.True(made.Succeeded, made.Error);
        await using var mosquitto = await TestMosquitto.StartAsync([$"password_file {folder["passwords"]}"], Stop);
        var broker = new Uri($"mqtt://127.0.0.1:{mosquitto.Port}");
        var file = new BrokerLogin(DiskFileLayer.Host, folder["login"]);
        Assert.Equal((CheckLevel.Fail, $"the login of {broker} cannot be read: there is no {folder["login"]}"), await DoctorAsync());
        await File.WriteAllTextAsync(folder["login"], "agent:guess", Stop);
        Assert.Equal((CheckLevel.Fail, $"the login of {broker} cannot be read: others may read or write {folder["login"]}"), await DoctorAsync());
        DiskFileLayer.Host.SetMode(folder["login"], AtomicFile.Private);
        Assert.Equal((CheckLevel.Warn, $"{broker}: the broker refused: NotAuthorized; applications on this node are told nothing"), await DoctorAsync());
        await File.WriteAllTextAsync(folder["login"], "agent:open:sesame\n", Stop);
        Assert.Equal((CheckLevel.Ok, $"{broker} takes what devices say"), await DoctorAsync());

        await using var application = new Listener(broker, file.Read);
        await using var values = new LocalValues(broker, "press-1", TimeProvider.System, new Random(7), file.Read);

        await application.HasAsync(LocalTopics.Agent, "online", "True");

        async Task<(CheckLevel, string)> DoctorAsync()
        {
            var check = await LocalBroker.LookAsync(broker, file, TimeProvider.System, Stop);
            return (check.Level, check.What);
        }
    }

    private static DeviceState State(DeviceSpec spec, int setpoint) => new()
    {
        Now = TimeSpan.FromSeconds(1),
        Boot = new BootTime("b", TimeSpan.Zero),
        Following = spec,
        Link = new DeviceLink.Online(),
        Properties = [new PropertyState("setpoint") { Reading = new Reading(DeviceRig.Number(setpoint), TimeSpan.FromSeconds(1)) }],
    };

    /// <summary>An application on the node: knows the newest message of each topic.</summary>
    private sealed class Listener : IAsyncDisposable
    {
        private readonly ConcurrentDictionary<string, (string Text, int Count)> _heard = [];
        private readonly MqttLink _link;
        private readonly Task _listening;

        public Listener(Uri broker, Func<MqttLogin?>? login = null)
        {
            _link = new MqttLink(new MqttLinkOptions(broker, "application") { Login = login, Subscriptions = [new MqttSubscription("gitops/v1/#")] }, TimeProvider.System, new Random(7));
            _listening = ListenAsync();
            _link.Start();
        }

        public int Count(string topic) => _heard[topic].Count;

        public Task HasAsync(string topic, string member, string value) => Eventually.BecomesTrue(
            () => _heard.TryGetValue(topic, out var heard) && heard.Text.Length > 0 && JsonDocument.Parse(heard.Text).RootElement.GetProperty(member).ToString() == value,
            cancellationToken: Stop, what: $"{topic} {member} {value}");

        public Task HasNotAsync(string topic) => Eventually.BecomesTrue(
            () => _heard.TryGetValue(topic, out var heard) && heard.Text.Length == 0, cancellationToken: Stop, what: topic);

        public async ValueTask DisposeAsync()
        {
            await _link.DisposeAsync();
            await _listening;
        }

        private async Task ListenAsync()
        {
            await foreach (var message in _link.Messages.ReadAllAsync())
            {
                _heard.AddOrUpdate(message.Topic, _ => (Text(message), 1), (_, heard) => (Text(message), heard.Count + 1));
            }
        }

        private static string Text(MqttMessage message) => Encoding.UTF8.GetString(message.Payload.Span);
    }
}

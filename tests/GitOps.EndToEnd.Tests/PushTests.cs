using System.Net;
using System.Text.Json.Nodes;
using GitOps.Bundles.Reports;
using GitOps.EndToEnd.Tests.Fleet;
using GitOps.Platform.Sockets;
using GitOps.Simulation.Modbus;

namespace GitOps.EndToEnd.Tests;

/// <summary>The main job: a push changes a fleet, whoever carries the messages.</summary>
public sealed class PushTests
{
    private static readonly string[] Names = ["mixer-1", "press-1", "press-2"];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public Task A_push_reaches_every_kind_of_thing_on_three_nodes_with_the_embedded_broker() =>
        A_push_reaches_three_nodes(ControlPlaneProcess.Embedded);

    [Fact]
    public Task A_push_reaches_every_kind_of_thing_on_three_nodes_without_a_broker() => A_push_reaches_three_nodes(broker: null);

    [Fact]
    [Trait("needs", "mosquitto")]
    public async Task A_push_reaches_every_kind_of_thing_on_three_nodes_with_mosquitto()
    {
        await using var mosquitto = new FleetMosquitto();
        await A_push_reaches_three_nodes(mosquitto.Settings, fleet => mosquitto.StartAsync(fleet.ControlPlane.Data, Cancellation));
    }

    private static async Task A_push_reaches_three_nodes(Func<int, JsonObject>? broker, Func<TestFleet, Task>? before = null)
    {
        var plc = Boiler.NewPlc(TimeProvider.System);
        await using var plcServer = TcpServer.Listen(new IPEndPoint(IPAddress.Loopback, 0), connectionLimit: 8, plc.ServeAsync);
        await using var clock = new TimeServer();
        await using var fleet = new TestFleet(broker);
        if (before is not null)
        {
            await before(fleet);
        }

        string Things(string greeting, string setpoint) =>
            Yaml.File("motd", greeting) + Yaml.Volume + Yaml.Counter(greeting, requires: "[clock, volume/data]") + Yaml.Clock(clock.Port) +
            Device(plcServer.Endpoint.Port, setpoint);
        var handMade = $"{fleet.HomeOf("press-2")}/root/adopted";
        Directory.CreateDirectory(Path.GetDirectoryName(handMade)!);
        await File.WriteAllTextAsync(handMade, "made by hand", Cancellation);
        await File.WriteAllTextAsync(handMade + "-not", "not yours", Cancellation);

        var revision = await fleet.StartAsync(
            Names,
            ("fleet.yaml", Yaml.Fleet("canary", "removal: {limit: 100}") + string.Concat(Names.Select(n => Yaml.Node(n, $"{fleet.HomeOf(n)}/root")))),
            ("things.yaml", Things("hello", "70.5") + Yaml.File("adopted", "from Git", adopt: true)));
        await fleet.ConvergedAsync(revision);
        await AllAreAsync(fleet, plc, "hello", 70.5f);
        Assert.Equal("from Git", fleet["press-2"].Read("adopted"));
        Assert.True(clock.Answers > 0);

        revision = await fleet.PushAsync("change", ("things.yaml", Things("good morning", "64") + Yaml.File("adopted", "from Git", adopt: true)));
        await AllAreAsync(fleet, plc, "good morning", 64f);
        foreach (var node in await fleet.SummariesAsync())
        {
            Assert.Equal(revision, node.Revision);
        }

        // What leaves Git leaves the node, and nothing else does.
        await fleet.PushAsync("remove", ("things.yaml", Yaml.File("left", "alone")));
        foreach (var node in fleet.Nodes)
        {
            await fleet.PlanIsEmptyAsync(node);
            Assert.Null(node.Read("motd"));
            Assert.Equal("alone", node.Read("left"));
            Assert.NotNull(node.Read("data/count")); // volumes outlive their unit unless Git says otherwise first
            Assert.DoesNotContain(Running.Below(node.State), id => id != node.ProcessId);
        }

        Assert.Equal(("made by hand", "not yours"), (fleet["press-2"].Read("adopted"), fleet["press-2"].Read("adopted-not")));
        Assert.Null(fleet["press-1"].Read("adopted"));
    }

    private static async Task AllAreAsync(TestFleet fleet, ModbusPlc plc, string greeting, float setpoint)
    {
        Assert.Equal(setpoint, plc.Look(memory => PlcMemory.ReadSingle(memory.Holdings, Boiler.SetpointHolding)));
        foreach (var node in fleet.Nodes)
        {
            Assert.Equal(greeting, node.Read("motd"));
            await fleet.UntilAsync(
                () => node.Read("data/said")?.Contains(greeting, StringComparison.Ordinal) == true, $"the new program counts on {node.Name}");
            Assert.Null(node.Read("data/twice"));
            var report = await fleet.ReportAsync(node.Name);
            Assert.All(report!.Units, unit => Assert.Equal(UnitPhase.Ready, unit.State));
            Assert.Equal((true, false), (report.Clock!.Synchronised, report.Clock.Managed));
            Assert.Equal("data", Assert.Single(report.Volumes).Name);
            await fleet.PlanIsEmptyAsync(node);
        }

        await fleet.UntilAsync(
            async () => (await fleet.ReportAsync("press-1"))!.Devices is [{ Online: true } device] &&
                device.Properties.Single(p => p.Name == "setpoint") is { State: PropertyPhase.Applied } read &&
                read.Reported == read.Desired,
            "the setpoint is read back");
    }

    private static string Device(int port, string setpoint) => $$"""
        ---
        apiVersion: gitops.edge/v1
        kind: DeviceModel
        metadata: {name: boiler}
        spec:
          protocol: modbus-tcp
          properties:
            - name: temperature
              type: int16
              unit: °C
              scale: 0.1
              register: {table: input, address: 2}
              poll: 500ms
            - name: setpoint
              type: float32
              access: rw
              unit: °C
              minimum: 0
              maximum: 120
              register: {table: holding, address: 0}
              poll: 500ms
        ---
        apiVersion: gitops.edge/v1
        kind: Device
        metadata: {name: boiler-1}
        spec:
          node: press-1
          model: boiler
          connection: {host: 127.0.0.1, port: {{port}}}
          desired:
            setpoint: {value: {{setpoint}}, apply: hold, tolerance: 0.1}

        """;
}

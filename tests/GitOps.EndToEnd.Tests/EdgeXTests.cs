using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using GitOps.Agent;
using GitOps.Bundles.Reports;
using GitOps.EndToEnd.Tests.Fleet;
using GitOps.Manifests.EdgeX;
using GitOps.Platform.Sockets;
using GitOps.Simulation.Modbus;
using GitOps.TestKit.EdgeX;

namespace GitOps.EndToEnd.Tests;

/// <summary>An EdgeX that runs already is written as files, pushed, and kept by a whole agent from then on.</summary>
public sealed class EdgeXTests
{
    private const string Node = "press-1";

    [Fact]
    public async Task What_runs_is_taken_over_unchanged_then_follows_Git_and_goes_with_it()
    {
        await using var edgeX = await EdgeXDouble.StartAsync(cancellationToken: TestContext.Current.CancellationToken);
        edgeX.Metadata.AddService("device-modbus");
        edgeX.Metadata.Put("deviceprofile", Json("""
            {"name":"dryer","deviceResources":[{"name":"Setpoint","isHidden":false,"attributes":{"primaryTable":"HOLDING_REGISTERS","startingAddress":3},"properties":{"valueType":"Float32","readWrite":"RW"}}]}
            """));
        edgeX.Metadata.Put("device", Json("""
            {"name":"Dryer 1","serviceName":"device-modbus","profileName":"dryer","adminState":"UNLOCKED","operatingState":"UP","protocols":{"modbus-tcp":{"Address":"10.0.0.5","Port":502,"UnitID":1,"Timeout":5}}}
            """));
        List<(EdgeXKind, JsonElement)> held =
        [
            (EdgeXKind.Profile, Element(edgeX.Metadata.Stored("deviceprofile", "dryer"))), (EdgeXKind.Device, Element(edgeX.Metadata.Stored("device", "Dryer 1"))),
        ];
        var (before, id) = (edgeX.Metadata.Stored("device", "Dryer 1").DeepClone().AsObject(), (string?)edgeX.Metadata.Stored("deviceprofile", "dryer")["id"]);
        edgeX.Metadata.Put("device", Json("""{"name":"Theirs","serviceName":"device-modbus","profileName":"","adminState":"UNLOCKED","operatingState":"UP","protocols":{"other":{}}}"""));
        var files = EdgeXExport.Write(held, "hall", Node, edgeX.Url, edgeX.Url).Files
            .Select(file => ($"edgex/{file.Path}", Encoding.UTF8.GetString(file.Bytes.Span))).ToList();

        await using var fleet = new TestFleet(ControlPlaneProcess.Embedded);
        var revision = await fleet.StartAsync([], [("fleet.yaml", Yaml.Fleet() + Yaml.Node(Node, $"{fleet.HomeOf(Node)}/root")), .. files]);
        var node = await fleet.EnrolAsync(Node);
        node.Start(pollMs: 100);
        await fleet.ConvergedAsync(revision);
        var taken = edgeX.Metadata.Stored("device", "Dryer 1").DeepClone().AsObject();
        var writes = edgeX.Writes().Select(one => one.Method).ToList();

        var import = files.Single(file => file.Item1 == "edgex/import.yaml").Item2;
        await fleet.PushAsync("a setpoint", ("edgex/import.yaml", import + "  desired: {Dryer 1: {Setpoint: 65.5}}\n"));
        var report = (await fleet.ReportAsync(Node))!.Devices.Single();
        await fleet.PushAsync("none of it", [.. files.Select(file => (file.Item1, "# empty\n"))]);
        await fleet.UntilAsync(() => edgeX.Metadata.Names("deviceprofile").Count == 0, "the profile is gone");

        // Taken over: the label, and nothing else.
        Assert.Equal(["PUT", "PATCH"], writes);
        foreach (var changing in new[] { "labels", "modified" })
        {
            before.Remove(changing);
            taken.Remove(changing);
        }

        Assert.True(JsonNode.DeepEquals(before, taken), $"{before}\n{taken}");
        Assert.NotNull(id);
        Assert.Equal("65.5", edgeX.Commands["Dryer 1", "Setpoint"]);
        Assert.Equal(("dryer-1", PropertyPhase.Applied), (report.Name, report.Properties.Single().State));
        Assert.Equal(["Theirs"], edgeX.Metadata.Names("device"));
        await fleet.WasNeverToldAsync(Node, AgentCodes.Bug, AgentCodes.Unhealthy);
    }

    [Fact]
    public async Task A_Device_of_ours_goes_to_an_EdgeX_and_back_and_is_spoken_with_by_one_of_them_at_a_time()
    {
        await using var edgeX = await EdgeXDouble.StartAsync(cancellationToken: TestContext.Current.CancellationToken);
        edgeX.Metadata.AddService("device-modbus");
        var asked = new AskedBeside(edgeX);
        var plc = new ModbusPlc(asked, TimeProvider.System);
        await using var server = TcpServer.Listen(new IPEndPoint(IPAddress.Loopback, 0), connectionLimit: 8, plc.ServeAsync);
        var backend = $"  backend: {{edgex: {{metadata: '{edgeX.Url}', command: '{edgeX.Url}'}}}}\n";
        string Dryer(decimal setpoint, string more = "") => Model + Device(server.Endpoint.Port, setpoint) + more;

        await using var fleet = new TestFleet(ControlPlaneProcess.Embedded);
        var revision = await fleet.StartAsync([], [("fleet.yaml", Yaml.Fleet() + Yaml.Node(Node, $"{fleet.HomeOf(Node)}/root")), ("dryer.yaml", Dryer(65.5m, backend))]);
        var node = await fleet.EnrolAsync(Node);
        node.Start(pollMs: 100);
        await fleet.ConvergedAsync(revision);
        var device = edgeX.Metadata.Stored("device", "dryer-1").DeepClone();
        var resource = edgeX.Metadata.Stored("deviceprofile", "dryer")["deviceResources"]![0]!.DeepClone();
        var report = (await fleet.ReportAsync(Node))!.Devices.Single();
        var first = edgeX.Commands["dryer-1", "Setpoint"];

        await fleet.PushAsync("the agent speaks with it", ("dryer.yaml", Dryer(71)));
        var writes = plc.Writes;
        await fleet.UntilAsync(() => edgeX.Metadata.Names("deviceprofile").Count == 0, "the profile is gone");
        await fleet.PushAsync("EdgeX speaks with it", ("dryer.yaml", Dryer(70.5m, backend)));
        var (both, register) = (asked.Count, plc.Look(memory => memory.Holdings[3]));
        await fleet.PushAsync("none of it", ("dryer.yaml", "# empty\n"));
        await fleet.UntilAsync(() => edgeX.Metadata.Names("deviceprofile").Count == 0, "the profile is gone again");

        Assert.Equal(("65.5", "70.5", writes), (first, edgeX.Commands["dryer-1", "Setpoint"], plc.Writes));
        Assert.Equal((0, 710), (both, register));
        Assert.Equal(("dryer-1", PropertyPhase.Applied), (report.Name, report.Properties.Single().State));
        Assert.Equal(("device-modbus", "dryer", "1s"), ((string?)device["serviceName"], (string?)device["profileName"], (string?)device["autoEvents"]![0]!["interval"]));
        Assert.Equal(("Float32", "INT16"), ((string?)resource["properties"]!["valueType"], (string?)resource["attributes"]!["rawType"]));
        Assert.Empty(edgeX.Metadata.Names("device"));
        await fleet.WasNeverToldAsync(Node, AgentCodes.Bug, AgentCodes.Unhealthy);
    }

    private const string Model = """
        apiVersion: gitops.edge/v1
        kind: DeviceModel
        metadata: {name: dryer}
        spec:
          protocol: modbus-tcp
          properties:
            - {name: Setpoint, type: int16, access: rw, scale: 0.1, register: {table: holding, address: 3}}

        """;

    private static string Device(int port, decimal setpoint) => $$$"""
        ---
        apiVersion: gitops.edge/v1
        kind: Device
        metadata: {name: dryer-1}
        spec:
          node: press-1
          model: dryer
          connection: {host: 127.0.0.1, port: {{{port}}}, unitId: 3}
          desired: {Setpoint: {value: {{{setpoint}}}}}

        """;

    /// <summary>Counts requests to a PLC while EdgeX has it: then the device service is its master, and the agent is not.</summary>
    private sealed class AskedBeside(EdgeXDouble edgeX) : IPlcProcess
    {
        public int Count { get; private set; }

        public void Advance(PlcMemory memory, TimeSpan by)
        {
            var last = edgeX.Exchanges.LastOrDefault(exchange => (exchange.Method, exchange.Path) is ("POST", "/api/v3/device") or ("DELETE", "/api/v3/device/name/dryer-1"));
            Count += last is { Method: "POST" } ? 1 : 0;
        }
    }

    private static JsonObject Json(string text) => (JsonObject)JsonNode.Parse(text)!;

    private static JsonElement Element(JsonNode node)
    {
        using var document = JsonDocument.Parse(node.ToJsonString());
        return document.RootElement.Clone();
    }
}

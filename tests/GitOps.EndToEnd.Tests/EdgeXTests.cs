using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using GitOps.Agent;
using GitOps.Bundles.Reports;
using GitOps.EndToEnd.Tests.Fleet;
using GitOps.Manifests.EdgeX;
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

    private static JsonObject Json(string text) => (JsonObject)JsonNode.Parse(text)!;

    private static JsonElement Element(JsonNode node)
    {
        using var document = JsonDocument.Parse(node.ToJsonString());
        return document.RootElement.Clone();
    }
}

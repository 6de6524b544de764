using System.Text.Json.Nodes;
using GitOps.Agent.Host.Devices.EdgeX;
using GitOps.Bundles.Units;
using GitOps.TestKit;
using GitOps.TestKit.EdgeX;

namespace GitOps.Agent.Host.Tests.Devices.EdgeX;

/// <summary>What the agent sends, and what the double answers, is what EdgeX's own OpenAPI files say; and a real EdgeX agrees.</summary>
public sealed class EdgeXContractTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("4.0.2", "edgexfoundry_edgex-go@HEAD__openapi__core-metadata.yaml", "edgexfoundry_edgex-go@HEAD__openapi__core-command.yaml")]
    [InlineData("3.1.1", "edgexfoundry_edgex-go@v3.1.1__openapi__v3__core-metadata.yaml", "edgexfoundry_edgex-go@v3.1.1__openapi__v3__core-command.yaml")]
    public async Task Every_request_and_every_answer_is_in_the_files_of_EdgeX(string version, string metadata, string command)
    {
        var folder = Path.Combine(Corpus.Folder(), "edgex-openapi");
        OpenApi[] files = [OpenApi.Read(Path.Combine(folder, metadata)), OpenApi.Read(Path.Combine(folder, command))];
        await using var edgeX = await EdgeXRig.ServeAsync(version);
        await using var rig = new EdgeXRig();
        var described = EdgeXRig.Device("Dryer 1", "dryer", "Setpoint");
        described["description"] = "at the wall";
        described["location"] = new JsonObject { ["hall"] = 3 };
        await rig.Runner.UntilReadyAsync(EdgeXRig.Unit(edgeX, [Dryer("Setpoint")], [described], EdgeXRig.Watcher("find", "dryer")), Stop);
        var watcher = EdgeXRig.Watcher("find", "dryer");
        watcher["labels"] = new JsonArray("new");
        await rig.Runner.UntilReadyAsync(EdgeXRig.Unit(edgeX, [Dryer("Setpoint", "Level")], [EdgeXRig.Device("Dryer 1", "dryer")], watcher), Stop);
        var nowhere = EdgeXRig.Device("Nowhere", "missing");
        await rig.Runner.UntilAsync(EdgeXRig.Unit(edgeX, [Dryer("Setpoint")], [nowhere]), null, plan => plan.Steps.IsEmpty, Stop);
        await using var values = new DeviceRig();
        await values.Runner.UntilReadyAsync(new Unit("dryer-1", new DeviceSpec
        {
            Protocol = DeviceProtocol.EdgeX,
            Connection = new DeviceConnection { Url = edgeX.Url, Device = "Dryer 1", TimeoutMs = 5_000 },
            Properties = [new DeviceProperty { Name = "Setpoint", Type = DeviceValueType.Float32, Access = DeviceAccess.ReadWrite, Desired = new DesiredValue(DeviceRig.Number(7)) }],
        }), Stop);

        var checkedOnes = 0;
        foreach (var exchange in edgeX.Exchanges)
        {
            var answers = files.Select(file => file.Check(exchange)).Where(problems => problems is not null).ToList();
            Assert.True(answers.Count > 0, $"{exchange.Method} {exchange.Path} is in no file");
            Assert.True(answers.Exists(problems => problems!.Count == 0), $"{exchange.Method} {exchange.Path}: {string.Join("; ", answers.SelectMany(problems => problems!))}\n{exchange.Body}\n{exchange.Answer}");
            checkedOnes++;
        }

        Assert.True(checkedOnes > 20 && edgeX.Writes().Select(one => one.Method).Distinct().Count() == 3, $"{checkedOnes} exchanges");
    }

    /// <summary>On an EdgeX that runs: everything it holds stays, and what the test put there is gone at the end.</summary>
    [Fact]
    public async Task A_real_EdgeX_is_converged_and_left_as_it_was()
    {
        var url = Environment.GetEnvironmentVariable("GITOPS_EDGEX_URL");
        if (string.IsNullOrEmpty(url))
        {
            Assert.Skip("there is no EdgeX to try it with: GITOPS_EDGEX_URL names the core-metadata of one");
        }

        await using var rig = new EdgeXRig();
        using var rest = new EdgeXRest(url, null, [], contents: _ => (null, null), TimeProvider.System);
        var (before, why) = await EdgeXReader.ReadAsync(rest, Stop);
        Assert.True(before is not null, why);
        var name = $"gitops-{Guid.NewGuid():n}";
        var profile = EdgeXRig.Profile(name, "Setpoint");
        var watcher = EdgeXRig.Watcher(name, name);
        var first = EdgeXRig.Unit(url, [profile], [], watcher);
        profile["description"] = "changed";
        watcher["identifiers"] = new JsonObject { ["Address"] = "never" };
        var second = EdgeXRig.Unit(url, [profile], [], watcher);

        await rig.Runner.UntilReadyAsync(first, Stop);
        await rig.Runner.UntilReadyAsync(second, Stop);
        await rig.Runner.UntilAsync(null, second, plan => !plan.Steps.IsEmpty, Stop);
        var (after, _) = await EdgeXReader.ReadAsync(rest, Stop);

        Assert.True(after is not null && after.Says(before));
    }

    // Core-metadata takes any case of a value type, and the files only one.
    private static JsonObject Dryer(params string[] resources)
    {
        var profile = EdgeXRig.Profile("dryer", resources);
        foreach (var resource in profile["deviceResources"]!.AsArray())
        {
            resource!["properties"]!["valueType"] = "Float32";
        }

        return profile;
    }
}

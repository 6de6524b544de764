using GitOps.EndToEnd.Tests.Fleet;
using GitOps.Platform.Processes;

namespace GitOps.EndToEnd.Tests;

/// <summary>A commit that reaches a device behind a KubeEdge mapper, through a whole agent that starts gitops-dmi by need.</summary>
public sealed class MapperTests
{
    private const string Node = "press-1";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_push_reaches_a_device_behind_a_mapper_once_and_a_killed_agent_finds_everything_as_it_was()
    {
        await using var fleet = new TestFleet(ControlPlaneProcess.Embedded);
        var first = await fleet.StartAsync([], ("fleet.yaml", Yaml.Fleet() + Yaml.Node(Node, $"{fleet.HomeOf(Node)}/root")), ("oven.yaml", Oven(70.5m)));
        var node = await fleet.EnrolAsync(Node);
        await File.WriteAllTextAsync($"{node.Identity}/policy.json", $$"""
            {"format": 1, "paths": ["{{node.Root}}"], "devices": {"mappers": ["test"], "writable": ["oven-1/setpoint"] } }
            """, Cancellation);
        Directory.CreateDirectory($"{node.Root}/world");
        await File.WriteAllTextAsync($"{node.Root}/world/setpoint", "20", Cancellation);
        var socket = $"{fleet.HomeOf(Node)}/dmi.sock";
        await using var mapper = LongProcess.Start(new Command(
            [Built("tests/GitOps.TestMapper", "gitops-test-mapper"), "test", $"{fleet.HomeOf(Node)}/mapper.sock", socket, $"{node.Root}/world"]));
        Start();

        await fleet.ConvergedAsync(first);
        Assert.Equal("70.5", node.Read("world/setpoint"));

        await fleet.PushAsync("hotter", ("oven.yaml", Oven(80)));
        Assert.Equal("80", node.Read("world/setpoint"));

        var before = await fleet.ReportAsync(Node);
        await node.KillAsync();
        Start();
        await fleet.ConvergedAnewAsync(node, before!.BootId);
        Assert.Equal(["write setpoint 70.5", "write setpoint 80"], node.Read("world/log")!.Split('\n').Where(line => line.StartsWith("write", StringComparison.Ordinal)));
        Assert.Equal(3, node.Read("world/log")!.Split('\n').Count(line => line == "start oven-1"));

        await fleet.PushAsync("no oven", ("oven.yaml", "# none\n"));
        Assert.Contains("remove oven-1", node.Read("world/log"), StringComparison.Ordinal);
        Assert.DoesNotContain("ends", node.Read("world/log"), StringComparison.Ordinal);

        void Start() => node.Start(100, ("GITOPS_AGENT_MAPPER_SOCKET", socket),
            ("PATH", $"{Path.GetDirectoryName(Built("edge-agent/GitOps.Dmi", "gitops-dmi"))}:{Environment.GetEnvironmentVariable("PATH")}"));
    }

    private static string Oven(decimal setpoint) => $$"""
        apiVersion: gitops.edge/v1
        kind: DeviceModel
        metadata: {name: oven}
        spec:
          protocol: mapper
          properties: [{name: setpoint, type: float64, access: rw, poll: 200ms, visitor: {address: setpoint} }]
        ---
        apiVersion: gitops.edge/v1
        kind: Device
        metadata: {name: oven-1}
        spec:
          node: {{Node}}
          model: oven
          connection: {mapper: {protocol: test, config: { port: 4840 } } }
          desired: { setpoint: {{setpoint.ToString(System.Globalization.CultureInfo.InvariantCulture)}} }

        """;

    private static string Built(string project, string program) => $"{Programs.Repository}/{project}/bin/Release/net10.0/{program}" is var path && File.Exists(path)
        ? path
        : path.Replace("/Release/", "/Debug/", StringComparison.Ordinal);
}

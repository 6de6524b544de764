using System.Text.Json.Nodes;
using GitOps.Agent;
using GitOps.ControlPlane.Api;
using GitOps.EndToEnd.Tests.Fleet;
using GitOps.TestKit.Net;

namespace GitOps.EndToEnd.Tests;

/// <summary>What a device says, from Git to the table of the control plane.</summary>
public sealed class DeviceValueTests
{
    private const string Node = "press-1";

    private const string Oven = """
        apiVersion: gitops.edge/v1
        kind: DeviceModel
        metadata: {name: oven}
        spec:
          protocol: simulated
          properties:
            - {name: temperature, type: float64, poll: 100ms, upstream: {every: 1s}, simulate: {initial: 70, noise: 5}}
        ---
        apiVersion: gitops.edge/v1
        kind: Device
        metadata: {name: oven-1}
        spec: {node: press-1, model: oven, upstreamBuffer: {size: 1Mi}}

        """;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task While_the_control_plane_is_cut_away_and_killed_no_interval_is_lost_and_none_comes_twice()
    {
        await using var fleet = new TestFleet(null);
        await fleet.StartAsync([], ("fleet.yaml", Yaml.Fleet() + Yaml.Node(Node, $"{fleet.HomeOf(Node)}/root")), ("oven.yaml", Oven));
        var node = await fleet.EnrolAsync(Node);
        await using var proxy = new FaultProxy(fleet.ControlPlane.NodePort);
        await GoThroughAsync(node, proxy);
        node.Start(pollMs: 200);
        await UntilAsync(fleet, values => values.Count >= 2);

        proxy.DropsDown = true; // what is sent is kept, and the node does not hear of it
        var kept = (await ValuesAsync(fleet)).Count;
        await UntilAsync(fleet, values => values.Count > kept);
        proxy.Refuses = true;
        proxy.Cut();
        await fleet.ControlPlane.KillAsync();
        await fleet.ControlPlane.StartAsync(Cancellation);
        var before = (await ValuesAsync(fleet))[^1].At;
        var waiting = Waiting(node);
        await fleet.UntilAsync(() => Waiting(node) > waiting, "more waits on the disk");
        (proxy.DropsDown, proxy.Refuses) = (false, false);
        await UntilAsync(fleet, values => values[^1].At > before.AddSeconds(3));

        var all = await ValuesAsync(fleet);
        foreach (var (value, next) in all.Zip(all.Skip(1)))
        {
            Assert.Null(next.Lost);
            Assert.Null(next.Quality);
            Assert.True(next.At > value.At, $"{next} is not after {value}");
            Assert.InRange(next.At.AddMilliseconds(-next.IntervalMs!.Value) - value.At, TimeSpan.FromHours(-1), TimeSpan.FromMilliseconds(200)); // one that is missing takes a second
            Assert.InRange(decimal.Parse(next.Mean!, System.Globalization.CultureInfo.InvariantCulture), 65, 75);
        }

        var shown = await Running.RunAsync(
            [Programs.GitOps, "devices", "values", "oven-1", "temperature", "-o", "csv", "--server", $"http://127.0.0.1:{fleet.ControlPlane.PeoplePort}", "--token-file", fleet.ControlPlane.Data.PeopleToken],
            Cancellation);
        Assert.True(shown.Succeeded, shown.Error);
        Assert.InRange(shown.Output.Split('\n').Length, 5, 60);
        await fleet.WasNeverToldAsync(Node, AgentCodes.Bug, GitOps.Agent.Devices.UpstreamCodes.Full, GitOps.Agent.Devices.UpstreamCodes.Refused, GitOps.Agent.Devices.UpstreamCodes.Damaged);
    }

    /// <summary>Bytes on the disk of the node.</summary>
    private static long Waiting(TestNode node) => Directory.EnumerateFiles($"{node.State}/values/oven-1", "*.log").Sum(file => new FileInfo(file).Length);

    private static async Task<IReadOnlyList<ValueDocument>> ValuesAsync(TestFleet fleet) =>
        await fleet.ControlPlane.Api.GetValuesAsync("oven-1", new ValueQuery { Property = "temperature", Limit = ValueQuery.MaxLimit }, Cancellation) is ApiAnswer<ValuePage>.Ok(var page)
            ? page.Values : [];

    private static Task UntilAsync(TestFleet fleet, Func<IReadOnlyList<ValueDocument>, bool> condition) =>
        fleet.UntilAsync(async () => await ValuesAsync(fleet) is { Count: > 0 } values && condition(values), "values arrive");

    private static async Task GoThroughAsync(TestNode node, FaultProxy proxy)
    {
        var path = $"{node.Identity}/agent.json";
        var settings = JsonNode.Parse(await File.ReadAllTextAsync(path, Cancellation))!;
        settings["server"] = new UriBuilder((string)settings["server"]!) { Port = proxy.Port }.Uri.ToString();
        await File.WriteAllTextAsync(path, settings.ToJsonString(), Cancellation);
    }
}

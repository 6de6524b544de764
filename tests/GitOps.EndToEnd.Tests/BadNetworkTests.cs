using System.Text.Json.Nodes;
using GitOps.Agent;
using GitOps.EndToEnd.Tests.Fleet;
using GitOps.TestKit.Net;

namespace GitOps.EndToEnd.Tests;

/// <summary>The network between a node and its control plane is bad in every way a network can be.</summary>
public sealed class BadNetworkTests
{
    private const string Node = "press-1";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Whatever_the_network_does_the_node_goes_on_and_catches_up_by_itself()
    {
        await using var fleet = new TestFleet(ControlPlaneProcess.Embedded);
        var revision = await fleet.StartAsync([], ("fleet.yaml", Yaml.Fleet() + Yaml.Node(Node, $"{fleet.HomeOf(Node)}/root")), Things(0));
        var node = await fleet.EnrolAsync(Node);
        await using var store = new FaultProxy(fleet.ControlPlane.NodePort);
        await using var broker = new FaultProxy(fleet.ControlPlane.BrokerPort);
        await GoThroughAsync(node, store, broker);
        node.Start(pollMs: 100);
        await fleet.ConvergedAsync(revision);
        var steady = node.ProcessOf("steady");

        var version = 0;
        foreach (var (name, begin, end) in Faults())
        {
            foreach (var proxy in new[] { store, broker })
            {
                begin(proxy);
            }

            revision = fleet.Git.CommitAndPush(name, Things(++version));
            await fleet.UntilAsync(async () => (await fleet.StatusAsync()).Published == revision, "it is published");
            // The fault lasts until the node has met it: something of it was tried anew, or nothing can get through at all.
            await Task.Delay(300, Cancellation); // how long a fault lasts is the point
            Assert.Equal((name, steady), (name, node.ProcessOf("steady")));
            foreach (var proxy in new[] { store, broker })
            {
                end(proxy);
            }

            await fleet.ConvergedAsync(revision);
            Assert.Equal((name, Large(version), steady), (name, node.Read("blob"), node.ProcessOf("steady")));
        }

        await fleet.PlanIsEmptyAsync(node);
        await fleet.WasNeverToldAsync(Node, AgentCodes.Bug, AgentCodes.StateLost, AgentCodes.Unhealthy, AgentCodes.ReportsDropped);
    }

    [Fact]
    [Trait("needs", "iptables")]
    public async Task When_the_kernel_drops_the_packets_of_one_direction_the_node_goes_on_and_catches_up()
    {
        await using var fleet = new TestFleet(ControlPlaneProcess.Embedded);
        var revision = await fleet.StartAsync([], ("fleet.yaml", Yaml.Fleet() + Yaml.Node(Node, $"{fleet.HomeOf(Node)}/root")), Things(0));
        var node = await fleet.EnrolAsync(Node);
        node.Start(pollMs: 100);
        await fleet.ConvergedAsync(revision);
        var steady = node.ProcessOf("steady");
        foreach (var isUp in new[] { true, false })
        {
            await using (await PacketLoss.BeginAsync(isUp, Cancellation, fleet.ControlPlane.NodePort, fleet.ControlPlane.BrokerPort))
            {
                revision = fleet.Git.CommitAndPush("next", Things(isUp ? 1 : 2));
                await fleet.UntilAsync(async () => (await fleet.StatusAsync()).Published == revision, "it is published");
                await Task.Delay(500, Cancellation); // how long the loss lasts is the point
            }

            await fleet.ConvergedAsync(revision);
            Assert.Equal((Large(isUp ? 1 : 2), steady), (node.Read("blob"), node.ProcessOf("steady")));
        }

        await fleet.WasNeverToldAsync(Node, AgentCodes.Bug, AgentCodes.StateLost, AgentCodes.Unhealthy, AgentCodes.ReportsDropped);
    }

    private static IEnumerable<(string Name, Action<FaultProxy> Begin, Action<FaultProxy> End)> Faults()
    {
        static void CutNow(FaultProxy proxy) => proxy.Cut();
        yield return ("refused and cut", p => { p.Refuses = true; p.Cut(); }, p => p.Refuses = false);
        yield return ("cut after some bytes, again and again", p => p.CutAfter(3_000), CutNow);
        yield return ("slow", p => p.Delay = TimeSpan.FromMilliseconds(40), p => p.Delay = TimeSpan.Zero);
        // A link that comes back after a loss finds its connections out of step: the other end answers with a reset.
        yield return ("half-open", p => p.IsSilent = true, p => { p.IsSilent = false; p.Cut(); });
        yield return ("what the node says is lost", p => p.DropsUp = true, p => { p.DropsUp = false; p.Cut(); });
        yield return ("what the node is told is lost", p => p.DropsDown = true, p => { p.DropsDown = false; p.Cut(); });
    }

    private static async Task GoThroughAsync(TestNode node, FaultProxy store, FaultProxy broker)
    {
        var path = $"{node.Identity}/agent.json";
        var settings = JsonNode.Parse(await File.ReadAllTextAsync(path, Cancellation))!;
        settings["server"] = Through((string)settings["server"]!, store);
        settings["broker"] = Through((string)settings["broker"]!, broker);
        await File.WriteAllTextAsync(path, settings.ToJsonString(), Cancellation);
    }

    private static string Through(string url, FaultProxy proxy) => new UriBuilder(url) { Port = proxy.Port }.Uri.ToString();

    private static (string Path, string Content) Things(int version) => ("things.yaml", Yaml.Sleeper("steady") + Yaml.File("blob", Large(version)));

    private static string Large(int version) => string.Concat(Enumerable.Repeat($"version {version}\n", 3_000));
}

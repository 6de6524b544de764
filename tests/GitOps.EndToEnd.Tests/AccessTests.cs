using GitOps.Bundles;
using GitOps.Bundles.Reports;
using GitOps.EndToEnd.Tests.Fleet;
using GitOps.Platform.Files;
using GitOps.Platform.Http;
using GitOps.Platform.Mqtt;
using GitOps.Platform.Tls;

namespace GitOps.EndToEnd.Tests;

/// <summary>A node is served what is its own, whatever it asks for; who shows no certificate is served nothing.</summary>
public sealed class AccessTests
{
    private const string Own = "press-1";
    private const string Other = "press-2";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_node_reads_and_writes_its_own_and_a_stranger_nothing()
    {
        await using var fleet = new TestFleet(ControlPlaneProcess.Embedded);
        await fleet.StartAsync(
            [],
            ("fleet.yaml", Yaml.Fleet() + Yaml.Node(Own, "/srv/one") + Yaml.Node(Other, "/srv/two")), ("things.yaml", Yaml.File("motd", "hello")));
        await fleet.EnrolAsync(Own);
        await fleet.EnrolAsync(Other);
        var pointer = StorePaths.Pointer(Yaml.Uid, Own);
        var theirs = StorePaths.Pointer(Yaml.Uid, Other);

        using var node = Http(fleet, Own);
        await fleet.UntilAsync(async () => await node.GetAsync(pointer, etag: null, Cancellation) is HttpAnswer.Content, "a node gets its own pointer");
        Assert.True(IsRefused(await node.GetAsync(theirs, etag: null, Cancellation)));
        Assert.True(IsRefused(await node.PostJsonAsync($"v1/{Yaml.Uid}/reports", ReportJson.Write(Report(Other)), Cancellation)));

        using var stranger = Http(fleet, identity: null);
        Assert.IsNotType<HttpAnswer.Content>(await stranger.GetAsync(pointer, etag: null, Cancellation));
        Assert.IsNotType<HttpAnswer.Content>(await stranger.GetAsync($"v1/{Yaml.Uid}/head", etag: null, Cancellation));

        await IsTurnedAwayAsync(fleet, Own, Topics.Hint(Yaml.Uid, Other));
        await IsTurnedAwayAsync(fleet, identity: null, Topics.Hint(Yaml.Uid, Own));

        await using (var link = Link(fleet, Own, Topics.Ack(Yaml.Uid, Own)))
        {
            // Whatever became of the other node's report: one of its own, sent after it, is booked and that one is not.
            await fleet.UntilAsync(() => link.State is MqttLinkState.Connected, "a node connects to the broker");
            await link.PublishAsync(Topics.Report(Yaml.Uid, Other), ReportJson.Write(Report(Other)), MqttQuality.AtLeastOnce, retain: false, Cancellation);
            await fleet.UntilAsync(
                async () =>
                {
                    await link.PublishAsync(Topics.Report(Yaml.Uid, Own), ReportJson.Write(Report(Own)), MqttQuality.AtLeastOnce, retain: false, Cancellation);
                    return await fleet.ReportAsync(Own) is not null;
                },
                "a node's own report is booked");
            Assert.Null(await fleet.ReportAsync(Other));
            while (link.Messages.TryRead(out var message))
            {
                Assert.Equal(Topics.Ack(Yaml.Uid, Own), message.Topic);
            }
        }
    }

    /// <summary>The broker answers, and gives this subscription to nobody who shows that certificate.</summary>
    private static async Task IsTurnedAwayAsync(TestFleet fleet, string? identity, string topic)
    {
        await using var link = Link(fleet, identity, topic);
        await fleet.UntilAsync(
            () =>
            {
                Assert.IsNotType<MqttLinkState.Connected>(link.State);
                return link.State is MqttLinkState.Disconnected;
            },
            $"{identity ?? "who shows no certificate"} is turned away from {topic}");
    }

    private static bool IsRefused(HttpAnswer answer) => answer is HttpAnswer.NotFound or HttpAnswer.Refused { Status: 403 };

    private static NodeReport Report(string node) => new()
    {
        Fleet = Yaml.Uid,
        Node = node,
        BootId = "0123456789abcdef0123456789abcdef",
        Sequence = 1,
        Time = TimeProvider.System.GetUtcNow(),
        Agent = new AgentVersion("0.1.0", 1),
        Phase = NodePhase.Waiting,
    };

    private static NodeHttp Http(TestFleet fleet, string? identity) => new(
        new NodeHttpOptions(new Uri($"https://127.0.0.1:{fleet.ControlPlane.NodePort}"))
        {
            Identity = identity is null ? null : Identity(fleet[identity]),
            Verifier = Verifier(fleet[Own]),
        },
        TimeProvider.System);

    private static MqttLink Link(TestFleet fleet, string? identity, params string[] topics)
    {
        var options = new MqttLinkOptions(new Uri($"mqtts://127.0.0.1:{fleet.ControlPlane.BrokerPort}"), identity ?? Own)
        {
            Identity = identity is null ? null : Identity(fleet[identity]),
            Verifier = Verifier(fleet[Own]),
            Subscriptions = [.. topics.Select(t => new MqttSubscription(t))],
        };
        var link = new MqttLink(options, TimeProvider.System, Random.Shared);
        link.Start();
        return link;
    }

    private static System.Security.Cryptography.X509Certificates.X509Certificate2 Identity(TestNode node) =>
        CertificateFiles.LoadIdentity(DiskFileLayer.Host, $"{node.Identity}/node.crt", $"{node.Identity}/node.key");

    private static PeerVerifier Verifier(TestNode node) => new(
        CertificateFiles.LoadAuthorities(DiskFileLayer.Host, $"{node.Identity}/ca.crt"), PeerRole.Server, TimeProvider.System.GetUtcNow);
}

using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using GitOps.Bundles;
using GitOps.Bundles.Reports;
using GitOps.Platform.Mqtt;
using GitOps.TestKit;
using static GitOps.ControlPlane.Tests.Distribution.TestReports;

namespace GitOps.ControlPlane.Tests.Distribution.Mqtt;

/// <summary>One behaviour for nodes, whoever the broker is.</summary>
public sealed class BrokerTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(BrokerKind.Embedded)]
    [InlineData(BrokerKind.Mosquitto)]
    [Trait("needs", "mosquitto")]
    public async Task A_report_is_booked_and_acknowledged(BrokerKind kind)
    {
        await using var stand = await BrokerStand.StartAsync(kind, Token);
        await using var node = await ConnectAsync(stand, "press-1");

        await SendUntilAcknowledgedAsync(node, "press-1", Report("press-1", "a", 1));
        await SendUntilAcknowledgedAsync(node, "press-1", Report("press-1", "a", 2));

        Assert.Equal(2, stand.Plane.Reader.Count("press-1", "a"));
        Assert.True(stand.Plane.Status.Of("press-1").IsOnline);
    }

    [Theory]
    [InlineData(BrokerKind.Embedded)]
    [InlineData(BrokerKind.Mosquitto)]
    [Trait("needs", "mosquitto")]
    public async Task A_hint_reaches_the_node_that_listens_and_the_one_that_comes_later(BrokerKind kind)
    {
        await using var stand = await BrokerStand.StartAsync(kind, Token);
        await using var here = await ConnectAsync(stand, "press-1");
        stand.Plane.Hints.Set("press-1", 17);
        stand.Plane.Hints.Set("press-2", 18);

        // An external broker may not be reached yet: the hint is then sent on connecting.
        await stand.Broker.HintAsync(["press-1", "press-2"], Token);
        Assert.Equal(17, await HintAsync(here));

        await using var later = await ConnectAsync(stand, "press-2");
        Assert.Equal(18, await HintAsync(later));
    }

    [Theory]
    [InlineData(BrokerKind.Embedded)]
    [InlineData(BrokerKind.Mosquitto)]
    [Trait("needs", "mosquitto")]
    public async Task A_node_reads_no_topic_but_its_own(BrokerKind kind)
    {
        await using var stand = await BrokerStand.StartAsync(kind, Token);
        await using var own = await ConnectAsync(stand, "press-1");
        foreach (var topic in new[] { Topics.Hint(Fleet, "press-2"), Topics.Ack(Fleet, "press-2"), Topics.Report(Fleet, "+"), "#" })
        {
            await using var spy = Link(stand, "press-2x", stand.Plane.Identity("press-2x"), topic);
            spy.Start();
            stand.Plane.Hints.Set("press-2", 1);
            await stand.Broker.HintAsync(["press-2"], Token);
            await SendUntilAcknowledgedAsync(own, "press-1", Report("press-1", topic.Replace('/', '-'), 1));
            Assert.False(spy.Messages.TryRead(out _), $"{topic} was read");
        }
    }

    [Theory]
    [InlineData(BrokerKind.Embedded)]
    [InlineData(BrokerKind.Mosquitto)]
    [Trait("needs", "mosquitto")]
    public async Task A_node_reports_for_nobody_else(BrokerKind kind)
    {
        await using var stand = await BrokerStand.StartAsync(kind, Token);
        await using var node = await ConnectAsync(stand, "press-1");
        var foreign = Report("press-2", "a", 1);

        await node.PublishAsync(Topics.Report(Fleet, "press-2"), ReportJson.Write(foreign), MqttQuality.AtLeastOnce, false, Token);
        await node.PublishAsync(Topics.Report(Fleet, "press-1"), ReportJson.Write(foreign), MqttQuality.AtLeastOnce, false, Token);
        await SendUntilAcknowledgedAsync(node, "press-1", Report("press-1", "a", 1));

        Assert.Equal(0, stand.Plane.Reader.Count("press-2", "a"));
    }

    [Theory]
    [InlineData(BrokerKind.Embedded)]
    [InlineData(BrokerKind.Mosquitto)]
    [Trait("needs", "mosquitto")]
    public async Task A_node_that_enrolled_by_itself_uses_its_own_topics_and_none_once_it_is_revoked(BrokerKind kind)
    {
        await using var stand = await BrokerStand.StartAsync(kind, Token);
        using var identity = await stand.Plane.EnrolAsync("press-1", Token);
        await using var other = await ConnectAsync(stand, "press-2");
        stand.Plane.Hints.Set("press-2", 18);
        await stand.Broker.HintAsync(["press-2"], Token);
        foreach (var topic in new[] { Topics.Hint(Fleet, "press-2"), Topics.Ack(Fleet, "press-2"), Topics.Report(Fleet, "+"), Topics.Hint(Fleet, "+") })
        {
            await using var spy = Link(stand, "press-1", identity, topic);
            spy.Start();
            await SendUntilAcknowledgedAsync(other, "press-2", Report("press-2", topic.Replace('/', '-'), 1));
            Assert.False(spy.Messages.TryRead(out _), $"{topic} was read");
        }

        await using var node = Link(stand, "press-1", identity, Topics.Hint(Fleet, "press-1"), Topics.Ack(Fleet, "press-1"));
        node.Start();
        await node.PublishAsync(Topics.Report(Fleet, "press-2"), ReportJson.Write(Report("press-2", "a", 1)), MqttQuality.AtLeastOnce, false, Token);
        await node.PublishAsync(Topics.Hint(Fleet, "press-2"), ReportJson.Write(new Hint(99)), MqttQuality.AtLeastOnce, true, Token);
        await SendUntilAcknowledgedAsync(node, "press-1", Report("press-1", "a", 1));
        Assert.Equal((1, 0), (stand.Plane.Reader.Count("press-1", "a"), stand.Plane.Reader.Count("press-2", "a")));
        while (other.Messages.TryRead(out var message))
        {
            Assert.NotEqual(99, ReportJson.TryReadHint(message.Payload.Span)?.Generation);
        }

        await stand.RevokeAsync("press-1", Token);
        await Eventually.BecomesTrue(() => node.State is MqttLinkState.Disconnected, TimeSpan.FromSeconds(60), Token);
        await using var again = Link(stand, "press-1", identity, Topics.Hint(Fleet, "press-1"));
        again.Start();
        await Eventually.BecomesTrue(() => again.State is MqttLinkState.Disconnected, TimeSpan.FromSeconds(60), Token);
        await SendUntilAcknowledgedAsync(other, "press-2", Report("press-2", "b", 1));
        Assert.IsNotType<MqttLinkState.Connected>(node.State);
    }

    [Theory]
    [InlineData(BrokerKind.Embedded)]
    [InlineData(BrokerKind.Mosquitto)]
    [Trait("needs", "mosquitto")]
    public async Task A_certificate_of_another_authority_is_not_let_in(BrokerKind kind)
    {
        await using var stand = await BrokerStand.StartAsync(kind, Token);
        await using var forged = Link(stand, "press-1", stand.Plane.ForgedIdentity("press-1"), Topics.Hint(Fleet, "press-1"));
        await using var nameless = Link(stand, "press-1", identity: null, Topics.Hint(Fleet, "press-1"));

        forged.Start();
        nameless.Start();

        await Eventually.BecomesTrue(() => forged.State is MqttLinkState.Disconnected, cancellationToken: Token);
        await Eventually.BecomesTrue(() => nameless.State is MqttLinkState.Disconnected, cancellationToken: Token);
    }

    [Fact]
    public async Task The_embedded_broker_takes_no_other_client_id_and_no_other_fleet()
    {
        await using var stand = await BrokerStand.StartAsync(BrokerKind.Embedded, Token);
        await using var renamed = Link(stand, "press-2", stand.Plane.Identity("press-1"), Topics.Hint(Fleet, "press-2"));
        await using var stranger = Link(stand, "press-1", stand.Plane.Identity("press-1", "other-fleet"), Topics.Hint(Fleet, "press-1"));

        renamed.Start();
        stranger.Start();

        await Eventually.BecomesTrue(() => renamed.State is MqttLinkState.Disconnected, cancellationToken: Token);
        await Eventually.BecomesTrue(() => stranger.State is MqttLinkState.Disconnected, cancellationToken: Token);
    }

    [Fact]
    public async Task The_session_of_a_replaced_identity_ends_and_the_new_one_is_let_in()
    {
        await using var stand = await BrokerStand.StartAsync(BrokerKind.Embedded, Token);
        await using var old = await ConnectAsync(stand, "press-1");
        await using var other = await ConnectAsync(stand, "press-2");

        var identity = stand.Plane.ReplaceIdentity("press-1");

        await Eventually.BecomesTrue(() => old.State is MqttLinkState.Disconnected, cancellationToken: Token);
        await using var renewed = Link(stand, "press-1", identity, Topics.Hint(Fleet, "press-1"), Topics.Ack(Fleet, "press-1"));
        renewed.Start();
        await SendUntilAcknowledgedAsync(renewed, "press-1", Report("press-1", "b", 1));
        Assert.IsNotType<MqttLinkState.Connected>(old.State);
        Assert.IsType<MqttLinkState.Connected>(other.State);
    }

    [Fact]
    public async Task A_packet_above_the_limit_ends_the_connection_before_it_is_sent_and_the_largest_report_passes()
    {
        await using var stand = await BrokerStand.StartAsync(BrokerKind.Embedded, Token);
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, stand.Port, Token);
        await using var tls = new SslStream(socket.GetStream());
        await tls.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = "localhost",
                ClientCertificates = [stand.Plane.Identity("press-1")],
                RemoteCertificateValidationCallback = stand.Plane.Servers.AsCallback("localhost"),
            },
            Token);
        // PUBLISH, of the largest length MQTT knows. Without a limit the broker would make room and wait for it.
        await tls.WriteAsync(new byte[] { 0x30, 0xFF, 0xFF, 0xFF, 0x7F }, Token);
        Assert.True(await IsClosedAsync(tls), "the connection is still open");

        await using var node = await ConnectAsync(stand, "press-1");
        var empty = ReportJson.Write(Report("press-1", "a", 1, oldest: null, Event(""))).Length;
        var largest = Report("press-1", "a", 1, oldest: null, Event(new string('x', NodeReport.MaxBytes - empty)));
        Assert.Equal(NodeReport.MaxBytes, ReportJson.Write(largest).Length);
        await SendUntilAcknowledgedAsync(node, "press-1", largest);
    }

    private static async Task<bool> IsClosedAsync(Stream stream)
    {
        try
        {
            return await stream.ReadAsync(new byte[1], Token).AsTask().WaitAsync(TimeSpan.FromSeconds(30), Token) == 0;
        }
        catch (IOException)
        {
            return true;
        }
    }

    [Fact]
    public async Task The_session_says_that_a_node_is_there_and_that_it_left()
    {
        await using var stand = await BrokerStand.StartAsync(BrokerKind.Embedded, Token);
        List<string> changed = [];
        stand.Plane.Status.NodeChanged += changed.Add;

        await using (await ConnectAsync(stand, "press-1"))
        {
            await Eventually.BecomesTrue(() => stand.Plane.Status.Of("press-1").IsOnline, cancellationToken: Token);
        }

        Assert.Equal(["press-1"], changed);
    }

    [Fact]
    [Trait("needs", "mosquitto")]
    public async Task A_broker_that_forgot_its_hints_is_told_them_again()
    {
        await using var stand = await BrokerStand.StartAsync(BrokerKind.Mosquitto, Token);
        stand.Plane.Hints.Set("press-1", 17);
        await stand.Broker.HintAsync(["press-1"], Token);

        await stand.RestartMosquittoAsync(Token);

        await using var node = await ConnectAsync(stand, "press-1");
        Assert.Equal(17, await HintAsync(node));
    }

    private static MqttLink Link(BrokerStand stand, string clientId, X509Certificate2? identity, params string[] topics) => new(
        new MqttLinkOptions(stand.Address, clientId)
        {
            Identity = identity,
            Verifier = stand.Plane.Servers,
            Subscriptions = [.. topics.Select(topic => new MqttSubscription(topic))],
            InitialBackoff = TimeSpan.FromMilliseconds(50),
        },
        TimeProvider.System,
        Random.Shared);

    private static async Task<MqttLink> ConnectAsync(BrokerStand stand, string node)
    {
        var link = Link(stand, node, stand.Plane.Identity(node), Topics.Hint(Fleet, node), Topics.Ack(Fleet, node));
        link.Start();
        await Eventually.BecomesTrue(() => link.State is MqttLinkState.Connected, TimeSpan.FromSeconds(30), Token);
        return link;
    }

    private static async Task<long> HintAsync(MqttLink node)
    {
        await foreach (var message in node.Messages.ReadAllAsync(Token))
        {
            if (ReportJson.TryReadHint(message.Payload.Span) is { } hint && message.Topic.EndsWith("/hint", StringComparison.Ordinal))
            {
                return hint.Generation;
            }
        }

        throw new InvalidOperationException("the link was closed");
    }

    /// <summary>As an agent does: again and again until the ack, because the control plane may not listen yet.</summary>
    private static Task SendUntilAcknowledgedAsync(MqttLink node, string name, NodeReport report) =>
        Eventually.BecomesTrue(
            async () =>
            {
                await node.PublishAsync(Topics.Report(Fleet, name), ReportJson.Write(report), MqttQuality.AtLeastOnce, false, Token);
                while (node.Messages.TryRead(out var message))
                {
                    if (message.Topic == Topics.Ack(Fleet, name) && ReportJson.TryReadAck(message.Payload.Span) == new Ack(report.BootId, report.Sequence))
                    {
                        return true;
                    }
                }

                return false;
            },
            TimeSpan.FromSeconds(30),
            Token);
}

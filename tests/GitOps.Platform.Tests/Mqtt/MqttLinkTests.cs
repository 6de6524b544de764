using System.Text;
using System.Threading.Channels;
using GitOps.Platform.Files;
using GitOps.Platform.Mqtt;
using GitOps.Platform.Tls;
using GitOps.TestKit;
using GitOps.TestKit.Mqtt;
using GitOps.TestKit.Net;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using MQTTnet.Server;

namespace GitOps.Platform.Tests.Mqtt;

public sealed class MqttLinkTests : IDisposable
{
    private static readonly TimeSpan Year = TimeSpan.FromDays(365);
    private readonly TempDirectory _directory = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    [Trait("needs", "mosquitto")]
    public async Task Messages_go_through_mosquitto_and_are_acknowledged()
    {
        await using var broker = await TestMosquitto.StartAsync(null, Cancellation);
        await SendsAndReceivesAsync($"mqtt://127.0.0.1:{broker.Port}");
    }

    [Fact]
    public async Task Messages_go_through_an_embedded_broker_and_are_acknowledged()
    {
        var port = FreePort.Next();
        using var server = new MqttServerFactory().CreateMqttServer(
            new MqttServerOptionsBuilder().WithDefaultEndpoint().WithDefaultEndpointPort(port).Build());
        await server.StartAsync();
        await SendsAndReceivesAsync($"mqtt://127.0.0.1:{port}");
        await server.StopAsync();
    }

    [Fact]
    [Trait("needs", "mosquitto")]
    public async Task Messages_go_over_a_web_socket()
    {
        await using var broker = await TestMosquitto.StartAsync(null, Cancellation);
        await using var bridge = await WebSocketBridge.StartAsync(broker.Port, https: null, Cancellation);
        await SendsAndReceivesAsync($"ws://127.0.0.1:{bridge.Port}/mqtt");
    }

    [Fact]
    [Trait("needs", "mosquitto")]
    public async Task Both_sides_show_certificates_of_the_fleet()
    {
        using var authority = Authority("ca");
        await using var broker = await StartTlsAsync(authority);
        var node = authority.IssueNode("press-1", "fleet", Year).ToIdentity();
        await SendsAndReceivesAsync(
            $"mqtts://127.0.0.1:{broker.Port}",
            options => options with { Identity = node, Verifier = Verifier(authority) });
    }

    [Fact]
    [Trait("needs", "mosquitto")]
    public async Task Both_sides_show_certificates_of_the_fleet_over_a_web_socket()
    {
        using var authority = Authority("ca");
        await using var broker = await TestMosquitto.StartAsync(null, Cancellation);
        var judge = new PeerVerifier([authority.Certificate], PeerRole.Client, TimeProvider.System.GetUtcNow).AsCallback(name: null);
        await using var bridge = await WebSocketBridge.StartAsync(
            broker.Port,
            https =>
            {
                https.ServerCertificate = authority.IssueServer(["127.0.0.1"], Year).ToIdentity();
                https.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
                https.ClientCertificateValidation = (seen, chain, errors) => judge(this, seen, chain, errors);
            },
            Cancellation);
        var node = authority.IssueNode("press-1", "fleet", Year).ToIdentity();
        await SendsAndReceivesAsync(
            $"wss://127.0.0.1:{bridge.Port}/mqtt",
            options => options with { Identity = node, Verifier = Verifier(authority) });
    }

    [Fact]
    [Trait("needs", "mosquitto")]
    public async Task A_broker_of_another_authority_is_refused_and_the_reason_told()
    {
        using var ours = Authority("ours");
        using var theirs = Authority("theirs");
        await using var broker = await StartTlsAsync(theirs);
        await using var client = new Client($"mqtts://127.0.0.1:{broker.Port}", "press-1", options => options with
        {
            Identity = ours.IssueNode("press-1", "fleet", Year).ToIdentity(),
            Verifier = Verifier(ours),
        });
        var state = await client.BecomesAsync<MqttLinkState.Disconnected>();
        Assert.Contains("not who it should be", state.Because, StringComparison.Ordinal);
        Assert.False(await client.Link.PublishAsync("a", default, MqttQuality.AtLeastOnce, retain: false, Cancellation));
    }

    [Fact]
    [Trait("needs", "mosquitto")]
    public async Task It_comes_back_after_the_broker_did_and_hears_its_topics_again()
    {
        await using var broker = await TestMosquitto.StartAsync(null, Cancellation);
        await using var client = new Client($"mqtt://127.0.0.1:{broker.Port}", "a", Listening);
        await client.BecomesAsync<MqttLinkState.Connected>();
        await broker.StopAsync();
        await client.BecomesAsync<MqttLinkState.Disconnected>();
        Assert.False(await client.Link.PublishAsync("t/1", default, MqttQuality.AtLeastOnce, retain: false, Cancellation));
        await broker.StartAgainAsync(Cancellation);
        await client.BecomesAsync<MqttLinkState.Connected>();
        Assert.True(await client.Link.PublishAsync("t/1", "again"u8.ToArray(), MqttQuality.AtLeastOnce, retain: false, Cancellation));
        Assert.Equal("again", Text(await client.Link.Messages.ReadAsync(Cancellation)));
    }

    [Fact]
    [Trait("needs", "mosquitto")]
    public async Task A_silent_network_is_no_acknowledgement()
    {
        await using var broker = await TestMosquitto.StartAsync(null, Cancellation);
        await using var proxy = new FaultProxy(broker.Port);
        await using var client = new Client(
            $"mqtt://127.0.0.1:{proxy.Port}", "a", options => options with { Timeout = TimeSpan.FromMilliseconds(300) });
        await client.BecomesAsync<MqttLinkState.Connected>();
        proxy.IsSilent = true;
        Assert.False(await client.Link.PublishAsync("t/1", default, MqttQuality.AtLeastOnce, retain: false, Cancellation));
        proxy.IsSilent = false;
        proxy.Cut();
        await client.BecomesAsync<MqttLinkState.Disconnected>();
        await client.BecomesAsync<MqttLinkState.Connected>();
    }

    [Fact]
    [Trait("needs", "mosquitto")]
    public async Task A_link_with_nothing_to_say_gives_signs_of_life_and_is_kept()
    {
        await using var broker = await TestMosquitto.StartAsync(null, Cancellation);
        await using var proxy = new FaultProxy(broker.Port);
        await using var watcher = new Client($"mqtt://127.0.0.1:{broker.Port}", "watcher", Listening);
        await watcher.BecomesAsync<MqttLinkState.Connected>();
        await using var quiet = new Client(
            $"mqtt://127.0.0.1:{proxy.Port}", "quiet", options => options with { KeepAlive = TimeSpan.FromSeconds(1), WillTopic = "t/quiet" });
        await quiet.BecomesAsync<MqttLinkState.Connected>();
        var passed = proxy.BytesPassed;
        // Three questions and answers of two bytes each.
        await Eventually.BecomesTrue(() => proxy.BytesPassed >= passed + 12, TimeSpan.FromSeconds(30), Cancellation);
        Assert.IsType<MqttLinkState.Connected>(quiet.Link.State);
        proxy.DropsUp = true;
        // The broker was told of one second, and counts a silent client as gone after one and a half.
        Assert.Equal("t/quiet", (await watcher.Link.Messages.ReadAsync(Cancellation)).Topic);
    }

    [Fact]
    [Trait("needs", "mosquitto")]
    public async Task A_connection_that_fell_silent_is_given_up_and_made_anew()
    {
        await using var broker = await TestMosquitto.StartAsync(null, Cancellation);
        await using var proxy = new FaultProxy(broker.Port);
        await using var client = new Client(
            $"mqtt://127.0.0.1:{proxy.Port}", "a",
            options => options with { KeepAlive = TimeSpan.FromSeconds(1), Timeout = TimeSpan.FromMilliseconds(300) });
        await client.BecomesAsync<MqttLinkState.Connected>();
        proxy.IsSilent = true;
        var lost = await client.BecomesAsync<MqttLinkState.Disconnected>();
        Assert.Contains("sign of life", lost.Because, StringComparison.Ordinal);
        proxy.IsSilent = false;
        await client.BecomesAsync<MqttLinkState.Connected>();
    }

    [Fact]
    [Trait("needs", "mosquitto")]
    public async Task The_will_is_told_after_a_cut_and_not_after_a_goodbye()
    {
        await using var broker = await TestMosquitto.StartAsync(null, Cancellation);
        await using var watcher = new Client($"mqtt://127.0.0.1:{broker.Port}", "watcher", Listening);
        await watcher.BecomesAsync<MqttLinkState.Connected>();
        await using var proxy = new FaultProxy(broker.Port);
        await using var leaves = new Client($"mqtt://127.0.0.1:{proxy.Port}", "leaves", options => options with { WillTopic = "t/goodbye" });
        await leaves.BecomesAsync<MqttLinkState.Connected>();
        await leaves.DisposeAsync();
        await using var dies = new Client($"mqtt://127.0.0.1:{proxy.Port}", "dies", options => options with { WillTopic = "t/cut" });
        await dies.BecomesAsync<MqttLinkState.Connected>();
        proxy.Cut();
        var will = await watcher.Link.Messages.ReadAsync(Cancellation);
        Assert.Equal(("t/cut", 0), (will.Topic, will.Payload.Length));
    }

    [Fact]
    [Trait("needs", "mosquitto")]
    public async Task A_reader_that_is_behind_loses_nothing_that_was_to_be_acknowledged()
    {
        await using var broker = await TestMosquitto.StartAsync(null, Cancellation);
        await using var reader = new Client(
            $"mqtt://127.0.0.1:{broker.Port}", "reader", options => Listening(options) with { QueueLimit = 4 });
        await reader.BecomesAsync<MqttLinkState.Connected>();
        await using var sender = new Client($"mqtt://127.0.0.1:{broker.Port}", "sender");
        await sender.BecomesAsync<MqttLinkState.Connected>();
        for (var i = 0; i < 50; i++)
        {
            Assert.True(await sender.Link.PublishAsync("t/n", Encoding.UTF8.GetBytes($"{i}"), MqttQuality.AtLeastOnce, false, Cancellation));
        }

        for (var i = 0; i < 50; i++)
        {
            Assert.Equal($"{i}", Text(await reader.Link.Messages.ReadAsync(Cancellation)));
        }

        Assert.Equal(0, reader.Link.Dropped);
    }

    [Fact]
    public async Task A_broker_that_is_not_there_is_a_state_and_not_an_exception()
    {
        await using var client = new Client($"mqtt://127.0.0.1:{FreePort.Next()}", "a");
        await client.BecomesAsync<MqttLinkState.Disconnected>();
        await client.BecomesAsync<MqttLinkState.Disconnected>();
    }

    [Fact]
    public void A_url_of_another_kind_is_our_bug() =>
        Assert.Throws<ArgumentException>(() => new MqttLink(new MqttLinkOptions(new Uri("http://x"), "a"), TimeProvider.System, new Random(1)));

    [Fact]
    [Trait("needs", "mosquitto")]
    public async Task Many_messages_leave_together_in_order_and_beside_others()
    {
        await using var broker = await TestMosquitto.StartAsync(null, Cancellation);
        await using var client = new Client($"mqtt://127.0.0.1:{broker.Port}", "a", options => Listening(options) with { QueueLimit = 2_000 });
        await client.BecomesAsync<MqttLinkState.Connected>();
        var many = Enumerable.Range(0, 900).Select(i => KeyValuePair.Create($"t/{i}", Encoding.UTF8.GetBytes($"{i} {new string('x', 200)}"))).ToList();
        var all = client.Link.PublishAllAsync(many, retain: false, Cancellation);
        Assert.True(await client.Link.PublishAsync("t/beside", "one"u8.ToArray(), MqttQuality.AtLeastOnce, retain: false, Cancellation));
        Assert.True(await all);

        List<string> heard = [];
        while (heard.Count < many.Count + 1)
        {
            heard.Add((await client.Link.Messages.ReadAsync(Cancellation)).Topic);
        }

        Assert.Contains("t/beside", heard);
        Assert.Equal(many.Select(m => m.Key), heard.Where(topic => topic != "t/beside"));

        // Nothing is left behind in what was gathered.
        Assert.True(await client.Link.PublishAsync("t/after", "two"u8.ToArray(), MqttQuality.AtMostOnce, retain: false, Cancellation));
        Assert.Equal("t/after", (await client.Link.Messages.ReadAsync(Cancellation)).Topic);

        await broker.StopAsync();
        await client.BecomesAsync<MqttLinkState.Disconnected>();
        Assert.False(await client.Link.PublishAllAsync(many, retain: false, Cancellation));
    }

    private static async Task SendsAndReceivesAsync(string url, Func<MqttLinkOptions, MqttLinkOptions>? with = null)
    {
        await using var client = new Client(url, "a", options => Listening(with?.Invoke(options) ?? options));
        await client.BecomesAsync<MqttLinkState.Connected>();
        Assert.True(await client.Link.PublishAsync("t/1", "one"u8.ToArray(), MqttQuality.AtLeastOnce, retain: true, Cancellation));
        Assert.Equal("one", Text(await client.Link.Messages.ReadAsync(Cancellation)));
        Assert.True(await client.Link.PublishAsync("t/2", "two"u8.ToArray(), MqttQuality.AtMostOnce, retain: false, Cancellation));
        var second = await client.Link.Messages.ReadAsync(Cancellation);
        Assert.Equal(("t/2", "two", false), (second.Topic, Text(second), second.IsRetained));

        await using var later = new Client(url, "b", options => Listening(with?.Invoke(options) ?? options));
        var retained = await later.Link.Messages.ReadAsync(Cancellation);
        Assert.Equal(("one", true), (Text(retained), retained.IsRetained));
    }

    private static MqttLinkOptions Listening(MqttLinkOptions options) =>
        options with { Subscriptions = [new MqttSubscription("t/#")] };

    private static string Text(MqttMessage message) => Encoding.UTF8.GetString(message.Payload.Span);

    private CertificateAuthority Authority(string name) =>
        CertificateAuthority.OpenOrCreate(DiskFileLayer.Host, _directory[name], name, Year, TimeProvider.System);

    private static PeerVerifier Verifier(CertificateAuthority authority) =>
        new([authority.Certificate], PeerRole.Server, TimeProvider.System.GetUtcNow);

    private Task<TestMosquitto> StartTlsAsync(CertificateAuthority authority)
    {
        authority.IssueServer(["127.0.0.1", "localhost"], Year).Save(DiskFileLayer.Host, _directory["server.crt"], _directory["server.key"]);
        File.WriteAllText(_directory["ca.crt"], authority.CertificatePem);
        return TestMosquitto.StartAsync(
            [
                $"cafile {_directory["ca.crt"]}", $"certfile {_directory["server.crt"]}", $"keyfile {_directory["server.key"]}",
                "require_certificate true", "use_identity_as_username true",
            ],
            Cancellation);
    }

    /// <summary>A link, started, and the states it went through.</summary>
    private sealed class Client : IAsyncDisposable
    {
        private readonly Channel<MqttLinkState> _states = Channel.CreateUnbounded<MqttLinkState>();

        public Client(string url, string id, Func<MqttLinkOptions, MqttLinkOptions>? with = null)
        {
            var options = new MqttLinkOptions(new Uri(url), id)
            {
                InitialBackoff = TimeSpan.FromMilliseconds(20),
                MaximumBackoff = TimeSpan.FromMilliseconds(100),
            };
            Link = new MqttLink(with?.Invoke(options) ?? options, TimeProvider.System, new Random(1), state => _states.Writer.TryWrite(state));
            Link.Start();
        }

        public MqttLink Link { get; }

        public async Task<TState> BecomesAsync<TState>()
            where TState : MqttLinkState
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
            limit.CancelAfter(TimeSpan.FromSeconds(20));
            while (true)
            {
                if (await _states.Reader.ReadAsync(limit.Token) is TState state)
                {
                    return state;
                }
            }
        }

        public ValueTask DisposeAsync() => Link.DisposeAsync();
    }
}

using System.Net;
using GitOps.Bundles;
using GitOps.Bundles.Publications;
using GitOps.Bundles.Reports;
using GitOps.ControlPlane.Api;
using GitOps.ControlPlane.Git;
using GitOps.ControlPlane.Hosting;
using GitOps.ControlPlane.Identity;
using GitOps.ControlPlane.Store;
using GitOps.ControlPlane.Tests.Trust;
using GitOps.ControlPlane.Trust;
using GitOps.Platform.Age;
using GitOps.Platform.Files;
using GitOps.Platform.Mqtt;
using GitOps.Platform.Tls;
using GitOps.Reconciler.Guards;
using GitOps.TestKit;
using GitOps.TestKit.Git;
using GitOps.TestKit.Net;
using Microsoft.Extensions.Logging.Abstractions;

namespace GitOps.ControlPlane.Tests.Hosting;

/// <summary>A whole control plane on a real repository, real TLS, the embedded broker.</summary>
public sealed class ControlPlaneHostTests : IAsyncLifetime
{
    private const string Uid = "5b2f8f5e-6f0d-4f0a-9a4e-2f1f6f8f7c01";

    private const string Good = $$"""
        apiVersion: gitops.edge/v1
        kind: Fleet
        metadata: {name: test}
        spec:
          uid: {{Uid}}
          rollout: {strategy: allAtOnce}
        ---
        apiVersion: gitops.edge/v1
        kind: EdgeNode
        metadata: {name: press-1, labels: {role: press} }
        spec: {}
        ---
        apiVersion: gitops.edge/v1
        kind: ConfigFile
        metadata: {name: motd}
        spec:
          placement: {all: true}
          path: /srv/motd
          content: hello
        """;

    private readonly TempDirectory _directory = new();
    private readonly TestGit _git = new();
    private readonly HttpClient _http = new();
    private ControlPlaneHost? _host;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_host is not null)
        {
            await _host.DisposeAsync();
        }

        _http.Dispose();
        _git.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task A_push_reaches_its_node_and_the_nodes_report_reaches_people()
    {
        var revision = _git.CommitAndPush("first", ("fleet.yaml", Good));
        var settings = Settings();
        _host = await StartAsync(settings);
        await _host.Ready.WaitAsync(Token);
        var api = Client(_host);
        await Eventually.BecomesTrue(
            async () => (await StatusAsync(api)).Generation > 0, TimeSpan.FromSeconds(30), Token);

        var folder = _directory["press-1"];
        Assert.IsType<NodeEnrolled.Added>(
            NodeEnrolling.Add(settings, DiskFileLayer.Host, TimeProvider.System, "press-1", folder, force: false));
        var known = Assert.IsType<ApiAnswer<RecipientPage>.Ok>(await api.GetRecipientsAsync(Token)).Value.Recipients;
        Assert.Equal([new RecipientDocument("press-1", AgeIdentity.TryParse(await File.ReadAllTextAsync($"{folder}/seal.key", Token))!.Recipient.ToString())], known);
        using var identity = CertificateFiles.LoadIdentity(DiskFileLayer.Host, $"{folder}/node.crt", $"{folder}/node.key");
        var verifier = new PeerVerifier(
            CertificateFiles.LoadAuthorities(DiskFileLayer.Host, $"{folder}/ca.crt"), PeerRole.Server, TimeProvider.System.GetUtcNow);

        await using var link = new MqttLink(
            new MqttLinkOptions(new Uri($"mqtts://localhost:{((BrokerSetting.Embedded)settings.Broker).Endpoint.Port}"), "press-1")
            {
                Identity = identity,
                Verifier = verifier,
                Subscriptions = [new MqttSubscription(Topics.Hint(Uid, "press-1")), new MqttSubscription(Topics.Ack(Uid, "press-1"))],
            },
            TimeProvider.System,
            Random.Shared);
        link.Start();
        var hint = ReportJson.TryReadHint((await link.Messages.ReadAsync(Token)).Payload.Span)!;

        using var http = new HttpClient(Handler(identity, verifier)) { BaseAddress = _host.NodeAddress };
        var pointer = await http.GetByteArrayAsync(StorePaths.Pointer(Uid, "press-1"), Token);
        var root = Assert.IsType<RootReading.Trusted>(RootStatement.ReadFirst(await File.ReadAllBytesAsync($"{folder}/root.json", Token))).Root;
        var verdict = PointerCheck.Check(pointer, new PointerContext(Uid, "press-1", root.PublicationKeys, 0, null));
        var accepted = Assert.IsType<PointerVerdict.Accepted>(verdict);
        Assert.Equal((hint.Generation, revision), (accepted.Pointer.Leaf.Generation, accepted.Statement.Revision));

        var report = Distribution.TestReports.Report("press-1", "boot", 1) with
        {
            Fleet = Uid,
            Generation = hint.Generation,
            Bundle = accepted.Pointer.Leaf.Bundle,
            Revision = revision,
        };
        Assert.True(await link.PublishAsync(
            Topics.Report(Uid, "press-1"), ReportJson.Write(report), MqttQuality.AtLeastOnce, retain: false, Token));
        Assert.Equal(new Ack("boot", 1), ReportJson.TryReadAck((await link.Messages.ReadAsync(Token)).Payload.Span));

        var node = Assert.IsType<ApiAnswer<NodeDocument>.Ok>(await api.GetNodeAsync("press-1", Token)).Value;
        Assert.Equal(("converged", true, "press"), (node.Summary.Phase, node.Summary.Online, node.Summary.Labels["role"]));
        var status = await StatusAsync(api);
        Assert.Equal((revision, "published", 1), (status.Published, status.Latest!.Outcome, status.Counts.Current));
    }

    [Fact]
    public async Task A_broken_commit_changes_nothing_and_its_findings_are_there_to_see()
    {
        var good = _git.CommitAndPush("first", ("fleet.yaml", Good));
        _host = await StartAsync(Settings());
        await _host.Ready.WaitAsync(Token);
        var api = Client(_host);
        await Eventually.BecomesTrue(async () => (await StatusAsync(api)).Generation > 0, TimeSpan.FromSeconds(30), Token);

        var bad = _git.CommitAndPush("bad", ("bad.yaml", "apiVersion: gitops.edge/v1\nkind: ConfgFile\nmetadata: {name: x}\nspec: {}\n"));
        await api.SyncAsync(Token);
        await Eventually.BecomesTrue(
            async () => (await StatusAsync(api)).Latest is { Outcome: "rejected" }, TimeSpan.FromSeconds(30), Token);

        var status = await StatusAsync(api);
        Assert.Equal((good, bad), (status.Published, status.Latest!.Id));
        Assert.Equal("bad.yaml", status.Latest.Findings[0].File);
    }

    [Fact]
    public async Task Before_the_first_good_revision_people_see_what_is_waited_for()
    {
        _git.CommitAndPush("bad", ("fleet.yaml", "kind: Fleet\n"));
        _host = await StartAsync(Settings());
        var api = Client(_host);
        await Eventually.BecomesTrue(
            async () => (await StatusAsync(api)).Latest is { Outcome: "rejected", Findings.Count: > 0 }, TimeSpan.FromSeconds(30), Token);
        using var ready = await _http.GetAsync("readyz", Token);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        Assert.False(_host.Ready.IsCompleted);

        _git.CommitAndPush("good", ("fleet.yaml", Good));
        await api.SyncAsync(Token);

        await _host.Ready.WaitAsync(Token);
        Assert.Equal(Uid, (await StatusAsync(api)).Fleet);
    }

    [Fact]
    public async Task A_restart_goes_on_where_it_was()
    {
        _git.CommitAndPush("first", ("fleet.yaml", Good));
        var settings = Settings();
        _host = await StartAsync(settings);
        await _host.Ready.WaitAsync(Token);
        await Eventually.BecomesTrue(
            async () => (await StatusAsync(Client(_host))).Generation > 0, TimeSpan.FromSeconds(30), Token);
        var before = await StatusAsync(Client(_host));
        await _host.DisposeAsync();

        _host = await StartAsync(settings);
        Assert.True(_host.Ready.IsCompletedSuccessfully);
        using var http = new HttpClient { BaseAddress = _host.PeopleAddress };
        var api = new ApiClient(http, ReadToken());
        await Eventually.BecomesTrue(
            async () => (await StatusAsync(api)).Published == before.Published, TimeSpan.FromSeconds(30), Token);

        Assert.Equal(before.Generation, (await StatusAsync(api)).Generation);
    }

    [Fact]
    public async Task A_node_is_taken_out_over_the_API_hears_of_it_leaves_and_comes_back()
    {
        _git.CommitAndPush("first", ("fleet.yaml", Good));
        var settings = Settings();
        _host = await StartAsync(settings);
        await _host.Ready.WaitAsync(Token);
        var api = Client(_host);
        await Eventually.BecomesTrue(async () => (await StatusAsync(api)).Generation > 0, TimeSpan.FromSeconds(30), Token);
        var pointer = StorePaths.Pointer(Uid, "press-1");
        using var old = Enrol(settings, "first", force: false);
        await old.GetByteArrayAsync(pointer, Token);

        Assert.Equal(409, Assert.IsType<ApiAnswer<RemovalDocument>.Refused>(
            await api.RemoveNodeAsync("press-1", Decommission.Keep, force: false, lost: false, Token)).Status);
        var removed = Assert.IsType<ApiAnswer<RemovalDocument>.Ok>(
            await api.RemoveNodeAsync("press-1", Decommission.Keep, force: true, lost: false, Token)).Value;

        var leaf = Pointer.TryRead(await old.GetByteArrayAsync(pointer, Token))!.Leaf;
        Assert.Equal((Decommission.Keep, removed.Generation), (leaf.Decommission, leaf.Generation));
        var audit = Assert.IsType<ApiAnswer<AuditPage>.Ok>(await api.GetAuditAsync(10, Token)).Value.Entries;
        Assert.Equal(("node.remove", "press-1", "keep, against Git"), (audit[0].Action, audit[0].Subject, audit[0].Detail));
        Assert.Equal("keep", Assert.IsType<ApiAnswer<NodeDocument>.Ok>(await api.GetNodeAsync("press-1", Token)).Value.Summary.Removed);

        using var leaving = new ByteArrayContent(ReportJson.Write(
            Distribution.TestReports.Report("press-1", "boot", 1) with { Fleet = Uid, SeenGeneration = removed.Generation }));
        using var taken = await old.PostAsync($"v1/{Uid}/reports", leaving, Token);
        Assert.Equal(HttpStatusCode.OK, taken.StatusCode);
        await Assert.ThrowsAsync<HttpRequestException>(() => old.GetByteArrayAsync(pointer, Token));

        using var again = Enrol(settings, "second", force: false);
        await Eventually.BecomesTrue(
            async () =>
            {
                using var answer = await again.GetAsync(pointer, Token);
                return answer.StatusCode == HttpStatusCode.OK &&
                    Pointer.TryRead(await answer.Content.ReadAsByteArrayAsync(Token))!.Leaf is { Bundle: not null } back &&
                    back.Generation > removed.Generation;
            },
            TimeSpan.FromSeconds(30),
            Token);
    }

    [Fact]
    public async Task A_second_control_plane_on_the_same_data_is_refused()
    {
        _git.CommitAndPush("first", ("fleet.yaml", Good));
        _host = await StartAsync(Settings());

        var refused = await Assert.ThrowsAsync<HostRefusedException>(() => StartAsync(Settings()));

        Assert.Equal(StoreCodes.LeaseTaken.Id, refused.Problem.Code);
    }

    [Fact]
    public async Task A_root_is_taken_while_it_runs_and_a_wrong_one_changes_nothing()
    {
        var (settings, layer) = (Settings(), DiskFileLayer.Host);
        var data = new DataDirectory(settings.DataDirectory);
        _git.CommitAndPush("first", ("fleet.yaml", Good));
        _host = await StartAsync(settings);
        await _host.Ready.WaitAsync(Token);
        var api = Client(_host);
        await Eventually.BecomesTrue(async () => (await StatusAsync(api)).Generation > 0, TimeSpan.FromSeconds(60), Token);

        // Another publication key, which root 2 names; the online key stands behind it.
        var key = _directory["publication.key"];
        using (var made = SigningKey.Create())
        {
            made.Save(layer, key);
        }

        var current = Assert.IsType<RootReading.Trusted>(RootStatement.ReadFirst(await File.ReadAllBytesAsync(data.Root, Token))).Root;
        var next = RootDraft.After(current) with { PublicationKeys = [RootFiles.ReadPublic(layer, key)] };
        var online = new KeyFile(TrustStore.RootKeyPath(data.Keys));
        await File.WriteAllBytesAsync(_directory["next.root"], next.Sign([online]).ToBytes(), Token);
        await File.WriteAllBytesAsync(_directory["unsigned.root"], next.Sign([]).ToBytes(), Token);

        // Refused before it is offered, and by the control plane where somebody places it all the same.
        var unsigned = Assert.IsType<RootPublished.Running>(RootPublishing.Publish(layer, data, _directory["unsigned.root"], key)).Next;
        Assert.Equal(TrustCodes.NotAccepted.Id, Assert.IsType<RootPublished.Refused>(await OfferAsync(unsigned, key)).Problem.Code);
        File.Copy(_directory["unsigned.root"], data.OfferedRoot);
        await Eventually.BecomesTrue(() => !File.Exists(data.OfferedRoot), TimeSpan.FromSeconds(60), Token);
        Assert.Equal(1, RootFiles.Read(layer, data.Root).Root.Version);

        var signed = Assert.IsType<RootPublished.Running>(RootPublishing.Publish(layer, data, _directory["next.root"], key)).Next;
        Assert.Equal(2, Assert.IsType<RootPublished.Done>(await OfferAsync(signed, key)).Version);
        await Eventually.BecomesTrue(() => _host.NodeAddress is not null, TimeSpan.FromSeconds(60), Token);

        var revision = _git.CommitAndPush("second", ("fleet.yaml", Good.Replace("hello", "hello again", StringComparison.Ordinal)));
        _host.Wake();
        await Eventually.BecomesTrue(async () => (await StatusAsync(api)).Published == revision, TimeSpan.FromSeconds(60), Token);
        using var client = Enrol(settings, "press-1", force: false);
        var pointer = await client.GetByteArrayAsync(StorePaths.Pointer(Uid, "press-1"), Token);
        Assert.IsType<PointerVerdict.Accepted>(
            PointerCheck.Check(pointer, new PointerContext(Uid, "press-1", next.PublicationKeys, SeenGeneration: 0, SeenBundle: null)));

        Task<RootPublished> OfferAsync(RootFile root, string publicationKey) =>
            RootOffer.MakeAsync(layer, data, root, publicationKey, TimeSpan.FromSeconds(60), TimeProvider.System, Token);
    }

    [Fact]
    public async Task Certificates_last_as_long_as_the_published_fleet_says_from_the_next_one_on()
    {
        const string Says = "metadata: {name: test}\nspec:\n  identity: {certificateLife: ";
        string With(string life) => Good.Replace("metadata: {name: test}\nspec:\n", $"{Says}{life}}}\n", StringComparison.Ordinal);
        var settings = Settings();
        _git.CommitAndPush("first", ("fleet.yaml", With("2h")));
        _host = await StartAsync(settings);
        await _host.Ready.WaitAsync(Token);
        var api = Client(_host);
        foreach (var (life, hours) in new[] { ("2h", 2), ("50h", 50) })
        {
            var revision = _git.CommitAndPush(life, ("fleet.yaml", With(life) + $"# {life}\n"));
            _host.Wake();
            await Eventually.BecomesTrue(async () => (await StatusAsync(api)).Published == revision, TimeSpan.FromSeconds(60), Token);
            Assert.InRange(LifeOf(settings, life), TimeSpan.FromHours(hours), TimeSpan.FromHours(hours + 2));
        }

        await _host.DisposeAsync();
        Assert.InRange(LifeOf(settings, "stopped"), TimeSpan.FromHours(50), TimeSpan.FromHours(52));
    }

    /// <summary>Of a certificate as <c>gitops node add</c> makes it now.</summary>
    private TimeSpan LifeOf(ControlPlaneSettings settings, string folder)
    {
        Assert.IsType<NodeEnrolled.Added>(
            NodeEnrolling.Add(settings, DiskFileLayer.Host, TimeProvider.System, "press-1", _directory[folder], force: true));
        using var identity = CertificateFiles.LoadIdentity(DiskFileLayer.Host, $"{_directory[folder]}/node.crt", $"{_directory[folder]}/node.key");
        return identity.NotAfter - identity.NotBefore;
    }

    [Fact]
    public void A_node_cannot_be_enrolled_before_the_fleet_is_known()
    {
        var refused = NodeEnrolling.Add(Settings(), DiskFileLayer.Host, TimeProvider.System, "press-1", _directory["press-1"], force: false);

        Assert.Equal(IdentityCodes.NoFleet.Id, Assert.IsType<NodeEnrolled.Refused>(refused).Problem.Code);
    }

    /// <summary>As <c>gitops node add</c> does beside the control plane; a client with what it wrote.</summary>
    private HttpClient Enrol(ControlPlaneSettings settings, string name, bool force)
    {
        var folder = _directory[name];
        Assert.IsType<NodeEnrolled.Added>(
            NodeEnrolling.Add(settings, DiskFileLayer.Host, TimeProvider.System, "press-1", folder, force));
        var identity = CertificateFiles.LoadIdentity(DiskFileLayer.Host, $"{folder}/node.crt", $"{folder}/node.key");
        var verifier = new PeerVerifier(
            CertificateFiles.LoadAuthorities(DiskFileLayer.Host, $"{folder}/ca.crt"), PeerRole.Server, TimeProvider.System.GetUtcNow);
        return new HttpClient(Handler(identity, verifier)) { BaseAddress = _host!.NodeAddress };
    }

    [Fact]
    public async Task The_first_revision_waits_until_a_key_of_the_configuration_signed_it()
    {
        using var keys = new CommitKeys();
        var key = keys.Ssh("ada");
        await File.WriteAllTextAsync(_directory["ada.pub"], key.Public, Token);
        _git.CommitAndPush("unsigned", ("fleet.yaml", Good));
        _host = await StartAsync(Settings() with { CommitKeys = [_directory["ada.pub"]] });
        var api = Client(_host);
        await Eventually.BecomesTrue(async () => (await StatusAsync(api)).Problem?.Code == PublishCodes.NotSigned.Id, TimeSpan.FromSeconds(60), Token);
        Assert.False(_host.Ready.IsCompleted);

        _git.Signer = key;
        _git.CommitAndPush("signed", ("README.md", "words"));
        _host.Wake();
        await _host.Ready.WaitAsync(Token);
    }

    [Fact]
    public async Task Without_the_keys_it_was_told_to_judge_by_it_does_not_start()
    {
        var refused = await Assert.ThrowsAsync<HostRefusedException>(() => StartAsync(Settings() with { CommitKeys = [_directory["nobody.pub"]] }));
        Assert.Equal(PublishCodes.SignerKeyUnusable.Id, refused.Problem.Code);
    }

    private ControlPlaneSettings Settings() => new()
    {
        Source = new GitSource(_git.RemoteUrl, new GitReference.Branch("main")),
        DataDirectory = _directory["data"],
        NodeEndpoint = new IPEndPoint(IPAddress.Loopback, 0),
        PeopleEndpoint = new IPEndPoint(IPAddress.Loopback, 0),
        Names = ["localhost", "127.0.0.1"],
        Broker = new BrokerSetting.Embedded(new IPEndPoint(IPAddress.Loopback, FreePort.Next())),
    };

    private static Task<ControlPlaneHost> StartAsync(ControlPlaneSettings settings) =>
        ControlPlaneHost.StartAsync(settings, NullLoggerFactory.Instance, TimeProvider.System, Token);

    private ApiClient Client(ControlPlaneHost host)
    {
        _http.BaseAddress ??= host.PeopleAddress;
        return new ApiClient(_http, ReadToken());
    }

    private string ReadToken() => PeopleToken.Read(DiskFileLayer.Host, new DataDirectory(_directory["data"]).PeopleToken)!;

    private static async Task<StatusDocument> StatusAsync(ApiClient api) =>
        Assert.IsType<ApiAnswer<StatusDocument>.Ok>(await api.GetStatusAsync(Token)).Value;

    private static SocketsHttpHandler Handler(System.Security.Cryptography.X509Certificates.X509Certificate2 identity, PeerVerifier verifier)
    {
        var handler = new SocketsHttpHandler();
        handler.SslOptions.ClientCertificates = [identity];
        handler.SslOptions.LocalCertificateSelectionCallback = (_, _, _, _, _) => identity;
        handler.SslOptions.RemoteCertificateValidationCallback = verifier.AsCallback("127.0.0.1");
        return handler;
    }
}

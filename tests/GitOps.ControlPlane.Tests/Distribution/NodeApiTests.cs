using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Dapper;
using GitOps.Bundles;
using GitOps.Bundles.Publications;
using GitOps.Bundles.Reports;
using GitOps.Bundles.Units;
using GitOps.ControlPlane.Api;
using GitOps.ControlPlane.Distribution;
using GitOps.ControlPlane.Hosting;
using GitOps.ControlPlane.Identity;
using GitOps.ControlPlane.Store;
using GitOps.ControlPlane.Values;
using GitOps.Platform.Files;
using GitOps.Platform.Timing;
using Microsoft.Extensions.Logging.Abstractions;
using static GitOps.ControlPlane.Tests.Distribution.TestReports;

namespace GitOps.ControlPlane.Tests.Distribution;

public sealed class NodeApiTests : IAsyncLifetime
{
    private static readonly byte[] Shared = Encoding.UTF8.GetBytes("a blob both nodes use");
    private static readonly byte[] Mine = Encoding.UTF8.GetBytes("0123456789 only press-1 uses this");
    private static readonly byte[] Theirs = Encoding.UTF8.GetBytes("only press-2 uses this");
    private static readonly byte[] MyBundle = Encoding.UTF8.GetBytes("bundle of press-1");
    private static readonly byte[] TheirBundle = Encoding.UTF8.GetBytes("bundle of press-2");

    private readonly ControlPlaneStand _plane = new();
    private readonly EcdsaSigner _signer = new(ECDsa.Create(ECCurve.NamedCurves.nistP256));
    private ContentStore _store = null!;
    private NodeApi _api = null!;
    private HttpClient _node = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var opening = ContentStore.Open(DiskFileLayer.Host, _plane.Directory["store"], Fleet);
        _store = Assert.IsType<StoreOpening.Opened>(opening).Store;
        Publish(generation: 1);
        _api = await NodeApi.StartAsync(
            new IPEndPoint(IPAddress.Loopback, 0), _plane.Server, _plane.Nodes, _plane.Authority.Withdrawals, _store, _plane.Intake, _plane.Status,
            _signer, _plane.Enrolment(_store, () => _api.Address), _plane.ValueEndpoint, TimeProvider.System, NullLoggerFactory.Instance, Token);
        _node = Client(_plane.Identity("press-1"));
    }

    public async ValueTask DisposeAsync()
    {
        _node.Dispose();
        await _api.DisposeAsync();
        _signer.Dispose();
        await _plane.DisposeAsync();
    }

    [Fact]
    public async Task A_node_reads_its_pointer_once_and_hears_of_no_change_after_that()
    {
        using var first = await GetAsync(StorePaths.Pointer(Fleet, "press-1"));
        Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        Assert.Equal("press-1", Pointer.TryRead(await first.Content.ReadAsByteArrayAsync(Token))!.Leaf.Node);

        using var again = await GetAsync(StorePaths.Pointer(Fleet, "press-1"), first.Headers.ETag);
        Assert.Equal(HttpStatusCode.NotModified, again.StatusCode);
        Assert.Equal("5000", again.Headers.GetValues(ReconnectWindow.Header).Single());
        Assert.Equal(first.Headers.ETag, again.Headers.ETag);

        Publish(generation: 2);
        using var changed = await GetAsync(StorePaths.Pointer(Fleet, "press-1"), first.Headers.ETag);
        Assert.Equal(HttpStatusCode.OK, changed.StatusCode);
    }

    [Fact]
    public async Task A_node_reads_the_blobs_its_bundle_names_and_the_bundle_itself()
    {
        Assert.Equal(MyBundle, await _node.GetByteArrayAsync(StorePaths.Blob(Fleet, Digest.Of(MyBundle)), Token));
        Assert.Equal(Mine, await _node.GetByteArrayAsync(StorePaths.Blob(Fleet, Digest.Of(Mine)), Token));
        Assert.Equal(Shared, await _node.GetByteArrayAsync(StorePaths.Blob(Fleet, Digest.Of(Shared)), Token));
    }

    [Fact]
    public async Task What_is_not_its_own_is_not_found_whether_it_exists_or_not()
    {
        string[] paths =
        [
            StorePaths.Pointer(Fleet, "press-2"), StorePaths.Blob(Fleet, Digest.Of(Theirs)), StorePaths.Blob(Fleet, Digest.Of(TheirBundle)),
            StorePaths.Blob(Fleet, Digest.Of([1])), StorePaths.Pointer("other", "press-1"), StorePaths.Root(Fleet, 99),
            $"v1/{Fleet}/nodes/00/press-1", $"v1/{Fleet}/nodes/../nodes/x", "", "v1",
        ];
        foreach (var path in paths)
        {
            using var answer = await GetAsync(path);
            Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
            Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        }
    }

    [Fact]
    public async Task The_time_is_told_signed_and_for_one_nonce()
    {
        var nonce = new string('7', TimeStatement.NonceLength);
        using var answer = await GetAsync($"v1/{Fleet}/time/{nonce}");
        Assert.True(answer.Headers.CacheControl!.NoStore);
        var statement = TimeStatement.TryRead(await answer.Content.ReadAsByteArrayAsync(Token), Fleet, nonce, [_signer.Key]);
        Assert.InRange(statement!.Time, DateTimeOffset.UtcNow.AddMinutes(-10), DateTimeOffset.UtcNow);
        foreach (var wrong in new[] { nonce[1..], nonce + "7", new string('G', TimeStatement.NonceLength), "" })
        {
            using var none = await GetAsync($"v1/{Fleet}/time/{wrong}");
            Assert.Equal(HttpStatusCode.NotFound, none.StatusCode);
        }
    }

    [Fact]
    public async Task A_download_that_broke_off_goes_on_from_where_it_was()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, StorePaths.Blob(Fleet, Digest.Of(Mine)));
        request.Headers.Range = new RangeHeaderValue(10, null);

        using var answer = await _node.SendAsync(request, Token);

        Assert.Equal(HttpStatusCode.PartialContent, answer.StatusCode);
        Assert.Equal(Mine[10..], await answer.Content.ReadAsByteArrayAsync(Token));
        Assert.Equal($"bytes 10-{Mine.Length - 1}/{Mine.Length}", answer.Content.Headers.ContentRange!.ToString());
    }

    [Fact]
    public async Task A_replaced_identity_is_refused_on_the_connection_it_has_and_on_new_ones()
    {
        using var before = await GetAsync(StorePaths.Pointer(Fleet, "press-1"));
        Assert.Equal(HttpStatusCode.OK, before.StatusCode);

        using var replaced = Client(_plane.ReplaceIdentity("press-1"));

        for (var i = 0; i < 3; i++)
        {
            await Assert.ThrowsAsync<HttpRequestException>(() => GetAsync(StorePaths.Pointer(Fleet, "press-1")));
        }

        Assert.NotEmpty(await replaced.GetByteArrayAsync(StorePaths.Pointer(Fleet, "press-1"), Token));
    }

    [Fact]
    public async Task A_node_taken_out_of_the_fleet_reads_that_and_reports_and_nothing_else()
    {
        _plane.Authority.Retire("press-1", Withdrawal.Retired, "it leaves");
        PublishTombstone(generation: 2);

        var pointer = Pointer.TryRead(await _node.GetByteArrayAsync(StorePaths.Pointer(Fleet, "press-1"), Token))!;
        Assert.Equal(Decommission.Keep, pointer.Leaf.Decommission);
        using var reported = await PostAsync(ReportJson.Write(Report("press-1", "a", 1)));
        Assert.Equal(HttpStatusCode.OK, reported.StatusCode);
        foreach (var blob in new[] { MyBundle, Mine, Shared })
        {
            using var answer = await GetAsync(StorePaths.Blob(Fleet, Digest.Of(blob)));
            Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        }
    }

    [Fact]
    public async Task A_tombstone_is_not_for_the_identity_that_comes_after_it()
    {
        _plane.Authority.Retire("press-1", Withdrawal.Retired, "it leaves");
        PublishTombstone(generation: 2);

        using var again = Client(_plane.ReplaceIdentity("press-1"));
        using var answer = await again.GetAsync(StorePaths.Pointer(Fleet, "press-1"), Token);
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);

        Publish(generation: 3);
        Assert.NotEmpty(await again.GetByteArrayAsync(StorePaths.Pointer(Fleet, "press-1"), Token));
    }

    [Fact]
    public async Task Head_tells_the_size_and_sends_nothing()
    {
        using var request = new HttpRequestMessage(HttpMethod.Head, StorePaths.Blob(Fleet, Digest.Of(Mine)));

        using var answer = await _node.SendAsync(request, Token);

        Assert.Equal(Mine.Length, answer.Content.Headers.ContentLength);
        Assert.Empty(await answer.Content.ReadAsByteArrayAsync(Token));
    }

    [Fact]
    public async Task A_report_is_answered_with_its_ack_and_is_the_nodes_state()
    {
        using var answer = await PostAsync(ReportJson.Write(Report("press-1", "a", 1)));

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(new Ack("a", 1), ReportJson.TryReadAck(await answer.Content.ReadAsByteArrayAsync(Token)));
        var view = _plane.Status.Of("press-1");
        Assert.True(view.IsOnline);
        Assert.Equal(1, view.Report!.Sequence);
    }

    [Theory]
    [InlineData("{}", HttpStatusCode.BadRequest, "PUB110")]
    [InlineData("no json", HttpStatusCode.BadRequest, "PUB110")]
    [InlineData("", HttpStatusCode.BadRequest, "PUB110")]
    public async Task A_body_that_is_no_report_is_refused_with_a_problem(string body, HttpStatusCode status, string code)
    {
        using var answer = await PostAsync(Encoding.UTF8.GetBytes(body));

        Assert.Equal(status, answer.StatusCode);
        Assert.Equal(code, HttpProblem.TryRead(await answer.Content.ReadAsByteArrayAsync(Token))!.Code);
    }

    [Fact]
    public async Task A_report_about_another_node_or_fleet_is_refused()
    {
        using var other = await PostAsync(ReportJson.Write(Report("press-2", "a", 1)));
        using var fleet = await PostAsync(ReportJson.Write(Report("press-1", "a", 1) with { Fleet = "other" }));

        Assert.Equal(HttpStatusCode.Forbidden, other.StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, fleet.StatusCode);
        Assert.Equal(0, _plane.Reader.Count("press-2", "a"));
    }

    [Fact]
    public async Task Values_are_taken_as_the_certificates_nodes_and_what_is_taken_can_be_read()
    {
        var at = DateTimeOffset.UtcNow.AddMinutes(-1);
        var line = ReportJson.Write(new ValueRecord(at, "oven-1") { Property = "temperature", Value = new DeviceValue.Number(70.5m) });
        using var body = new ByteArrayContent([.. line, (byte)'\n', .. "nonsense"u8]);
        using var answer = await _node.PostAsync($"v1/{Fleet}/values", body, Token);
        using var other = await _node.PostAsync("v1/other/values", new ByteArrayContent(line), Token);

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.NotFound), (answer.StatusCode, other.StatusCode));
        var receipt = ReportJson.TryReadReceipt(await answer.Content.ReadAsByteArrayAsync(Token))!;
        Assert.Equal((1, 1), (receipt.Taken, receipt.Refused));
        var kept = Assert.Single(new ValueReader(_plane.ValueDatabase).Read("oven-1", new ValueQuery { Property = "temperature" })!.Values);
        Assert.Equal(("press-1", "70.5"), (kept.Node, kept.Value));
    }

    [Fact]
    public async Task Values_that_cannot_be_kept_now_are_asked_for_again_later()
    {
        await _plane.ValueDatabase.WriteAsync(connection => { connection.Execute("DROP TABLE samples"); }, Token);
        var line = ReportJson.Write(new ValueRecord(DateTimeOffset.UnixEpoch, "oven-1") { Property = "temperature", Value = new DeviceValue.Number(1) });
        using var answer = await _node.PostAsync($"v1/{Fleet}/values", new ByteArrayContent(line), Token);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(30), answer.Headers.RetryAfter?.Delta);
        Assert.Equal("PUB191", HttpProblem.TryRead(await answer.Content.ReadAsByteArrayAsync(Token))!.Code);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_body_above_the_limit_is_refused_whether_it_says_its_length_or_not(bool saysLength)
    {
        foreach (var (path, limit) in new[] { ("reports", NodeReport.MaxBytes), ("values", ValueRecord.MaxBodyBytes) })
        {
            using var content = new ByteArrayContent(new byte[limit + 1]);
            using var request = new HttpRequestMessage(HttpMethod.Post, $"v1/{Fleet}/{path}") { Content = content };
            request.Headers.TransferEncodingChunked = !saysLength;
            // Asked before it sends: else the answer may come while the body is on its way, and the client sees a broken pipe.
            request.Headers.ExpectContinue = true;

            using var answer = await _node.SendAsync(request, Token);

            Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
        }
    }

    [Fact]
    public async Task A_node_of_another_fleet_is_told_that_it_is_one()
    {
        using var stranger = Client(_plane.Identity("press-1", "other-fleet"));

        using var answer = await stranger.GetAsync(StorePaths.Pointer(Fleet, "press-1"), Token);

        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
    }

    [Fact]
    public async Task Without_a_certificate_of_the_fleets_authority_there_is_nothing_to_be_had()
    {
        using var forged = Client(_plane.ForgedIdentity("press-1"));
        using var nameless = Client(identity: null);

        await Assert.ThrowsAsync<HttpRequestException>(() => forged.GetAsync("healthz", Token));
        foreach (var path in new[] { "healthz", StorePaths.Pointer(Fleet, "press-1"), $"v1/{Fleet}/head" })
        {
            using var refused = await nameless.GetAsync(path, Token);
            Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        }

        using var healthy = await _node.GetAsync("healthz", Token);
        Assert.Equal(HttpStatusCode.OK, healthy.StatusCode);
    }

    private HttpClient Client(X509Certificate2? identity)
    {
        var handler = new SocketsHttpHandler();
        handler.SslOptions.RemoteCertificateValidationCallback = _plane.Servers.AsCallback("127.0.0.1");
        if (identity is not null)
        {
            handler.SslOptions.ClientCertificates = [identity];
            handler.SslOptions.LocalCertificateSelectionCallback = (_, _, _, _, _) => identity;
        }

        return new HttpClient(handler) { BaseAddress = _api.Address };
    }

    private async Task<HttpResponseMessage> GetAsync(string path, EntityTagHeaderValue? known = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (known is not null)
        {
            request.Headers.IfNoneMatch.Add(known);
        }

        return await _node.SendAsync(request, Token);
    }

    private async Task<HttpResponseMessage> PostAsync(byte[] body)
    {
        using var content = new ByteArrayContent(body);
        return await _node.PostAsync($"v1/{Fleet}/reports", content, Token);
    }

    private void PublishTombstone(long generation) => _store.Publish(
        [],
        Publication.Sign(
            Fleet, generation, new string('a', 40), [new PublicationEntry("press-1", null, 0) { Decommission = Decommission.Keep }], _signer),
        Head(generation), new string('a', 40), TimeProvider.System.GetUtcNow());

    private void Publish(long generation)
    {
        var pointers = Publication.Sign(Fleet, generation, new string('a', 40),
        [
            new PublicationEntry("press-1", Digest.Of(MyBundle), MyBundle.Length),
            new PublicationEntry("press-2", Digest.Of(TheirBundle), TheirBundle.Length),
        ], _signer);
        _store.Publish(
        [
            new NewBlob(Digest.Of(MyBundle), MyBundle, [Digest.Of(Shared), Digest.Of(Mine)]),
            new NewBlob(Digest.Of(TheirBundle), TheirBundle, [Digest.Of(Shared), Digest.Of(Theirs)]),
            new NewBlob(Digest.Of(Shared), Shared), new NewBlob(Digest.Of(Mine), Mine), new NewBlob(Digest.Of(Theirs), Theirs),
        ], pointers, Head(generation), new string('a', 40), TimeProvider.System.GetUtcNow());
    }

    private DsseEnvelope Head(long generation)
    {
        var now = TimeProvider.System.GetUtcNow();
        return new HeadStatement { Fleet = Fleet, Generation = generation, Time = now, ValidUntil = now.AddDays(7) }.Sign(_signer);
    }
}

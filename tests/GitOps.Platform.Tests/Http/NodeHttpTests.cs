using System.Net;
using System.Security.Authentication;
using System.Security.Cryptography;
using GitOps.Platform.Files;
using GitOps.Platform.Http;
using GitOps.Platform.Timing;
using GitOps.Platform.Tls;
using GitOps.TestKit;
using GitOps.TestKit.Files;
using GitOps.TestKit.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace GitOps.Platform.Tests.Http;

public sealed class NodeHttpTests : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Year = TimeSpan.FromDays(365);
    private static readonly byte[] Blob = RandomNumberGenerator.GetBytes(3_000_000);
    private static readonly string BlobDigest = Convert.ToHexStringLower(SHA256.HashData(Blob));
    private readonly MemoryFileLayer _layer = new();
    private readonly CertificateAuthority _authority;
    private readonly WebApplication _server;
    private readonly HashSet<string> _connections = [];
    private bool _honoursRange = true;
    private SemaphoreSlim? _trickle;

    public NodeHttpTests()
    {
        _authority = CertificateAuthority.OpenOrCreate(_layer, "/ca", "ca", Year, TimeProvider.System);
        var certificate = _authority.IssueServer(["127.0.0.1"], Year).ToIdentity();
        var ofNodes = new PeerVerifier([_authority.Certificate], PeerRole.Client, TimeProvider.System.GetUtcNow);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(https =>
        {
            https.ServerCertificate = certificate;
            https.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
            https.SslProtocols = SslProtocols.None;
            var judge = ofNodes.AsCallback(name: null);
            https.ClientCertificateValidation = (seen, chain, errors) => judge(this, seen, chain, errors);
        })));
        builder.WebHost.UseKestrelHttpsConfiguration();
        _server = builder.Build();
        _server.Run(AnswerAsync);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private int Port => new Uri(_server.Urls.First()).Port;

    public async ValueTask InitializeAsync() => await _server.StartAsync(Cancellation);

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _authority.Dispose();
    }

    [Fact]
    public async Task What_has_not_changed_is_not_sent_again_and_the_connection_is_kept()
    {
        using var http = Client(Port);
        var first = Assert.IsType<HttpAnswer.Content>(await http.GetAsync("/pointer", null, Cancellation));
        Assert.Equal("press-1", System.Text.Encoding.UTF8.GetString(first.Body.Span));
        Assert.Equal("\"1\"", first.ETag);
        for (var i = 0; i < 5; i++)
        {
            Assert.IsType<HttpAnswer.NotModified>(await http.GetAsync("/pointer", first.ETag, Cancellation));
        }

        Assert.Single(_connections);
    }

    [Fact]
    public async Task Each_kind_of_answer_is_told_apart()
    {
        using var http = Client(Port);
        Assert.Equal(ReconnectWindow.Shortest, http.ReconnectWindow);
        Assert.IsType<HttpAnswer.NotFound>(await http.GetAsync("/none", null, Cancellation));
        Assert.Equal(TimeSpan.FromSeconds(150), http.ReconnectWindow);
        Assert.Equal(new HttpAnswer.Refused(403, "not yours"), await http.GetAsync("/forbidden", null, Cancellation));
        Assert.Contains("503", Unreachable(await http.GetAsync("/down", null, Cancellation)), StringComparison.Ordinal);
        var echo = Assert.IsType<HttpAnswer.Content>(await http.PostJsonAsync("/echo", "{}"u8.ToArray(), Cancellation));
        Assert.Equal("{}"u8.ToArray(), echo.Body.ToArray());
    }

    [Fact]
    public async Task An_answer_beyond_the_limits_is_not_read()
    {
        using var small = Client(Port, options => options with { ResponseLimitBytes = 1000 });
        Assert.Contains("more than 1000 bytes", Unreachable(await small.GetAsync("/blob", null, Cancellation)), StringComparison.Ordinal);
        Assert.Contains("more than 1000 bytes", Unreachable(await small.GetAsync("/chunked", null, Cancellation)), StringComparison.Ordinal);
        using var hasty = Client(Port, options => options with { Timeout = TimeSpan.FromMilliseconds(300) });
        Assert.Contains("no answer", Unreachable(await hasty.GetAsync("/never", null, Cancellation)), StringComparison.Ordinal);
        using var nobody = Client(FreePort.Next());
        Assert.NotEmpty(Unreachable(await nobody.GetAsync("/", null, Cancellation)));
    }

    [Fact]
    public async Task A_server_of_another_authority_is_named_as_that()
    {
        using var other = CertificateAuthority.OpenOrCreate(_layer, "/other", "other", Year, TimeProvider.System);
        using var http = Client(Port, options => options with
        {
            Verifier = new PeerVerifier([other.Certificate], PeerRole.Server, TimeProvider.System.GetUtcNow),
        });
        Assert.Contains("not who it should be", Unreachable(await http.GetAsync("/pointer", null, Cancellation)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cancellation_throws()
    {
        using var http = Client(Port);
        using var cancel = new CancellationTokenSource();
        var running = http.GetAsync("/never", null, cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_download_that_breaks_off_goes_on_and_ends_with_the_right_bytes(bool serverHonoursRange)
    {
        _honoursRange = serverHonoursRange;
        await using var proxy = new FaultProxy(Port);
        using var http = Client(proxy.Port);
        proxy.CutAfter(2_500_000);
        Assert.IsType<Download.Interrupted>(await FetchAsync(http, "/blob", BlobDigest));
        var have = _layer.Stat(BlobDownload.PartialPath("/blob"))!.SizeBytes;
        Assert.InRange(have, 1, Blob.Length - 1);
        Assert.Null(_layer.Stat("/blob"));

        proxy.CutAfter(long.MaxValue);
        var done = Assert.IsType<Download.Done>(await FetchAsync(http, "/blob", BlobDigest));
        Assert.Equal(serverHonoursRange ? Blob.Length - have : Blob.Length, done.BytesTransferred);
        Assert.Equal(Blob, _layer.Read("/blob", 4_000_000));
        Assert.Null(_layer.Stat(BlobDownload.PartialPath("/blob")));
    }

    [Fact]
    public async Task A_server_that_lets_bytes_trickle_is_left_and_what_came_is_kept()
    {
        var time = new FakeTimeProvider();
        _trickle = new SemaphoreSlim(0);
        using var http = Client(Port, time: time);
        var download = FetchAsync(http, "/trickle", BlobDigest);
        for (var came = 1; came <= 4; came++)
        {
            _trickle.Release();
            await Eventually.BecomesTrue(() => _layer.Stat(BlobDownload.PartialPath("/blob"))?.SizeBytes == came, Limit, Cancellation);
            Assert.False(download.IsCompleted);
            time.Advance(TimeSpan.FromSeconds(7)); // never silent for 30 s, and no 4,096 bytes in 30 s
        }

        time.Advance(TimeSpan.FromSeconds(7));
        Assert.IsType<Download.Interrupted>(await download.WaitAsync(Limit, Cancellation));
        Assert.Equal(4, _layer.Stat(BlobDownload.PartialPath("/blob"))!.SizeBytes);
    }

    [Fact]
    public async Task Only_TLS_1_2_and_1_3_are_offered_to_a_server()
    {
        using var listener = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var http = Client(((IPEndPoint)listener.LocalEndpoint).Port);
        var answer = http.GetAsync("/", etag: null, Cancellation);
        using var peer = await listener.AcceptTcpClientAsync(Cancellation);
        var record = new byte[5];
        await peer.GetStream().ReadExactlyAsync(record, Cancellation);
        var hello = new byte[(record[3] << 8) | record[4]];
        await peer.GetStream().ReadExactlyAsync(hello, Cancellation);
        peer.Close();

        // RFC 8446 §4.2.1: the extension 43 has the length of its list, then two bytes for each version.
        var at = hello.AsSpan().IndexOf<byte>([0, 43, 0, 5, 4, 3, 4, 3, 3]); // 1.3, 1.2
        Assert.True(at > 0, Convert.ToHexString(hello));
        Assert.IsType<HttpAnswer.Unreachable>(await answer);
    }

    [Fact]
    public async Task What_is_not_what_was_asked_for_gets_no_name()
    {
        using var http = Client(Port);
        Assert.IsType<Download.NotFound>(await FetchAsync(http, "/none", BlobDigest));
        Assert.IsType<Download.Damaged>(await FetchAsync(http, "/blob", new string('0', 64)));
        Assert.IsType<Download.Damaged>(
            await BlobDownload.FetchAsync(http, "/blob", _layer, "/blob", BlobDigest, 1000, Cancellation));
        Assert.IsType<Download.Interrupted>(
            await BlobDownload.FetchAsync(http, "/blob", _layer, "/blob", BlobDigest, Blob.Length + 1, Cancellation));
        Assert.Null(_layer.Stat("/blob"));
    }

    [Fact]
    public async Task What_a_power_cut_left_of_a_download_cannot_spoil_it_for_good()
    {
        _layer.CreateFile(BlobDownload.PartialPath("/blob"), new byte[100_000], AtomicFile.Private);
        using var http = Client(Port);
        Assert.IsType<Download.Damaged>(await FetchAsync(http, "/blob", BlobDigest));
        Assert.IsType<Download.Done>(await FetchAsync(http, "/blob", BlobDigest));
    }

    private Task<Download> FetchAsync(NodeHttp http, string url, string digest) =>
        BlobDownload.FetchAsync(http, url, _layer, "/blob", digest, Blob.Length, Cancellation);

    private static string Unreachable(HttpAnswer answer) => Assert.IsType<HttpAnswer.Unreachable>(answer).Because;

    private NodeHttp Client(int port, Func<NodeHttpOptions, NodeHttpOptions>? with = null, TimeProvider? time = null)
    {
        var options = new NodeHttpOptions(new Uri($"https://127.0.0.1:{port}"))
        {
            Identity = _authority.IssueNode("press-1", "fleet", Year).ToIdentity(),
            Verifier = new PeerVerifier([_authority.Certificate], PeerRole.Server, TimeProvider.System.GetUtcNow),
        };
        return new NodeHttp(with?.Invoke(options) ?? options, time ?? TimeProvider.System);
    }

    private async Task AnswerAsync(HttpContext context)
    {
        lock (_connections)
        {
            _connections.Add(context.Connection.Id);
        }

        context.Response.Headers[ReconnectWindow.Header] = "150000";
        switch (context.Request.Path.Value)
        {
            case "/pointer" when context.Request.Headers.IfNoneMatch == "\"1\"":
                context.Response.StatusCode = 304;
                break;
            case "/pointer":
                context.Response.Headers.ETag = "\"1\"";
                await context.Response.WriteAsync(context.Connection.ClientCertificate!.GetNameInfo(0, false), context.RequestAborted);
                break;
            case "/forbidden":
                context.Response.StatusCode = 403;
                await context.Response.WriteAsync("not yours", context.RequestAborted);
                break;
            case "/down":
                context.Response.StatusCode = 503;
                break;
            case "/echo":
                await context.Request.Body.CopyToAsync(context.Response.Body, context.RequestAborted);
                break;
            case "/blob":
                await Results.Bytes(Blob, enableRangeProcessing: _honoursRange).ExecuteAsync(context);
                break;
            case "/trickle":
                context.Response.ContentLength = Blob.Length;
                foreach (var one in Blob)
                {
                    await _trickle!.WaitAsync(context.RequestAborted);
                    await context.Response.Body.WriteAsync(new[] { one }, context.RequestAborted);
                    await context.Response.Body.FlushAsync(context.RequestAborted);
                }

                break;
            case "/chunked":
                await context.Response.Body.WriteAsync(Blob, context.RequestAborted);
                break;
            case "/never":
                await Task.Delay(Timeout.Infinite, context.RequestAborted);
                break;
            default:
                context.Response.StatusCode = 404;
                break;
        }
    }
}

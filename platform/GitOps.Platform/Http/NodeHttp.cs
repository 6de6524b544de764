using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using GitOps.Platform.Tls;

namespace GitOps.Platform.Http;

/// <summary>How to reach one server.</summary>
public sealed record NodeHttpOptions(Uri BaseAddress)
{
    /// <summary>The certificate shown to the server.</summary>
    public X509Certificate2? Identity { get; init; }

    /// <summary>Judges the server's certificate; null: as the machine trusts.</summary>
    public PeerVerifier? Verifier { get; init; }

    /// <summary>
    /// Whatever is answered is judged by its own content, a digest, and nothing is told: whoever answers need not be known.
    /// <see cref="Verifier"/> is null then.
    /// </summary>
    public bool IsJudgedByContent { get; init; }

    /// <summary>Limit of a whole exchange; of a download, for each 4,096 bytes.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>A longer answer is not read to its end.</summary>
    public int ResponseLimitBytes { get; init; } = 16 << 20;
}

/// <summary>
/// A client of one server: mutual TLS, limits on time and size, and a connection that is kept, because on a metered link a
/// new one costs ten times what an unchanged answer does. Proxies come from <c>HTTPS_PROXY</c>, <c>HTTP_PROXY</c> and
/// <c>NO_PROXY</c>. Failures of the network are answers, not exceptions. Thread-safe.
/// </summary>
public sealed class NodeHttp : IDisposable
{
    private readonly NodeHttpOptions _options;
    private HttpClient _client;
    private HttpClient? _before;
    private readonly TimeProvider _time;
    private string? _refusal;
    private long _reconnectMs = (long)Timing.ReconnectWindow.Shortest.TotalMilliseconds;

    public NodeHttp(NodeHttpOptions options, TimeProvider time)
    {
        (_options, _time) = (options, time);
        _client = Connect(options.Identity);
    }

    /// <summary>The server understood and forbids (403): what was shown to it may not be good any more. From any thread.</summary>
    public Action? Forbidden { get; set; }

    /// <summary>Shows another certificate, on connections of its own, from the next exchange on; what is under way ends as it began.</summary>
    public void Present(X509Certificate2 identity)
    {
        Interlocked.Exchange(ref _before, Interlocked.Exchange(ref _client, Connect(identity)))?.Dispose();
    }

    private HttpClient Connect(X509Certificate2? shown)
    {
        var options = _options;
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false, // a redirect would show our certificate to somebody else
            ConnectTimeout = options.Timeout,
            PooledConnectionIdleTimeout = TimeSpan.FromHours(2),
            MaxConnectionsPerServer = 4,
            AutomaticDecompression = DecompressionMethods.None, // digests are of the bytes as stored
        };
        handler.SslOptions.EnabledSslProtocols = TlsVersions.Accepted;
        if (shown is { } identity)
        {
            handler.SslOptions.ClientCertificates = [identity];
            // Without this, one issued by an authority the server does not list would quietly not be sent.
            handler.SslOptions.LocalCertificateSelectionCallback = (_, _, _, _, _) => identity;
        }

        if (options.Verifier is { } verifier)
        {
            handler.SslOptions.RemoteCertificateValidationCallback =
                verifier.AsCallback(options.BaseAddress.DnsSafeHost, refused => _refusal = refused.Because);
        }
        else if (options.IsJudgedByContent)
        {
#pragma warning disable CA5359 // what is fetched this way is compared with a fingerprint that a person brought
            handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => true;
#pragma warning restore CA5359
        }

        return new HttpClient(handler)
        {
            BaseAddress = options.BaseAddress,
            Timeout = System.Threading.Timeout.InfiniteTimeSpan, // each exchange has its own
        };
    }

    /// <summary>Fetches, only when it is not what <paramref name="etag"/> stands for.</summary>
    public Task<HttpAnswer> GetAsync(string path, string? etag, CancellationToken cancellationToken)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (etag is not null)
        {
            request.Headers.TryAddWithoutValidation("If-None-Match", etag);
        }

        return ExchangeAsync(request, cancellationToken);
    }

    /// <summary>Posts JSON.</summary>
    public Task<HttpAnswer> PostJsonAsync(string path, ReadOnlyMemory<byte> json, CancellationToken cancellationToken) =>
        PostAsync(path, json, "application/json", cancellationToken);

    public Task<HttpAnswer> PostAsync(string path, ReadOnlyMemory<byte> body, string mediaType, CancellationToken cancellationToken)
    {
        var content = new ReadOnlyMemoryContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue(mediaType);
        return ExchangeAsync(new HttpRequestMessage(HttpMethod.Post, path) { Content = content }, cancellationToken);
    }

    public void Dispose()
    {
        _client.Dispose();
        _before?.Dispose();
    }

    /// <summary>Over how long to spread a return after an outage, as the server said last.</summary>
    public TimeSpan ReconnectWindow => TimeSpan.FromMilliseconds(Interlocked.Read(ref _reconnectMs));

    /// <summary>Sends and returns as soon as the head of the answer is there.</summary>
    internal async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        _refusal = null;
        var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken)
            .ConfigureAwait(false);
        if (response.Headers.TryGetValues(Timing.ReconnectWindow.Header, out var said) &&
            uint.TryParse(said.First(), NumberStyles.None, CultureInfo.InvariantCulture, out var ms))
        {
            var window = Timing.ReconnectWindow.Within(TimeSpan.FromMilliseconds(ms));
            Interlocked.Exchange(ref _reconnectMs, (long)window.TotalMilliseconds);
        }

        return response;
    }

    internal TimeSpan Timeout => _options.Timeout;

    internal TimeProvider Time => _time;

    /// <summary>Why an exchange failed; null when the exception is none of the network's.</summary>
    internal string? Explain(Exception failure) => failure switch
    {
        OperationCanceledException => $"no answer from {_options.BaseAddress} within {_options.Timeout.TotalSeconds:0} s",
        HttpRequestException when _refusal is { } refusal => $"{_options.BaseAddress} is not who it should be: {refusal}",
        HttpRequestException or IOException or SocketException =>
            $"{_options.BaseAddress}: {failure.GetBaseException().Message}",
        _ => null,
    };

    private async Task<HttpAnswer> ExchangeAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(_options.Timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        using (request)
        {
            try
            {
                using var response = await SendAsync(request, either.Token).ConfigureAwait(false);
                if (response.StatusCode == HttpStatusCode.Forbidden)
                {
                    Forbidden?.Invoke();
                }

                var body = await ReadBodyAsync(response, either.Token).ConfigureAwait(false);
                return body is null
                    ? new HttpAnswer.Unreachable(
                        $"{request.RequestUri} answers with more than {_options.ResponseLimitBytes} bytes")
                    : ToAnswer(response, body);
            }
            catch (Exception failure) when (!cancellationToken.IsCancellationRequested && Explain(failure) is not null)
            {
                return new HttpAnswer.Unreachable(Explain(failure)!) { WrongPeer = failure is HttpRequestException ? _refusal : null };
            }
        }
    }

    private static HttpAnswer ToAnswer(HttpResponseMessage response, byte[] body) => response.StatusCode switch
    {
        HttpStatusCode.NotModified => new HttpAnswer.NotModified(),
        HttpStatusCode.NotFound => new HttpAnswer.NotFound(),
        >= HttpStatusCode.OK and < HttpStatusCode.MultipleChoices =>
            new HttpAnswer.Content(body, response.Headers.ETag?.ToString()),
        >= HttpStatusCode.InternalServerError or HttpStatusCode.TooManyRequests =>
            new HttpAnswer.Unreachable(
                $"{response.RequestMessage?.RequestUri} answers {(int)response.StatusCode} {response.ReasonPhrase}")
            {
                RetryAfter = response.Headers.RetryAfter?.Delta,
            },
        _ => new HttpAnswer.Refused(
            (int)response.StatusCode, ProblemText.Of(response.Content.Headers.ContentType?.MediaType, body.AsSpan(0, Math.Min(body.Length, 4096)))),
    };

    /// <summary>Null when it is longer than the limit.</summary>
    private async Task<byte[]?> ReadBodyAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.Content.Headers.ContentLength > _options.ResponseLimitBytes)
        {
            return null;
        }

        using var body = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        using var kept = new MemoryStream();
        var buffer = new byte[32 * 1024];
        int length;
        while ((length = await body.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
        {
            if (kept.Length + length > _options.ResponseLimitBytes)
            {
                return null;
            }

            kept.Write(buffer, 0, length);
        }

        return kept.ToArray();
    }
}

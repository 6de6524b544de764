using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using GitOps.Bundles;
using GitOps.Bundles.Publications;
using GitOps.Platform.Http;
using GitOps.Platform.Timing;
using GitOps.Platform.Tls;

namespace GitOps.Agent.Host.Transport;

/// <summary>
/// Finds out the time when the machine's clock, or what was believed to be past, does not fit the server's certificate: the
/// server is asked for the time with a nonce, its certificate judged within its own time; only an answer signed by a publication
/// key of the fleet counts. From then on certificates are judged at that time, the server's again. Verification is never off,
/// and the machine's clock is not set.
/// </summary>
internal sealed class TimeBootstrap : IAsyncDisposable
{
    /// <summary>What a certificate's limits need; less is no reason for a refusal.</summary>
    private static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource _stop = new();
    private readonly Wakeup _wanted;
    private readonly NodeHttp _http;
    private readonly string _fleet;
    private readonly Func<RootStatement> _root;
    private readonly TlsClock _clock;
    private readonly TimeProvider _time;
    private readonly Task _running;

    /// <param name="root">The newest root of trust the node follows.</param>
    public TimeBootstrap(
        Uri server, X509Certificate2 identity, Func<IReadOnlyList<X509Certificate2>> authorities, string fleet, Func<RootStatement> root,
        TlsClock clock, TimeProvider time)
    {
        (_fleet, _root, _clock, _time) = (fleet, root, clock, time);
        _wanted = new Wakeup(time);
        var verifier = new PeerVerifier(authorities, PeerRole.Server, WithinOf);
        _http = new NodeHttp(new NodeHttpOptions(server) { Identity = identity, Verifier = verifier }, time);
        _running = Task.Run(() => RunAsync(_stop.Token), CancellationToken.None);
    }

    /// <summary>The time was found out, and it is another one than the clock's.</summary>
    public Action<DateTimeOffset>? Corrected { get; set; }

    /// <summary>The node has another certificate.</summary>
    public void Present(X509Certificate2 identity) => _http.Present(identity);

    /// <summary>A certificate was refused for the time. From any thread.</summary>
    public void Want() => _wanted.Signal();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _http.Dispose();
        _stop.Dispose();
    }

    /// <summary>
    /// As late as is known, within the certificate's own time: a control plane whose clock was years ahead for a while must
    /// not have left nodes that believe nobody any more. Who has an old key of a server has no publication key.
    /// </summary>
    private DateTimeOffset WithinOf(X509Certificate2 certificate)
    {
        var (from, to) = (new DateTimeOffset(certificate.NotBefore.ToUniversalTime()), new DateTimeOffset(certificate.NotAfter.ToUniversalTime()));
        return _clock.Floor < from ? from : _clock.Floor >= to ? to.AddSeconds(-1) : _clock.Floor; // ended at its last moment, by OpenSSL
    }

    private async Task RunAsync(CancellationToken stop)
    {
        try
        {
            while (true)
            {
                await _wanted.WaitAsync(Timeout.InfiniteTimeSpan, stop);
                if (await AskAsync(stop) is { } now && _clock.Correct(now, Tolerance))
                {
                    Corrected?.Invoke(now);
                }

                await Task.Delay(Pause, _time, stop); // refused again by then: the answer did not help, or there was none
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Disposed: the only way out.
        }
    }

    /// <summary>Null when there is no answer that counts; it is asked again when a certificate is refused again.</summary>
    internal async Task<DateTimeOffset?> AskAsync(CancellationToken stop)
    {
        var keys = await KeysAsync(stop);
        var nonce = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(TimeStatement.NonceLength / 2));
        return await _http.GetAsync($"/v1/{_fleet}/time/{nonce}", etag: null, stop) is HttpAnswer.Content(var body, _)
            ? TimeStatement.TryRead(body.Span, _fleet, nonce, keys)?.Time
            : null;
    }

    /// <summary>Keys may have been rotated while the node was off.</summary>
    private async Task<EquatableArray<TrustedKey>> KeysAsync(CancellationToken stop)
    {
        const int LongestChain = 64;
        var root = _root();
        for (var i = 0; i < LongestChain; i++)
        {
            var answer = await _http.GetAsync(StorePaths.Root(_fleet, root.Version + 1), etag: null, stop);
            if (answer is not HttpAnswer.Content(var body, _) || root.ReadNext(body.ToArray()) is not RootReading.Trusted(var next))
            {
                break;
            }

            root = next;
        }

        return root.PublicationKeys;
    }
}

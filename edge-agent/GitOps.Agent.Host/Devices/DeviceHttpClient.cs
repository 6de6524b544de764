using System.Text;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Host.Devices;

/// <summary>
/// What speaks HTTP with something near: one connection, no redirects and no proxy, as a redirect would carry its headers to
/// somebody else.
/// </summary>
internal static class DeviceHttpClient
{
    /// <param name="contents">Fills headers with secrets of the node.</param>
    /// <param name="untrusted">Called with why a certificate is refused.</param>
    /// <returns>The client, or why there is none.</returns>
    public static (HttpClient? Client, string? Why) Create(
        string url, string? authority, EquatableArray<HttpHeader> headers, int maxAnswerBytes,
        Func<EquatableArray<ContentPart>, (byte[]? Bytes, Problem? Missing)> contents, TimeProvider time, Action<string> untrusted)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            MaxConnectionsPerServer = 1,
            PooledConnectionIdleTimeout = TimeSpan.FromMinutes(10),
        };
        if (!DeviceTrust.TryRead(authority, time, out var verifier))
        {
            return (null, DeviceTrust.NoCertificate);
        }

        if (verifier is not null)
        {
            handler.SslOptions.RemoteCertificateValidationCallback =
                verifier.AsCallback(Below(url, "").DnsSafeHost, refused => untrusted($"its certificate is refused: {refused.Because}"));
        }

        var client = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan, MaxResponseContentBufferSize = maxAnswerBytes };
        foreach (var header in headers)
        {
            if (contents(header.Value) is not ({ } bytes, _))
            {
                client.Dispose();
                return (null, $"the value of the header {header.Name} is not on this node: {contents(header.Value).Missing?.What}");
            }

            if (!client.DefaultRequestHeaders.TryAddWithoutValidation(header.Name, Encoding.UTF8.GetString(bytes)))
            {
                client.Dispose();
                return (null, $"'{header.Name}' is no header of a request");
            }
        }

        return (client, null);
    }

    /// <summary>A path below a URL, whether or not that ends with a slash.</summary>
    public static Uri Below(string url, string path) => new(new Uri(url.EndsWith('/') ? url : url + "/").AbsoluteUri + path.TrimStart('/'));
}

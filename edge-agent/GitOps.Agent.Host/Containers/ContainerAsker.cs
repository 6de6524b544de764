using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using GitOps.Bundles.Units;
using GitOps.Platform.Sockets;

namespace GitOps.Agent.Host.Containers;

/// <summary>Asks one probe once, from inside of the group: HTTP and TCP on 127.0.0.1 of its network, programs in the container.</summary>
/// <param name="pid">A process of the container, on this machine.</param>
internal sealed class ContainerAsker(Engine engine, string id, int pid, TimeProvider time)
{
    /// <returns>Null when it succeeds, else why not.</returns>
    /// <exception cref="EngineException">Nobody could ask: it says nothing about the container.</exception>
    public async Task<string?> AskAsync(ContainerProbe probe, CancellationToken cancellationToken)
    {
        var limit = TimeSpan.FromMilliseconds(Math.Max(probe.TimeoutMs, 1));
        using var deadline = new CancellationTokenSource(limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            return probe switch
            {
                { Exec: { } exec } => await AskAsync(exec, limit, cancellationToken),
                { Http: { } http } => await AskAsync(http, either.Token),
                { TcpPort: { } port } => await AskAsync(port, either.Token),
                _ => "it says neither exec, http nor tcpPort",
            };
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Late(probe);
        }
    }

    private async Task<string?> AskAsync(ExecProbe exec, TimeSpan limit, CancellationToken cancellationToken)
    {
        try
        {
            return await engine.ExecAsync(id, [.. exec.Command], limit, cancellationToken) switch
            {
                0 => null,
                { } code => string.Create(CultureInfo.InvariantCulture, $"{exec.Command[0]} exits with {code}"),
                null => $"{exec.Command[0]} did not end in time",
            };
        }
        catch (EngineException e) when (!e.IsAway)
        {
            return $"{exec.Command[0]}: {e.Message}";
        }
    }

    private async Task<string?> AskAsync(ContainerHttpProbe http, CancellationToken cancellationToken)
    {
        using var client = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, token) => new NetworkStream(await ConnectAsync(http.Port, token), ownsSocket: true),
            AllowAutoRedirect = false,
            UseProxy = false,
            // As for a kubelet: the question is whether it answers; names of certificates are not for 127.0.0.1.
            SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null },
        });
        var url = string.Create(CultureInfo.InvariantCulture, $"{(http.Https ? "https" : "http")}://127.0.0.1:{http.Port}{http.Path}");
        try
        {
            using var response = await client.GetAsync(new Uri(url), HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            var status = (int)response.StatusCode;
            return status is >= 200 and < 400 ? null : string.Create(CultureInfo.InvariantCulture, $"{url} answers {status}");
        }
        catch (Exception e) when (e is HttpRequestException or IOException or UriFormatException)
        {
            return $"{url}: {e.GetBaseException().Message}";
        }
    }

    private async Task<string?> AskAsync(int port, CancellationToken cancellationToken)
    {
        try
        {
            using var socket = await ConnectAsync(port, cancellationToken);
            return null;
        }
        catch (SocketException e)
        {
            return string.Create(CultureInfo.InvariantCulture, $"port {port}: {e.Message}");
        }
    }

    private async Task<Socket> ConnectAsync(int port, CancellationToken cancellationToken)
    {
        var socket = NetworkNamespace.CreateTcpSocket(pid, AddressFamily.InterNetwork);
        try
        {
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), cancellationToken);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static string Late(ContainerProbe probe) => string.Create(CultureInfo.InvariantCulture, $"no answer within {probe.TimeoutMs} ms");
}

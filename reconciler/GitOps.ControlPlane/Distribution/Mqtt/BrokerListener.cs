using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using GitOps.ControlPlane.Identity;
using GitOps.Platform.Sockets;
using GitOps.Platform.Tls;
using Microsoft.Extensions.Logging;
using MQTTnet.Adapter;
using MQTTnet.Diagnostics.Logger;
using MQTTnet.Formatter;
using MQTTnet.Implementations;
using MQTTnet.Server;

namespace GitOps.ControlPlane.Distribution.Mqtt;

/// <summary>
/// Lets nodes in to the embedded broker: mutual TLS within a time, a bound on connections, and on the size of a packet. The
/// library's own listener has none of these, and makes room for whatever size a client announces (256 MiB).
/// </summary>
internal sealed class BrokerListener(
    IPEndPoint endpoint, ServerIdentity identity, PeerVerifier verifier, int maxPacketBytes, ILogger logger) : IMqttServerAdapter
{
    private const int MaxConnections = 20_000;
    private const int SmallBuffer = 4096;
    private const int LargeBuffer = 64 * 1024;
    private static readonly TimeSpan HandshakeLimit = TimeSpan.FromSeconds(30);

    private TcpServer? _server;
    private Func<IMqttChannelAdapter, Task>? _clientHandler;

    public Func<IMqttChannelAdapter, Task> ClientHandler
    {
        get => _clientHandler ?? (_ => Task.CompletedTask);
        set => Volatile.Write(ref _clientHandler, value);
    }

    public Task StartAsync(MqttServerOptions options, IMqttNetLogger mqttLogger)
    {
        _server = TcpServer.Listen(endpoint, MaxConnections, (stream, stop) => ServeAsync(stream, mqttLogger, stop));
        return Task.CompletedTask;
    }

    public async Task StopAsync()
    {
        if (Interlocked.Exchange(ref _server, null) is { } server)
        {
            await server.DisposeAsync().ConfigureAwait(false);
        }
    }

    public void Dispose() => StopAsync().GetAwaiter().GetResult();

    private async Task ServeAsync(Stream connection, IMqttNetLogger mqttLogger, CancellationToken stop)
    {
        await using var tls = new SslStream(connection, leaveInnerStreamOpen: true);
        if (await AuthenticateAsync(tls, stop).ConfigureAwait(false) is not { } certificate)
        {
            return;
        }

        // What the library waits for ends with the connection, not with a token.
        await using var ending = stop.Register(connection.Dispose).ConfigureAwait(false);
        var stream = new MeteredStream(
            tls, new PacketMeter(maxPacketBytes), () => DistributionLog.PacketTooLarge(logger, NameOf(certificate), maxPacketBytes));
        using var channel = new MqttTcpChannel(stream, endpoint, endpoint, certificate);
        using var adapter = new MqttChannelAdapter(
            channel, new MqttPacketFormatterAdapter(new MqttBufferWriter(SmallBuffer, LargeBuffer)), mqttLogger);
        // The library takes its handler away before it stops us: who connects then is not served any more.
        if (Volatile.Read(ref _clientHandler) is { } serve)
        {
            await serve(adapter).ConfigureAwait(false);
        }
    }

    private async Task<X509Certificate2?> AuthenticateAsync(SslStream tls, CancellationToken stop)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(HandshakeLimit);
        var options = new SslServerAuthenticationOptions
        {
            ServerCertificateSelectionCallback = (_, _) => identity.Certificate,
            ClientCertificateRequired = true,
            EnabledSslProtocols = TlsVersions.Accepted,
            RemoteCertificateValidationCallback = verifier.AsCallback(
                name: null, refused => DistributionLog.PeerRefused(logger, refused.Because)),
        };
        try
        {
            await tls.AuthenticateAsServerAsync(options, limit.Token).ConfigureAwait(false);
            return tls.RemoteCertificate as X509Certificate2;
        }
        catch (AuthenticationException)
        {
            return null; // said by the callback, or no TLS at all
        }
    }

    private static string NameOf(X509Certificate2 certificate) => certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false);
}

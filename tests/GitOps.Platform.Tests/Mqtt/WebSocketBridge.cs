using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging;

namespace GitOps.Platform.Tests.Mqtt;

/// <summary>
/// MQTT over WebSocket in front of a broker's TCP port, as a reverse proxy at port 443 would do it. Mosquitto's own
/// listener needs what libwebsockets does not find on every machine.
/// </summary>
internal sealed class WebSocketBridge : IAsyncDisposable
{
    private readonly WebApplication _server;
    private readonly CancellationTokenSource _stop = new();

    private WebSocketBridge(WebApplication server) => _server = server;

    public int Port => new Uri(_server.Urls.First()).Port;

    public static async Task<WebSocketBridge> StartAsync(
        int brokerPort, Action<HttpsConnectionAdapterOptions>? https, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            if (https is not null)
            {
                listen.UseHttps(https);
            }
        }));
        var bridge = new WebSocketBridge(builder.Build());
        bridge._server.UseWebSockets();
        bridge._server.Run(async context =>
        {
            var accepted = await context.WebSockets.AcceptWebSocketAsync("mqtt");
            await using var socket = WebSocketStream.Create(accepted, WebSocketMessageType.Binary, ownsWebSocket: true);
            using var broker = new TcpClient("127.0.0.1", brokerPort);
            await using var stream = broker.GetStream();
            try
            {
                await Task.WhenAny(
                    socket.CopyToAsync(stream, bridge._stop.Token), stream.CopyToAsync(socket, bridge._stop.Token));
            }
            catch (OperationCanceledException)
            {
                // The test is over.
            }
        });
        await bridge._server.StartAsync(cancellationToken);
        return bridge;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _server.DisposeAsync();
        _stop.Dispose();
    }
}

using System.Net;
using System.Net.Sockets;
using GitOps.Simulation.Time;

namespace GitOps.EndToEnd.Tests.Fleet;

/// <summary>The simulated time server, behind a UDP socket on loopback.</summary>
internal sealed class TimeServer : IAsyncDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _serving;
    private int _answers;

    public TimeServer()
    {
        _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _serving = ServeAsync();
    }

    public int Port => ((IPEndPoint)_socket.LocalEndPoint!).Port;

    public int Answers => Volatile.Read(ref _answers);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _serving;
        _socket.Dispose();
        _stop.Dispose();
    }

    private async Task ServeAsync()
    {
        var (server, buffer) = (new SntpServer(), new byte[512]);
        while (true)
        {
            try
            {
                var request = await _socket.ReceiveFromAsync(buffer, SocketFlags.None, new IPEndPoint(IPAddress.Any, 0), _stop.Token);
                var now = DateTimeOffset.UtcNow;
                if (server.Answer(buffer.AsSpan(0, request.ReceivedBytes), now, now) is { } answer)
                {
                    await _socket.SendToAsync(answer, SocketFlags.None, request.RemoteEndPoint, _stop.Token);
                    Interlocked.Increment(ref _answers);
                }
            }
            catch (SocketException)
            {
                // A client that went away answers by ICMP.
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }
}

using System.Net;
using System.Net.Sockets;
using GitOps.Simulation.Time;

namespace GitOps.Cli.Demo;

/// <summary>A time server on loopback: the simulated one, behind a UDP socket.</summary>
internal sealed class TimeServerHost : IAsyncDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _serving;
    private long _answers;

    public TimeServerHost(TimeProvider time)
    {
        _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _serving = ServeAsync(new SntpServer(), time);
    }

    public int Port => ((IPEndPoint)_socket.LocalEndPoint!).Port;

    /// <summary>How many requests were answered.</summary>
    public long Answers => Interlocked.Read(ref _answers);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _serving;
        _socket.Dispose();
        _stop.Dispose();
    }

    private async Task ServeAsync(SntpServer server, TimeProvider time)
    {
        var buffer = new byte[512];
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var request = await _socket.ReceiveFromAsync(buffer, SocketFlags.None, new IPEndPoint(IPAddress.Any, 0), _stop.Token);
                var now = time.GetUtcNow();
                if (server.Answer(buffer.AsSpan(0, request.ReceivedBytes), now, time.GetUtcNow()) is { } answer)
                {
                    await _socket.SendToAsync(answer, SocketFlags.None, request.RemoteEndPoint, _stop.Token);
                    Interlocked.Increment(ref _answers);
                }
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (SocketException)
            {
                // A client that went away answers with ICMP; the next one is served all the same.
            }
        }
    }
}

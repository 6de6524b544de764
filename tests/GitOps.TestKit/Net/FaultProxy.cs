using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace GitOps.TestKit.Net;

/// <summary>
/// Stands between a client and a server and is the bad network between them: refuses, cuts, delays, swallows (half-open:
/// connected and silent), or cuts after a number of bytes. Faults can be switched while connections are open.
/// </summary>
public sealed class FaultProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<Socket, byte> _sockets = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly EndPoint _target;
    private readonly Task _accepting;
    private long _bytesLeft = long.MaxValue;
    private volatile bool _isOnce;

    public FaultProxy(int targetPort)
    {
        _target = new IPEndPoint(IPAddress.Loopback, targetPort);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>Where clients connect.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>New connections are closed at once.</summary>
    public bool Refuses { get; set; }

    /// <summary>Connections stay open and nothing passes; what was sent meanwhile is lost.</summary>
    public bool IsSilent { get; set; }

    /// <summary>What the client sends is lost on the way; what the server sends arrives.</summary>
    public bool DropsUp { get; set; }

    /// <summary>What the server sends is lost on the way; what the client sends arrives.</summary>
    public bool DropsDown { get; set; }

    /// <summary>Asked for each piece that anybody sends, from several threads: whether it is lost on the way.</summary>
    public Func<bool> Loses { get; init; } = () => false;

    /// <summary>How long each piece is held back.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>Bytes that passed in both directions, all connections together.</summary>
    public long BytesPassed => Interlocked.Read(ref _bytesPassed);

    private long _bytesPassed;

    /// <summary>Connections accepted so far.</summary>
    public int Connections { get; private set; }

    /// <summary>Cuts every connection after this many more bytes, in both directions together.</summary>
    public void CutAfter(long bytes) => (_isOnce, _) = (false, Interlocked.Exchange(ref _bytesLeft, bytes));

    /// <summary>Cuts what is open after this many more bytes, and holds from then on.</summary>
    public void CutOnceAfter(long bytes) => (_isOnce, _) = (true, Interlocked.Exchange(ref _bytesLeft, bytes));

    /// <summary>Cuts every connection now (reset, not a goodbye) and lifts a byte limit.</summary>
    public void Cut()
    {
        Interlocked.Exchange(ref _bytesLeft, long.MaxValue);
        foreach (var socket in _sockets.Keys)
        {
            Reset(socket);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        Cut();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        List<Task> pumps = [];
        try
        {
            while (true)
            {
                var client = await _listener.AcceptSocketAsync(_stop.Token);
                Connections++;
                if (Refuses)
                {
                    Reset(client);
                    continue;
                }

                pumps.Add(ServeAsync(client));
            }
        }
        catch (Exception stopped) when (stopped is OperationCanceledException or SocketException or InvalidOperationException) // not listening any more
        {
            await Task.WhenAll(pumps);
        }
    }

    private async Task ServeAsync(Socket client)
    {
        var server = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        client.NoDelay = true;
        _sockets[client] = _sockets[server] = 0;
        try
        {
            await server.ConnectAsync(_target, _stop.Token);
            await Task.WhenAll(PumpAsync(client, server, () => IsSilent || DropsUp || Loses()), PumpAsync(server, client, () => IsSilent || DropsDown || Loses()));
        }
        catch (Exception broken) when (IsOfTheNetwork(broken))
        {
            // The server is not there, or a pump has ended both.
        }
        finally
        {
            Reset(client);
            Reset(server);
        }
    }

    private static bool IsOfTheNetwork(Exception failure) =>
        failure is SocketException or OperationCanceledException or ObjectDisposedException;

    private async Task PumpAsync(Socket from, Socket to, Func<bool> drops)
    {
        try
        {
            await CopyAsync(from, to, drops);
        }
        catch (Exception broken) when (IsOfTheNetwork(broken))
        {
            // Either end went away, or the proxy cut: both ends must notice, also the one the other pump is waiting for.
            Reset(from);
            Reset(to);
        }
    }

    private async Task CopyAsync(Socket from, Socket to, Func<bool> drops)
    {
        var buffer = new byte[16 * 1024];
        int length;
        while ((length = await from.ReceiveAsync(buffer, _stop.Token)) > 0)
        {
            if (Delay > TimeSpan.Zero)
            {
                await Task.Delay(Delay, _stop.Token);
            }

            if (drops())
            {
                continue;
            }

            var left = Interlocked.Add(ref _bytesLeft, -length) + length;
            var passing = (int)Math.Clamp(left, 0, length);
            await to.SendAsync(buffer.AsMemory(0, passing), _stop.Token);
            Interlocked.Add(ref _bytesPassed, passing);
            if (passing < length)
            {
                if (_isOnce)
                {
                    Cut();
                }

                throw new OperationCanceledException("the byte limit is reached");
            }
        }

        to.Shutdown(SocketShutdown.Send); // a goodbye of one side is passed on, the other may still speak
    }

    private void Reset(Socket socket)
    {
        _sockets.TryRemove(socket, out _);
        try
        {
            socket.LingerState = new LingerOption(true, 0); // close with a reset
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            // Closed already.
        }

        socket.Dispose();
    }
}

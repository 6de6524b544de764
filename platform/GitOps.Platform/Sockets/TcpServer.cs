using System.Net;
using System.Net.Sockets;

namespace GitOps.Platform.Sockets;

/// <summary>
/// Listens, and runs a handler per connection, up to a number of them at once; more wait in the kernel's queue. Disposing
/// stops listening, cancels the handlers and waits for them.
/// </summary>
public sealed class TcpServer : IAsyncDisposable
{
    private readonly Socket _listener;
    private readonly Func<Stream, CancellationToken, Task> _handler;
    private readonly SemaphoreSlim _room;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;
    private readonly int _limit;

    private TcpServer(Socket listener, int limit, Func<Stream, CancellationToken, Task> handler)
    {
        (_listener, _handler, _limit) = (listener, handler, limit);
        Endpoint = (IPEndPoint)listener.LocalEndPoint!;
        _room = new SemaphoreSlim(limit);
        _accepting = AcceptAsync();
    }

    /// <summary>Where it listens, with the port the system chose for port 0.</summary>
    public IPEndPoint Endpoint { get; }

    /// <summary>Begins listening.</summary>
    /// <param name="handler">
    /// Owns the stream until it returns. Its <see cref="IOException"/> and cancellation end the connection; anything else is
    /// our bug, and comes out of <see cref="DisposeAsync"/>.
    /// </param>
    public static TcpServer Listen(IPEndPoint endpoint, int connectionLimit, Func<Stream, CancellationToken, Task> handler)
    {
        var listener = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            listener.Bind(endpoint);
            listener.Listen();
            return new TcpServer(listener, connectionLimit, handler);
        }
        catch (SocketException)
        {
            listener.Dispose();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        _listener.Dispose();
        await _accepting.ConfigureAwait(false);
        _room.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        HashSet<Task> open = new(_limit);
        try
        {
            while (true)
            {
                await _room.WaitAsync(_stop.Token).ConfigureAwait(false);
                var socket = await _listener.AcceptAsync(_stop.Token).ConfigureAwait(false);
                open.RemoveWhere(task => task.IsCompletedSuccessfully);
                open.Add(ServeAsync(socket));
            }
        }
        catch (Exception stopped) when (_stop.IsCancellationRequested
            && stopped is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            await Task.WhenAll(open).ConfigureAwait(false);
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        await Task.Yield(); // a handler that never waits must not keep the next connection from being accepted
        try
        {
            socket.NoDelay = true;
            await using var stream = new NetworkStream(socket, ownsSocket: true);
            await _handler(stream, _stop.Token).ConfigureAwait(false);
        }
        catch (Exception ended) when (ended is IOException or SocketException or OperationCanceledException)
        {
            // The peer went away, or we are stopping.
        }
        finally
        {
            _room.Release();
        }
    }
}

using System.Net;
using System.Net.Sockets;
using GitOps.Platform.Sockets;
using GitOps.TestKit;
using GitOps.TestKit.Net;

namespace GitOps.Platform.Tests.Sockets;

public sealed class TcpServerTests
{
    private static readonly IPEndPoint AnyPort = new(IPAddress.Loopback, 0);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_connection_gets_the_handler()
    {
        await using var server = TcpServer.Listen(AnyPort, 10, (stream, token) => stream.CopyToAsync(stream, token));
        for (var i = 0; i < 30; i++)
        {
            Assert.Equal(7, await EchoAsync(server.Endpoint.Port, 7));
        }
    }

    [Fact]
    public async Task Above_the_bound_a_connection_waits_its_turn()
    {
        var (running, most) = (0, 0);
        await using var server = TcpServer.Listen(AnyPort, 2, async (stream, token) =>
        {
            var now = Interlocked.Increment(ref running);
            InterlockedMax(ref most, now);
            await stream.CopyToAsync(stream, token);
            Interlocked.Decrement(ref running);
        });
        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => EchoAsync(server.Endpoint.Port, (byte)i)));
        Assert.InRange(most, 1, 2);
    }

    [Fact]
    public async Task Disposing_ends_handlers_and_frees_the_port()
    {
        var server = TcpServer.Listen(AnyPort, 2, (stream, token) => stream.CopyToAsync(stream, token));
        using var client = new TcpClient("127.0.0.1", server.Endpoint.Port);
        client.GetStream().WriteByte(1);
        Assert.Equal(1, client.GetStream().ReadByte());
        await server.DisposeAsync();
        Assert.Equal(0, await ReadAfterEndAsync(client));
        using var late = new TcpClient();
        await Assert.ThrowsAsync<SocketException>(() => late.ConnectAsync(server.Endpoint, Cancellation).AsTask());
    }

    [Fact]
    public async Task A_peer_that_resets_disturbs_nobody_else()
    {
        await using var server = TcpServer.Listen(AnyPort, 2, (stream, token) => stream.CopyToAsync(stream, token));
        await using (var proxy = new FaultProxy(server.Endpoint.Port))
        {
            for (var i = 0; i < 5; i++)
            {
                using var client = new TcpClient("127.0.0.1", proxy.Port);
                client.GetStream().WriteByte(1);
                await Eventually.BecomesTrue(() => client.Available > 0, cancellationToken: Cancellation);
                proxy.Cut();
            }
        }

        Assert.Equal(9, await EchoAsync(server.Endpoint.Port, 9));
    }

    private static async Task<int> EchoAsync(int port, byte value)
    {
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", port, Cancellation);
        await client.GetStream().WriteAsync(new[] { value }, Cancellation);
        var answer = new byte[1];
        await client.GetStream().ReadExactlyAsync(answer, Cancellation);
        return answer[0];
    }

    private static async Task<int> ReadAfterEndAsync(TcpClient client)
    {
        try
        {
            return await client.GetStream().ReadAsync(new byte[1], Cancellation);
        }
        catch (IOException)
        {
            return 0; // a reset is an end as well
        }
    }

    private static void InterlockedMax(ref int most, int value)
    {
        for (var seen = most; value > seen;)
        {
            seen = Interlocked.CompareExchange(ref most, value, seen);
        }
    }
}

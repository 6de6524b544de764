using System.Net;
using System.Net.Sockets;
using System.Text;

namespace GitOps.Benchmarks.Devices;

/// <summary>Counts messages of a broker and does nothing else, so that what is measured is the way to it (MQTT 3.1.1 §3).</summary>
internal sealed class CountingSubscriber : IAsyncDisposable
{
    private const int Publish = 3;
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private Task _counting = Task.CompletedTask;
    private long _count;

    private CountingSubscriber()
    {
    }

    public static async Task<CountingSubscriber> StartAsync(int port, string name, string topic, CancellationToken cancellationToken)
    {
        var subscriber = new CountingSubscriber();
        await subscriber._socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), cancellationToken);
        // CONNECT of a clean session without keep-alive, then SUBSCRIBE with QoS 0; their answers are no messages and count as none.
        await subscriber.SendAsync(0x10, [0, 4, .. "MQTT"u8, 4, 2, 0, 0, .. Text($"bench-{name}")], cancellationToken);
        await subscriber.SendAsync(0x82, [0, 1, .. Text(topic), 0], cancellationToken);
        subscriber._counting = subscriber.CountAsync();
        return subscriber;
    }

    /// <summary>How many came since this was asked last.</summary>
    public long Take() => Interlocked.Exchange(ref _count, 0);

    public async ValueTask DisposeAsync()
    {
        _socket.Dispose();
        await _counting;
    }

    private static byte[] Text(string text) => [(byte)(text.Length >> 8), (byte)text.Length, .. Encoding.ASCII.GetBytes(text)];

    private async Task SendAsync(byte kind, byte[] body, CancellationToken cancellationToken) =>
        await _socket.SendAsync((byte[])[kind, (byte)body.Length, .. body], cancellationToken);

    private async Task CountAsync()
    {
        var buffer = new byte[1 << 18];
        var have = 0;
        try
        {
            while (await _socket.ReceiveAsync(buffer.AsMemory(have)) is > 0 and var got)
            {
                have += got;
                var used = Take(buffer.AsSpan(0, have));
                buffer.AsSpan(used, have - used).CopyTo(buffer);
                have -= used;
            }
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            // The broker ended, or the measurement did.
        }
    }

    /// <returns>How many bytes are whole packets.</returns>
    private int Take(ReadOnlySpan<byte> bytes)
    {
        var at = 0;
        while (TryLength(bytes[at..]) is { } length && at + length <= bytes.Length)
        {
            _ = bytes[at] >> 4 == Publish ? Interlocked.Increment(ref _count) : 0;
            at += length;
        }

        return at;
    }

    /// <summary>Of the packet that begins here, its header counted; null when not even that is there (§2.2.3).</summary>
    private static int? TryLength(ReadOnlySpan<byte> bytes)
    {
        var length = 0;
        for (var i = 1; i < bytes.Length && i <= 4; i++)
        {
            length |= (bytes[i] & 0x7F) << (7 * (i - 1));
            if (bytes[i] < 0x80)
            {
                return 1 + i + length;
            }
        }

        return null;
    }
}

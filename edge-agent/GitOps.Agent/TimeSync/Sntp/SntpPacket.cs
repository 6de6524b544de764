using System.Buffers.Binary;
using System.Text;

namespace GitOps.Agent.TimeSync.Sntp;

/// <summary>What a server answered.</summary>
public abstract record SntpAnswer
{
    private SntpAnswer() { } // closed: every case is in this file

    /// <param name="Ahead">Seconds our clock is ahead of the server's.</param>
    /// <param name="Delay">Seconds of the way there and back.</param>
    public sealed record Sample(decimal Ahead, decimal Delay, decimal RootDelay, decimal RootDispersion, int Stratum) : SntpAnswer;

    /// <summary>The server does not want to be asked: RFC 5905 §7.4.</summary>
    public sealed record Kiss(string Code) : SntpAnswer;

    public sealed record Unusable(string Why) : SntpAnswer;
}

/// <summary>The 48 bytes of RFC 5905 §7.3, used as RFC 4330 describes: a client that measures and keeps no state.</summary>
public static class SntpPacket
{
    public const int Bytes = 48;
    private const int Client = 3;
    private const int Server = 4;
    private const decimal MaxDistance = 16; // RFC 5905 §7.2, MAXDISP: seconds

    /// <summary>
    /// Nothing but version 4, mode 3 and a random number where the time of sending would be: the server sends it back, so a
    /// forger has to have seen the request, and nobody learns our clock.
    /// </summary>
    public static byte[] Request(ulong nonce)
    {
        var packet = new byte[Bytes];
        packet[0] = (4 << 3) | Client;
        BinaryPrimitives.WriteUInt64BigEndian(packet.AsSpan(40), nonce);
        return packet;
    }

    /// <param name="sentAt">Our clock when the request left.</param>
    /// <param name="elapsed">Monotonic, until the answer came: a clock that is set meanwhile spoils nothing.</param>
    public static SntpAnswer Read(ReadOnlySpan<byte> packet, ulong nonce, DateTimeOffset sentAt, TimeSpan elapsed)
    {
        if (packet.Length < Bytes || (packet[0] & 7) != Server || BinaryPrimitives.ReadUInt64BigEndian(packet[24..]) != nonce)
        {
            return new SntpAnswer.Unusable("it is no answer to our request");
        }

        var stratum = packet[1];
        if (stratum == 0)
        {
            var code = Encoding.ASCII.GetString(packet[12..16]).TrimEnd('\0');
            return code.Length > 0 && code.All(char.IsAsciiLetterUpper) ? new SntpAnswer.Kiss(code) : new SntpAnswer.Unusable("it does not say its stratum");
        }

        var (rootDelay, rootDispersion) = (Short(packet[4..]), Short(packet[8..]));
        if (packet[0] >> 6 == 3 || stratum > 15 || (rootDelay / 2) + rootDispersion >= MaxDistance)
        {
            return new SntpAnswer.Unusable("the server is not synchronised itself");
        }

        if (Time(packet[32..]) is not { } received || Time(packet[40..]) is not { } sent || sent < received)
        {
            return new SntpAnswer.Unusable("its times contradict each other");
        }

        // RFC 5905 §8: offset = ((T2 − T1) + (T3 − T4)) / 2, delay = (T4 − T1) − (T3 − T2); ours is ahead by −offset.
        var back = sentAt + elapsed;
        var offset = (Seconds(received - sentAt) + Seconds(sent - back)) / 2;
        var delay = Math.Max(0, Seconds(elapsed) - Seconds(sent - received));
        return new SntpAnswer.Sample(-offset, delay, rootDelay, rootDispersion, stratum);
    }

    private static decimal Seconds(TimeSpan time) => (decimal)time.Ticks / TimeSpan.TicksPerSecond;

    private static decimal Short(ReadOnlySpan<byte> bytes) => (decimal)BinaryPrimitives.ReadUInt32BigEndian(bytes) / 65_536;

    /// <summary>Era by the first bit, RFC 4330 §3: set means 1968 to 2036, clear 2036 to 2104. Zero means "not known".</summary>
    private static DateTimeOffset? Time(ReadOnlySpan<byte> bytes)
    {
        var (seconds, fraction) = (BinaryPrimitives.ReadUInt32BigEndian(bytes), BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]));
        if (seconds == 0 && fraction == 0)
        {
            return null;
        }

        var era = seconds >= 0x8000_0000 ? 0L : 1L << 32;
        return new DateTimeOffset(1900, 1, 1, 0, 0, 0, TimeSpan.Zero)
            .AddSeconds(era + seconds)
            .AddTicks((long)((ulong)fraction * TimeSpan.TicksPerSecond >> 32));
    }
}

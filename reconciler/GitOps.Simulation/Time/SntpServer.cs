using System.Buffers.Binary;
using System.Text;

namespace GitOps.Simulation.Time;

/// <summary>
/// A time server that answers as RFC 5905 §7.3 lays packets out, and lies as told. A pure function of request and times:
/// who serves it, owns the socket.
/// </summary>
public sealed record SntpServer
{
    private static readonly DateTimeOffset Era = new(1900, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public byte Stratum { get; init; } = 2;

    /// <summary>0 to 3; 3 says that it is not synchronised.</summary>
    public byte Leap { get; init; }

    /// <summary>How far its clock is ahead of ours.</summary>
    public TimeSpan Ahead { get; init; }

    public TimeSpan RootDelay { get; init; } = TimeSpan.FromMilliseconds(2);

    public TimeSpan RootDispersion { get; init; } = TimeSpan.FromMilliseconds(1);

    /// <summary>Four letters: it answers with a kiss-o'-death (§7.4) instead of the time.</summary>
    public string? Kiss { get; init; }

    /// <summary>Answers a request with another origin, as an attacker who did not see it would.</summary>
    public bool Forges { get; init; }

    /// <summary>The answer, or null to what is no client's request.</summary>
    public byte[]? Answer(ReadOnlySpan<byte> request, DateTimeOffset receivedAt, DateTimeOffset sentAt)
    {
        if (request.Length < 48 || (request[0] & 7) != 3)
        {
            return null;
        }

        var answer = new byte[48];
        answer[0] = (byte)((Leap << 6) | (request[0] & 0x38) | 4);
        answer[1] = Kiss is null ? Stratum : (byte)0;
        answer[2] = request[2];
        answer[3] = unchecked((byte)-20);
        BinaryPrimitives.WriteUInt32BigEndian(answer.AsSpan(4), Short(RootDelay));
        BinaryPrimitives.WriteUInt32BigEndian(answer.AsSpan(8), Short(RootDispersion));
        Encoding.ASCII.GetBytes(Kiss ?? "GPS\0").CopyTo(answer, 12);
        WriteTime(answer.AsSpan(16), receivedAt + Ahead - TimeSpan.FromSeconds(16));
        request[40..48].CopyTo(answer.AsSpan(24));
        answer[24] ^= (byte)(Forges ? 0xFF : 0);
        WriteTime(answer.AsSpan(32), receivedAt + Ahead);
        WriteTime(answer.AsSpan(40), sentAt + Ahead);
        return answer;
    }

    /// <summary>Seconds with 16 bits of fraction.</summary>
    private static uint Short(TimeSpan time) => (uint)(time.TotalSeconds * 65_536);

    /// <summary>Seconds since 1900 with 32 bits of fraction; eras are not told apart (§6).</summary>
    private static void WriteTime(Span<byte> target, DateTimeOffset time)
    {
        var ticks = (time - Era).Ticks;
        BinaryPrimitives.WriteUInt32BigEndian(target, (uint)(ticks / TimeSpan.TicksPerSecond));
        BinaryPrimitives.WriteUInt32BigEndian(
            target[4..], (uint)((UInt128)(ulong)(ticks % TimeSpan.TicksPerSecond) * (1UL << 32) / TimeSpan.TicksPerSecond));
    }
}

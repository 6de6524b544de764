using System.Buffers;
using System.Runtime.InteropServices;

namespace GitOps.Dmi.Mappers;

/// <summary>
/// Finds the frames of an HTTP/2 connection, and in those with headers the name of a host. A header block in several frames is
/// passed as it is: no client needs one for a call of a mapper.
/// </summary>
internal sealed class FrameRepair
{
    private const int PrefaceLength = 24;
    private const int HeadLength = 9;
    private const byte Headers = 1;
    private const byte EndHeaders = 4, Padded = 8, Priority = 32;

    /// <summary>Larger frames carry no headers that matter here, and are not waited for as a whole.</summary>
    private const int WholeLimit = 16_384;

    private long _passing = PrefaceLength;

    /// <returns>How many of the bytes can go on, repaired.</returns>
    public long TakeWhole(ReadOnlySequence<byte> bytes)
    {
        var taken = Math.Min(_passing, bytes.Length);
        _passing -= taken;
        Span<byte> head = stackalloc byte[HeadLength];
        while (_passing == 0 && bytes.Length - taken >= HeadLength)
        {
            bytes.Slice(taken, HeadLength).CopyTo(head);
            var length = (head[0] << 16) | (head[1] << 8) | head[2];
            if (head[3] == Headers && (head[4] & EndHeaders) != 0 && length <= WholeLimit)
            {
                if (bytes.Length - taken < HeadLength + length)
                {
                    break;
                }

                RepairIn(bytes.Slice(taken + HeadLength, length), head[4]);
                taken += HeadLength + length;
            }
            else
            {
                var there = Math.Min(HeadLength + length, bytes.Length - taken);
                (taken, _passing) = (taken + there, HeadLength + length - there);
            }
        }

        return taken;
    }

    private static void RepairIn(ReadOnlySequence<byte> frame, byte flags)
    {
        var block = frame.ToArray();
        var from = ((flags & Padded) != 0 ? 1 : 0) + ((flags & Priority) != 0 ? 5 : 0);
        var until = block.Length - ((flags & Padded) != 0 && block.Length > 0 ? block[0] : 0);
        if (from > until || HeaderBlock.AuthorityIn(block.AsSpan(from..until)) is not var (lengthAt, valueAt, length))
        {
            return;
        }

        // The bytes lie in memory of the transport that is this reader's until it has advanced.
        Write(frame, from + lengthAt, (byte)(block[from + lengthAt] & 0x7f)); // no Huffman code
        for (var i = 0; i < length; i++)
        {
            Write(frame, from + valueAt + i, (byte)'m');
        }
    }

    private static void Write(ReadOnlySequence<byte> sequence, long at, byte value) =>
        MemoryMarshal.AsMemory(sequence.Slice(at, 1).First).Span[0] = value;
}

/// <summary>As much of HPACK (RFC 7541) as it takes to find a literal value of <c>:authority</c>.</summary>
internal static class HeaderBlock
{
    private const int AuthorityIndex = 1; // RFC 7541 appendix A

    /// <summary>Where the length of the value begins, where the value does, and its length; null: there is none, or no sense in it.</summary>
    public static (int LengthAt, int ValueAt, int Length)? AuthorityIn(ReadOnlySpan<byte> block)
    {
        var at = 0;
        while (at < block.Length)
        {
            var first = block[at];
            var prefix = (first & 0x80) != 0 ? 7 : (first & 0xC0) == 0x40 ? 6 : (first & 0xE0) == 0x20 ? 5 : 4;
            if (!TryInteger(block, ref at, prefix, out var index))
            {
                return null;
            }

            if (prefix is 7 or 5)
            {
                continue; // an indexed field (§6.1), or a size of the table (§6.3)
            }

            if (index == 0 && !TrySkip(block, ref at, out _, out _, out _))
            {
                return null;
            }

            if (!TrySkip(block, ref at, out var lengthAt, out var valueAt, out var length))
            {
                return null;
            }

            if (index == AuthorityIndex)
            {
                return (lengthAt, valueAt, length);
            }
        }

        return null;
    }

    private static bool TrySkip(ReadOnlySpan<byte> block, ref int at, out int lengthAt, out int valueAt, out int length)
    {
        (lengthAt, valueAt) = (at, 0);
        if (!TryInteger(block, ref at, 7, out length) || length > block.Length - at)
        {
            return false;
        }

        valueAt = at;
        at += length;
        return true;
    }

    /// <summary>§5.1.</summary>
    private static bool TryInteger(ReadOnlySpan<byte> block, ref int at, int prefix, out int value)
    {
        value = 0;
        if (at >= block.Length)
        {
            return false;
        }

        var most = (1 << prefix) - 1;
        value = block[at++] & most;
        for (var shift = 0; value >= most && shift <= 14; shift += 7)
        {
            if (shift == 0)
            {
                value = most;
            }

            if (at >= block.Length)
            {
                return false;
            }

            var next = block[at++];
            value += (next & 0x7f) << shift;
            if ((next & 0x80) == 0)
            {
                return true;
            }
        }

        return value < most;
    }
}

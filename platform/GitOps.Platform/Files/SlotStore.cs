using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;

namespace GitOps.Platform.Files;

/// <summary>
/// One value in two files, <c>NAME.0</c> and <c>NAME.1</c>, written in turn: a damaged file costs one version and never
/// everything. Each is written atomically, so a power cut damages neither: a fall-back tells of a disk or of a hand.
/// </summary>
/// <remarks>
/// File: <c>gitslot1</c> (8 bytes), sequence (8, little-endian), SHA-256 of sequence and content (32), content.
/// One writer at a time.
/// </remarks>
public sealed class SlotStore(
    IFileLayer layer, string directory, string name, int limitBytes, UnixFileMode mode = AtomicFile.Private)
{
    private const int HeaderBytes = 48;
    private static readonly byte[] Magic = "gitslot1"u8.ToArray();

    /// <summary>The last value written, or what is left of it.</summary>
    public SlotRead Read()
    {
        var (first, second) = (ReadSlot(0), ReadSlot(1));
        return (first, second) switch
        {
            (Slot.Missing, Slot.Missing) => new SlotRead.Empty(),
            (Slot.Good a, Slot.Good b) => a.Sequence > b.Sequence ? ToValue(a) : ToValue(b),
            // Sequence 1 stands alone; from the second write on there are two files.
            (Slot.Good { Sequence: 1 } a, Slot.Missing) => ToValue(a),
            (Slot.Good a, _) => new SlotRead.FellBack(a.Content, a.Sequence, Describe(1, second)),
            (_, Slot.Good b) => new SlotRead.FellBack(b.Content, b.Sequence, Describe(0, first)),
            _ => new SlotRead.Lost($"{Describe(0, first)}; {Describe(1, second)}"),
        };
    }

    /// <summary>Every value that is whole, the newest first: for a reader that can make nothing of the newest.</summary>
    public IReadOnlyList<SlotRead.Value> ReadAll() =>
        [.. new[] { ReadSlot(0), ReadSlot(1) }.OfType<Slot.Good>().OrderByDescending(slot => slot.Sequence).Select(ToValue)];

    /// <summary>Writes the next value over the older or damaged one; it holds when this returns.</summary>
    public void Write(ReadOnlySpan<byte> content)
    {
        if (content.Length > limitBytes)
        {
            throw new FileLayerException(
                FileFault.TooLarge, "write", PathOf(0), $"{content.Length} bytes are more than the limit of {limitBytes}");
        }

        var (first, second) = (ReadSlot(0) as Slot.Good, ReadSlot(1) as Slot.Good);
        var (target, sequence) = (first, second) switch
        {
            (null, null) => (0, 0UL),
            (null, { } b) => (0, b.Sequence),
            ({ } a, null) => (1, a.Sequence),
            var (a, b) => a.Sequence < b.Sequence ? (0, b.Sequence) : (1, a.Sequence),
        };
        AtomicFile.Write(layer, PathOf(target), Encode(content, sequence + 1), mode);
    }

    private string PathOf(int slot) => string.Create(CultureInfo.InvariantCulture, $"{directory}/{name}.{slot}");

    private string Describe(int slot, Slot what) =>
        what is Slot.Bad bad ? $"{PathOf(slot)} {bad.Because}" : $"{PathOf(slot)} is gone";

    private static SlotRead.Value ToValue(Slot.Good slot) => new(slot.Content, slot.Sequence);

    private static byte[] Encode(ReadOnlySpan<byte> content, ulong sequence)
    {
        var bytes = new byte[HeaderBytes + content.Length];
        Magic.CopyTo(bytes, 0);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(8), sequence);
        content.CopyTo(bytes.AsSpan(HeaderBytes));
        Checksum(bytes).CopyTo(bytes.AsSpan(16));
        return bytes;
    }

    private static byte[] Checksum(ReadOnlySpan<byte> slot)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(slot[8..16]);
        hash.AppendData(slot[HeaderBytes..]);
        return hash.GetHashAndReset();
    }

    private Slot ReadSlot(int slot)
    {
        byte[]? bytes;
        try
        {
            bytes = layer.Read(PathOf(slot), limitBytes + HeaderBytes);
        }
        catch (IOException failure)
        {
            return new Slot.Bad($"cannot be read ({failure.Message})"); // a failing disk is what the second slot is for
        }

        if (bytes is null)
        {
            return new Slot.Missing();
        }

        if (bytes.Length < HeaderBytes || !bytes.AsSpan(0, 8).SequenceEqual(Magic))
        {
            return new Slot.Bad("is not a slot");
        }

        return Checksum(bytes).AsSpan().SequenceEqual(bytes.AsSpan(16, 32))
            ? new Slot.Good(bytes.AsMemory(HeaderBytes), BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(8)))
            : new Slot.Bad("does not match its checksum");
    }

    private abstract record Slot
    {
        private Slot()
        {
        }

        public sealed record Missing : Slot;

        public sealed record Bad(string Because) : Slot;

        public sealed record Good(ReadOnlyMemory<byte> Content, ulong Sequence) : Slot;
    }
}

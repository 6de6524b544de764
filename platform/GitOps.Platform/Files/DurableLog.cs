using System.Buffers.Binary;
using System.Numerics;

namespace GitOps.Platform.Files;

/// <summary>
/// An append-only file of records. A record holds when <see cref="Append"/> has returned; after a power cut the file is
/// its valid prefix, which is every such record and perhaps ones that were on their way.
/// </summary>
/// <remarks>
/// File: <c>gitslog1</c> (8 bytes), then per record: length (4, little-endian), CRC-32C of length and content (4), content.
/// One writer at a time; a <see cref="CommandLock"/> sees to that.
/// </remarks>
public sealed class DurableLog
{
    private const int FrameBytes = 8;

    // A longer record is not copied to stand behind its frame.
    private const int CopiedBytes = 64 * 1024;
    private static readonly byte[] Magic = "gitslog1"u8.ToArray();
    private readonly IFileLayer _layer;
    private readonly string _path;
    private readonly UnixFileMode _mode;
    private readonly int _limitBytes;
    private readonly List<ReadOnlyMemory<byte>> _records;
    private bool _mayHaveTornTail;
    private bool _isForgetful;

    private DurableLog(
        IFileLayer layer,
        string path,
        int limitBytes,
        UnixFileMode mode,
        List<ReadOnlyMemory<byte>> records,
        long length,
        long dropped)
    {
        (_layer, _path, _limitBytes, _mode, _records) = (layer, path, limitBytes, mode, records);
        (LengthBytes, DroppedBytes) = (length, dropped);
    }

    /// <summary>The records, oldest first; none after <see cref="Forget"/>.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Records => _records;

    /// <summary>Bytes of the valid file.</summary>
    public long LengthBytes { get; private set; }

    /// <summary>
    /// What opening cut off the end: a torn last write, or damage. Never a record whose append returned, on a sound disk.
    /// </summary>
    public long DroppedBytes { get; }

    /// <summary>
    /// Opens or creates the log, and cuts off what is not a valid record so that appends follow the last one that is.
    /// </summary>
    /// <param name="limitBytes">A longer file is refused rather than read.</param>
    public static DurableLog Open(
        IFileLayer layer, string path, int limitBytes, UnixFileMode mode = AtomicFile.Private)
    {
        var bytes = layer.Read(path, limitBytes);
        if (bytes is null)
        {
            AtomicFile.Write(layer, path, Magic, mode);
            return new DurableLog(layer, path, limitBytes, mode, [], Magic.Length, dropped: 0);
        }

        if (!bytes.AsSpan().StartsWith(Magic))
        {
            throw new FileLayerException(FileFault.Other, "open log", path, "does not start as a log of this program");
        }

        List<ReadOnlyMemory<byte>> records = [];
        var valid = Magic.Length;
        while (TryReadRecord(bytes.AsMemory(valid)) is { } record)
        {
            records.Add(record);
            valid += FrameBytes + record.Length;
        }

        var log = new DurableLog(layer, path, limitBytes, mode, records, valid, bytes.Length - valid);
        if (bytes.Length > valid)
        {
            log._mayHaveTornTail = true;
            log.CutTornTail();
        }

        return log;
    }

    /// <summary>Adds a record of at least one byte; it holds when this returns.</summary>
    public void Append(ReadOnlySpan<byte> record)
    {
        ArgumentOutOfRangeException.ThrowIfZero(record.Length);
        if (LengthBytes + FrameBytes + record.Length > _limitBytes)
        {
            throw new FileLayerException(
                FileFault.TooLarge, "append to", _path, $"would pass its limit of {_limitBytes} bytes");
        }

        CutTornTail();
        _mayHaveTornTail = true; // until the calls below have returned, how much of it is there is not known
        if (record.Length > CopiedBytes)
        {
            Span<byte> frame = stackalloc byte[FrameBytes];
            Frame(record, frame);
            _layer.Append(_path, frame);
            _layer.Append(_path, record);
        }
        else
        {
            _layer.Append(_path, Frame(record));
        }

        _layer.Flush(_path);
        _mayHaveTornTail = false;
        LengthBytes += FrameBytes + record.Length;
        if (!_isForgetful)
        {
            _records.Add(record.ToArray());
        }
    }

    /// <summary>Replaces the whole log by these records, as one: compaction.</summary>
    public void Rewrite(IReadOnlyList<ReadOnlyMemory<byte>> records)
    {
        var bytes = new byte[Magic.Length + records.Sum(record => FrameBytes + record.Length)];
        Magic.CopyTo(bytes, 0);
        var rest = bytes.AsSpan(Magic.Length);
        foreach (var record in records)
        {
            Frame(record.Span, rest);
            record.Span.CopyTo(rest[FrameBytes..]);
            rest = rest[(FrameBytes + record.Length)..];
        }

        AtomicFile.Write(_layer, _path, bytes, _mode);
        _mayHaveTornTail = false;
        LengthBytes = bytes.Length;
        List<ReadOnlyMemory<byte>> kept = [.. records]; // before clearing: the argument may be Records itself
        _records.Clear();
        _records.AddRange(_isForgetful ? [] : kept);
    }

    /// <summary>
    /// Takes every record out, for an owner who needs none of them any more. Nothing is flushed, so it costs the disk nothing: after
    /// a power cut they may be there again.
    /// </summary>
    public void Clear()
    {
        _mayHaveTornTail = true; // an append after a truncation that failed would follow what is to be gone
        LengthBytes = Magic.Length;
        _records.Clear();
        _layer.Truncate(_path, LengthBytes);
        _mayHaveTornTail = false;
    }

    /// <summary>Keeps no records in memory from here on, for an owner who has taken what they say and whose log is long.</summary>
    public void Forget()
    {
        _isForgetful = true;
        _records.Clear();
        _records.TrimExcess();
    }

    private void CutTornTail()
    {
        if (_mayHaveTornTail)
        {
            _layer.Truncate(_path, LengthBytes);
            _layer.Flush(_path);
            _mayHaveTornTail = false;
        }
    }

    private static byte[] Frame(ReadOnlySpan<byte> record)
    {
        var framed = new byte[FrameBytes + record.Length];
        Frame(record, framed);
        record.CopyTo(framed.AsSpan(FrameBytes));
        return framed;
    }

    private static void Frame(ReadOnlySpan<byte> record, Span<byte> frame)
    {
        BinaryPrimitives.WriteInt32LittleEndian(frame, record.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(frame[4..], Checksum(frame[..4], record));
    }

    private static ReadOnlyMemory<byte>? TryReadRecord(ReadOnlyMemory<byte> rest)
    {
        if (rest.Length < FrameBytes)
        {
            return null;
        }

        var length = BinaryPrimitives.ReadInt32LittleEndian(rest.Span);
        if (length <= 0 || length > rest.Length - FrameBytes)
        {
            return null;
        }

        var framed = rest[..(FrameBytes + length)];
        // No conditional expression here: in one, `null` would quietly become an empty memory.
        if (BinaryPrimitives.ReadUInt32LittleEndian(rest.Span[4..]) != Checksum(framed.Span[..4], framed.Span[FrameBytes..]))
        {
            return null;
        }

        return framed[FrameBytes..];
    }

    /// <summary>CRC-32C (Castagnoli) over length and content; starts with ones, so that zeros are no record.</summary>
    private static uint Checksum(ReadOnlySpan<byte> length, ReadOnlySpan<byte> content)
    {
        var crc = BitOperations.Crc32C(uint.MaxValue, BinaryPrimitives.ReadUInt32LittleEndian(length));
        while (content.Length >= 8)
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(content));
            content = content[8..];
        }

        foreach (var value in content)
        {
            crc = BitOperations.Crc32C(crc, value);
        }

        return ~crc;
    }
}

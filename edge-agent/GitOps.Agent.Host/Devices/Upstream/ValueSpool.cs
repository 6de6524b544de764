using System.Buffers;
using System.Globalization;
using GitOps.Bundles.Reports;
using GitOps.Bundles.Units;
using GitOps.Platform.Files;

namespace GitOps.Agent.Host.Devices.Upstream;

/// <summary>Lines that are to be sent, and what to forget when they were.</summary>
/// <param name="End">Where in the segment they end.</param>
internal sealed record ValuePart(long Segment, int End, ReadOnlyMemory<byte> Lines);

/// <summary>
/// Values of one device that wait, oldest first, as lines on disk within a bound. They lie in segments, so that the oldest go by
/// removing a file. Sending them again after a power cut is harmless, so what is forgotten is not flushed. Not thread-safe.
/// </summary>
internal sealed class ValueSpool
{
    /// <summary>A segment that has so much is written to no more.</summary>
    private const int SegmentBytes = 64 * 1024;

    /// <summary>Lines that are added at once are shorter; so a segment is shorter than two.</summary>
    public const int MostLines = 40 * 1024;

    private const string Suffix = ".log";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly IFileLayer _layer;
    private readonly string _folder;
    private readonly List<(long Number, long Bytes)> _segments = [];
    private DurableLog? _tail;
    private int _sent;
    private bool _isKnown;

    public ValueSpool(IFileLayer layer, string folder) => (_layer, _folder) = (layer, folder);

    /// <summary>False when there is nothing to be sent.</summary>
    public bool MayHave { get; private set; } = true;

    /// <summary>How much waits on disk, as far as it was looked at.</summary>
    public long WaitingBytes => MayHave ? _segments.Sum(segment => segment.Bytes) - _sent : 0;

    /// <summary>Told of a segment that cannot be read.</summary>
    public Action<string>? Damaged { get; init; }

    /// <summary>Adds whole lines; they hold when this returns.</summary>
    /// <param name="lines">Made of what was dropped to have room for them: how many, and the time of the last; nothing: none.</param>
    /// <returns>False when there is no room, and the oldest are to stay.</returns>
    /// <exception cref="FileLayerException">They are not kept: the disk is full or fails. Nothing is dropped.</exception>
    public bool TryAppend(Func<(long Count, DateTimeOffset At)?, byte[]> lines, UpstreamBuffer bounds)
    {
        TakeUp();
        var limit = (bounds.SizeBytes ?? UpstreamBuffer.UsualBytes) - SegmentBytes; // what is on its way is beside them for a moment
        var (gone, lost, at) = (0, 0L, default(DateTimeOffset));
        for (var total = _segments.Sum(segment => segment.Bytes) + MostLines; total > limit && gone < _segments.Count; gone++)
        {
            if (bounds.Keep == BufferKeep.Oldest)
            {
                return false;
            }

            var records = ValueLines.Read(ContentOf(_segments[gone].Number, gone == 0 ? _sent : 0)).Records;
            lost += records.Sum(record => record.Lost ?? 1);
            at = records.Count > 0 ? records[^1].At : at;
            total -= _segments[gone].Bytes;
        }

        Append(lines(lost > 0 ? (lost, at) : null), isNew: gone == _segments.Count);
        for (; gone > 0; gone--)
        {
            RemoveOldest();
        }

        return true;
    }

    /// <summary>The oldest lines, whole ones of at most so many bytes; null when there are none, or one is longer.</summary>
    /// <exception cref="FileLayerException">They cannot be read now.</exception>
    public ValuePart? Oldest(int limit)
    {
        TakeUp();
        while (_segments is [var (number, _), ..])
        {
            var rest = ContentOf(number, _sent);
            if (!rest.IsEmpty)
            {
                var length = rest.Length <= limit ? rest.Length : rest.Span[..limit].LastIndexOf((byte)'\n') + 1;
                return length > 0 ? new ValuePart(number, _sent + length, rest[..length]) : null;
            }

            if (_segments.Count == 1 && _tail is { } tail)
            {
                tail.Clear();
                _segments[0] = (number, tail.LengthBytes);
                _sent = 0;
                break;
            }

            RemoveOldest();
        }

        MayHave = false;
        return null;
    }

    /// <summary>Forgets what was sent.</summary>
    public void Forget(ValuePart part)
    {
        if (_segments is [var (number, _), ..] && number == part.Segment)
        {
            _sent = part.End;
        }
    }

    /// <summary>Takes the folder away.</summary>
    public void Remove()
    {
        _tail = null;
        _segments.Clear();
        _layer.RemoveTree(_folder);
    }

    /// <summary>Finds what an earlier run left; with the first use, as a disk that fails keeps no agent from starting.</summary>
    private void TakeUp()
    {
        if (_isKnown)
        {
            return;
        }

        List<(long, long)> found = [];
        foreach (var name in _layer.Stat(_folder) is null ? [] : _layer.Enumerate(_folder))
        {
            if (name.EndsWith(Suffix, StringComparison.Ordinal) && long.TryParse(name.AsSpan(0, name.Length - Suffix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                found.Add((number, _layer.Stat($"{_folder}/{name}")?.SizeBytes ?? 0));
            }
        }

        _segments.AddRange(found.Order());
        _isKnown = true;
    }

    private void Append(byte[] lines, bool isNew)
    {
        if (_tail is null || isNew || _tail.LengthBytes >= SegmentBytes)
        {
            var number = _segments.Count == 0 ? 1 : _segments[^1].Number + 1;
            _layer.EnsureDirectory(_folder, OwnerOnly);
            _tail = Open(number);
            _tail.Forget();
            _segments.Add((number, _tail.LengthBytes));
        }

        _tail.Append(lines);
        _segments[^1] = (_segments[^1].Number, _tail.LengthBytes);
        MayHave = true;
    }

    private void RemoveOldest()
    {
        var number = _segments[0].Number;
        if (_segments.Count == 1)
        {
            _tail = null;
        }

        _layer.UnlinkIfThere(PathOf(number));
        _segments.RemoveAt(0);
        _sent = 0;
    }

    /// <summary>Empty for what is damaged: it is set aside, and its place is taken by nothing.</summary>
    private ReadOnlyMemory<byte> ContentOf(long number, int from)
    {
        try
        {
            // Opening one that is not there would make it, and one that went is nobody's loss.
            var content = new ArrayBufferWriter<byte>(SegmentBytes);
            foreach (var record in _layer.Stat(PathOf(number)) is null ? [] : Open(number).Records)
            {
                content.Write(record.Span);
            }

            return content.WrittenCount > from ? content.WrittenMemory[from..] : default;
        }
        catch (FileLayerException failure) when (failure.Fault is FileFault.Other or FileFault.TooLarge)
        {
            _tail = number == _segments[^1].Number ? null : _tail;
            _layer.Rename(PathOf(number), $"{PathOf(number)}.damaged");
            Damaged?.Invoke(failure.Message);
            return default;
        }
    }

    private DurableLog Open(long number) => DurableLog.Open(_layer, PathOf(number), 2 * SegmentBytes);

    private string PathOf(long number) => string.Create(CultureInfo.InvariantCulture, $"{_folder}/{number:D8}{Suffix}");
}

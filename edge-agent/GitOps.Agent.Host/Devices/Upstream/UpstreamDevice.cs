using System.Buffers;
using GitOps.Agent.Devices;
using GitOps.Bundles.Reports;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Host.Devices.Upstream;

/// <summary>One device's values on their way to the disk. What it gathers is under the lock of its owner; the disk is not.</summary>
internal sealed class UpstreamDevice(string device, ValueSpool spool)
{
    /// <summary>So much waits in memory before it is written; a little more while the disk is full.</summary>
    private const int FullAt = 24 * 1024;

    private readonly ArrayBufferWriter<byte> _pending = new();
    private int _count;
    private long _refused;
    private DateTimeOffset _refusedAt;
    private DateTimeOffset _addedAt;

    public ValueSpool Spool => spool;

    /// <summary>Null: the device has left, or nothing of it goes up any more.</summary>
    public UpstreamGathering? Gathering { get; set; }

    public UpstreamBuffer Bounds { get; set; } = new();

    public bool HasPending => _count > 0 || _refused > 0;

    public bool IsFull => _pending.WrittenCount >= FullAt;

    /// <summary>Whether it was told that values are dropped, since all were sent.</summary>
    public bool IsLosing { get; set; }

    public void Add(IEnumerable<ValueRecord> records)
    {
        foreach (var record in records)
        {
            var line = ReportJson.Write(record);
            if (record is { Text.Length: > ValueRecord.MaxTextLength } || _pending.WrittenCount + line.Length >= ValueSpool.MostLines - 256)
            {
                Refuse(1, record.At);
                continue;
            }

            _pending.Write(line);
            _pending.Write("\n"u8);
            _count++;
            _addedAt = record.At;
        }
    }

    /// <summary>What is to be written now. Nothing of it is forgotten yet.</summary>
    public PendingLines Pending => new(_pending.WrittenSpan.ToArray(), _count, _addedAt, _refused, _refusedAt);

    /// <summary>It is on disk; or there was no room for it, and it is gone.</summary>
    public void Settle(PendingLines pending, bool isKept)
    {
        var rest = _pending.WrittenSpan[pending.Lines.Length..].ToArray();
        _pending.ResetWrittenCount();
        _pending.Write(rest);
        _count -= pending.Count;
        _refused = isKept ? _refused - pending.Refused : _refused + pending.Count;
        _refusedAt = isKept ? _refusedAt : pending.AddedAt;
    }

    /// <summary>Pending lines, after one that says how many are gone before them.</summary>
    public byte[] After((long Count, DateTimeOffset At)? lost, PendingLines pending)
    {
        var count = pending.Refused + (lost?.Count ?? 0);
        var at = pending.Refused > 0 ? pending.RefusedAt : lost?.At ?? default;
        return count == 0 ? pending.Lines : [.. ReportJson.Write(new ValueRecord(at, device) { Lost = count }), (byte)'\n', .. pending.Lines];
    }

    private void Refuse(int count, DateTimeOffset at) => (_refused, _refusedAt) = (_refused + count, at);
}

/// <param name="AddedAt">The time of the last.</param>
/// <param name="Refused">How many before them are gone, the last of them at <paramref name="RefusedAt"/>.</param>
internal sealed record PendingLines(byte[] Lines, int Count, DateTimeOffset AddedAt, long Refused, DateTimeOffset RefusedAt);

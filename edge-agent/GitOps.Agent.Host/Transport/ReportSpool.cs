using System.Globalization;
using System.Text;
using GitOps.Agent.Host.Faults;
using GitOps.Bundles.Reports;
using GitOps.Platform.Files;

namespace GitOps.Agent.Host.Transport;

/// <summary>
/// Reports that are not acknowledged, oldest first, on disk within a bound. They outlive a restart of the agent, each under
/// the boot id and sequence it was made with. Thread-safe.
/// </summary>
internal sealed class ReportSpool
{
    /// <summary>About a month of news of a node that changes twice an hour.</summary>
    public const int LimitBytes = 8 << 20;

    private const string DroppedMark = "dropped ";

    private readonly IFileLayer _layer;
    private readonly string _path;
    private readonly List<NodeReport> _waiting = [];
    private readonly Lock _lock = new();
    private readonly int _limitBytes;
    private DurableLog? _log;
    private long _dropped;

    /// <summary>Takes up what an earlier run left. That the file is damaged or cannot be made keeps no agent from starting.</summary>
    /// <param name="limitBytes">On disk; the oldest half goes when it is reached.</param>
    public ReportSpool(IFileLayer layer, string path, int limitBytes = LimitBytes)
    {
        (_layer, _path, _limitBytes) = (layer, path, limitBytes);
        try
        {
            _log = OpenOrSetAside();
            _waiting.AddRange(_log.Records.Select(r => ReportJson.TryReadReport(r.Span)).OfType<NodeReport>());
            _dropped = _log.Records.Select(CountIn).Max() ?? 0;
        }
        catch (FileLayerException e)
        {
            Problem = e.Message; // opened with the next report
        }
    }

    /// <summary>What was wrong with what an earlier run left; null when nothing was.</summary>
    public string? Problem { get; private set; }

    /// <summary>How many were dropped because the bound was reached, since this was asked last.</summary>
    public long TakeDropped()
    {
        lock (_lock)
        {
            var dropped = _dropped;
            _dropped = 0;
            if (dropped > 0 && _log is { } log)
            {
                TryRewrite(log); // or it is told once more after a restart
            }

            return dropped;
        }
    }

    /// <exception cref="FileLayerException">It is not kept: the disk is full or fails.</exception>
    public void Add(NodeReport report)
    {
        var bytes = ReportJson.Write(report);
        lock (_lock)
        {
            var log = _log ??= OpenOrSetAside();
            while (_waiting.Count > 0 && log.LengthBytes + bytes.Length + 64 > _limitBytes)
            {
                var half = Math.Max(1, _waiting.Count / 2); // not one at a time: each time rewrites the file
                Rewrite(log, _dropped + half, _waiting.Skip(half));
                _waiting.RemoveRange(0, half);
                _dropped += half;
            }

            log.Append(bytes);
            Failpoints.Reach(Failpoint.ReportKept);
            _waiting.Add(report);
        }
    }

    /// <summary>What is to be sent, each with the lowest sequence of its boot that is still held (docs/contracts.md §6).</summary>
    public IReadOnlyList<NodeReport> Oldest(int count)
    {
        lock (_lock)
        {
            var lowest = _waiting.GroupBy(r => r.BootId).ToDictionary(boot => boot.Key, boot => boot.Min(r => r.Sequence));
            return [.. _waiting.Take(count).Select(r => r with { Oldest = lowest[r.BootId] })];
        }
    }

    /// <summary>Forgets what the control plane has; whether that was anything.</summary>
    public bool Acknowledge(Ack ack)
    {
        lock (_lock)
        {
            var gone = _waiting.RemoveAll(r => r.BootId == ack.BootId && r.Sequence <= ack.Sequence);
            Failpoints.Reach(Failpoint.ReportAcknowledged);
            // An acknowledged report that is sent again costs a message; a rewrite for each would cost a flush.
            if (gone > 0 && _log is { } log && (_waiting.Count == 0 || log.Records.Count >= 2 * _waiting.Count))
            {
                TryRewrite(log);
            }

            return gone > 0;
        }
    }

    /// <summary>Gives up on one report that the control plane cannot read.</summary>
    public void Drop(NodeReport report) => Acknowledge(new Ack(report.BootId, report.Sequence));

    private void TryRewrite(DurableLog log)
    {
        try
        {
            Rewrite(log, _dropped, _waiting);
        }
        catch (FileLayerException)
        {
            // What is acknowledged stays on the full disk and is sent once more after a restart, which is harmless.
        }
    }

    private static void Rewrite(DurableLog log, long dropped, IEnumerable<NodeReport> reports)
    {
        IEnumerable<ReadOnlyMemory<byte>> kept = reports.Select(r => (ReadOnlyMemory<byte>)ReportJson.Write(r));
        log.Rewrite([.. dropped > 0 ? kept.Prepend(Encoding.ASCII.GetBytes($"{DroppedMark}{dropped.ToString(CultureInfo.InvariantCulture)}")) : kept]);
    }

    /// <summary>How many reports are gone, as a record beside them; it is none, and an agent that does not know it passes over it.</summary>
    private static long? CountIn(ReadOnlyMemory<byte> record) =>
        Encoding.ASCII.GetString(record.Span[..Math.Min(record.Length, 40)]) is var text && text.StartsWith(DroppedMark, StringComparison.Ordinal) &&
        long.TryParse(text.AsSpan(DroppedMark.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : null;

    private DurableLog OpenOrSetAside()
    {
        try
        {
            return DurableLog.Open(_layer, _path, _limitBytes);
        }
        catch (FileLayerException e) when (e.Fault is FileFault.Other or FileFault.TooLarge && _layer.Stat(_path) is not null)
        {
            Problem = $"{e.Message}; it is set aside as {_path}.damaged";
            _layer.Rename(_path, $"{_path}.damaged");
            return DurableLog.Open(_layer, _path, _limitBytes);
        }
    }
}

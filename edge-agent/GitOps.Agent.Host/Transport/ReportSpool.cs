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

    private readonly DurableLog _log;
    private readonly List<NodeReport> _waiting = [];
    private readonly Lock _lock = new();
    private readonly int _limitBytes;
    private long _dropped;

    /// <param name="limitBytes">On disk; the oldest half goes when it is reached.</param>
    public ReportSpool(IFileLayer layer, string path, int limitBytes = LimitBytes)
    {
        _limitBytes = limitBytes;
        _log = DurableLog.Open(layer, path, limitBytes);
        _waiting.AddRange(_log.Records.Select(r => ReportJson.TryReadReport(r.Span)).OfType<NodeReport>());
    }

    /// <summary>How many were dropped because the bound was reached, since this was asked last.</summary>
    public long TakeDropped()
    {
        lock (_lock)
        {
            var dropped = _dropped;
            _dropped = 0;
            return dropped;
        }
    }

    public void Add(NodeReport report)
    {
        var bytes = ReportJson.Write(report);
        lock (_lock)
        {
            while (_waiting.Count > 0 && _log.LengthBytes + bytes.Length + 64 > _limitBytes)
            {
                var half = Math.Max(1, _waiting.Count / 2); // not one at a time: each time rewrites the file
                _waiting.RemoveRange(0, half);
                _dropped += half;
                Rewrite();
            }

            _log.Append(bytes);
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
            // An acknowledged report that is sent again costs a message; a rewrite for each would cost a flush.
            if (gone > 0 && (_waiting.Count == 0 || _log.Records.Count >= 2 * _waiting.Count))
            {
                Rewrite();
            }

            return gone > 0;
        }
    }

    /// <summary>Gives up on one report that the control plane cannot read.</summary>
    public void Drop(NodeReport report) => Acknowledge(new Ack(report.BootId, report.Sequence));

    private void Rewrite() => _log.Rewrite([.. _waiting.Select(r => (ReadOnlyMemory<byte>)ReportJson.Write(r))]);
}

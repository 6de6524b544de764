using System.Text.Json;
using GitOps.Platform.Files;

namespace GitOps.Platform.Tls;

/// <summary>
/// Every certificate an authority issued, oldest first, each in it before it is handed out. What expired is left out in
/// time, but for the newest of each node.
/// </summary>
internal sealed class IssuedLog
{
    /// <summary>Some 800,000 certificates.</summary>
    private const int LimitBytes = 256 << 20;

    /// <summary>Shorter logs are never looked through for what expired.</summary>
    private const int LeastToForget = 10_000;

    private readonly DurableLog _log;
    private readonly TimeProvider _time;
    private readonly Dictionary<string, List<IssuedRecord>> _byNode = new(StringComparer.Ordinal);
    private List<IssuedRecord> _all = [];
    private int _forgetAt;

    public IssuedLog(IFileLayer layer, string path, TimeProvider time)
    {
        (_log, _time) = (DurableLog.Open(layer, path, LimitBytes), time);
        foreach (var record in _log.Records)
        {
            Add(JsonSerializer.Deserialize(record.Span, TlsJson.Default.IssuedRecord)!);
        }

        _log.Forget();
        _forgetAt = Math.Max(LeastToForget, _all.Count);
    }

    public IReadOnlyList<IssuedRecord> All => _all;

    public IReadOnlyList<IssuedRecord> Of(string node) => _byNode.GetValueOrDefault(node) ?? [];

    public void Append(IssuedRecord record)
    {
        if (_all.Count >= _forgetAt)
        {
            ForgetExpired();
        }

        _log.Append(Bytes(record));
        Add(record);
    }

    private static byte[] Bytes(IssuedRecord record) => JsonSerializer.SerializeToUtf8Bytes(record, TlsJson.Default.IssuedRecord);

    private void Add(IssuedRecord record)
    {
        _all.Add(record);
        if (record.Node is { } node)
        {
            (_byNode.TryGetValue(node, out var known) ? known : _byNode[node] = []).Add(record);
        }
    }

    private void ForgetExpired()
    {
        var now = _time.GetUtcNow();
        var kept = _all.Where(record => record.ValidUntil > now || (record.Node is { } node && _byNode[node][^1] == record)).ToList();
        if (kept.Count < _all.Count)
        {
            _log.Rewrite([.. kept.Select(record => (ReadOnlyMemory<byte>)Bytes(record))]);
            (_all, var all) = ([], kept);
            _byNode.Clear();
            all.ForEach(Add);
        }

        _forgetAt = Math.Max(LeastToForget, 2 * kept.Count);
    }
}

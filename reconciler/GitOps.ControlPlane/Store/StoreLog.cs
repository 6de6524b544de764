using GitOps.Platform.Files;

namespace GitOps.ControlPlane.Store;

/// <summary>The store's log and what it says, in memory. What <see cref="Append"/> returned from holds.</summary>
internal sealed class StoreLog
{
    private const int LimitBytes = 1 << 30;
    private const long CompactFromBytes = 4 << 20;
    private readonly DurableLog _log;
    private volatile StoreState _state;
    private long _compactedBytes;

    private StoreLog(DurableLog log, StoreState state) => (_log, _state) = (log, state);

    /// <summary>Replaced as a whole by <see cref="Rewrite"/>: a reader that looks twice keeps it.</summary>
    public StoreState State => _state;

    /// <exception cref="InvalidDataException">It holds what this release does not write.</exception>
    public static StoreLog Open(IFileLayer layer, string path)
    {
        var log = DurableLog.Open(layer, path, LimitBytes, StoreFiles.FileMode);
        var state = new StoreState();
        foreach (var record in log.Records)
        {
            state.Apply(StoreRecord.Read(record));
        }

        log.Forget();

        // What is in it now counts as compacted: a start is no reason to write everything anew.
        return new StoreLog(log, state) { _compactedBytes = state.EstimateBytes() };
    }

    public void Append(StoreRecord record)
    {
        _log.Append(record.ToBytes().Span);
        _state.Apply(record);
    }

    /// <summary>Says something else from here on, as one.</summary>
    public void Rewrite(StoreState state)
    {
        _log.Rewrite([.. state.ToRecords().Select(record => record.ToBytes())]);
        _compactedBytes = _log.LengthBytes;
        _state = state;
    }

    /// <summary>Drops what newer records have overtaken, when that is most of it.</summary>
    public void CompactWhenDue()
    {
        if (_log.LengthBytes <= CompactFromBytes || _log.LengthBytes <= 4 * _compactedBytes)
        {
            return;
        }

        // It may have grown because there is more to say: a fleet that is published first overtakes nothing.
        _compactedBytes = _state.EstimateBytes();
        if (_log.LengthBytes > 4 * _compactedBytes)
        {
            Rewrite(_state);
        }
    }
}

using GitOps.Agent.TimeSync;
using GitOps.Platform.Files;

namespace GitOps.Agent.Host.Chrony;

/// <summary>
/// Keeps the history of the clock: in memory, and on disk at most once an hour, for a node that is otherwise idle shall not
/// wear its disk. A power cut takes an hour of it at most. Thread-safe.
/// </summary>
internal sealed class ClockHistoryLog(IFileLayer files, string path, TimeProvider time)
{
    private static readonly TimeSpan WriteEvery = TimeSpan.FromHours(1);

    private readonly Lock _lock = new();
    private ClockHistory? _history;
    private long? _begun;
    private long _written = time.GetTimestamp();

    public ClockHistory History
    {
        get
        {
            lock (_lock)
            {
                return _history ??= Read();
            }
        }
    }

    /// <summary>Notes a measurement.</summary>
    /// <param name="measure">Null: nothing is known.</param>
    public void Note(ClockMeasure? measure)
    {
        lock (_lock)
        {
            var isSame = _begun is { } begun && time.GetElapsedTime(begun) < ClockHistory.Step;
            _history = isSame ? History.Add(measure, time.GetUtcNow()) : History.Begin(measure, time.GetUtcNow());
            _begun = isSame ? _begun : time.GetTimestamp();
            if (!isSame && time.GetElapsedTime(_written) >= WriteEvery)
            {
                Write();
            }
        }
    }

    /// <summary>Writes what is not yet on disk: the agent ends.</summary>
    public void Keep()
    {
        lock (_lock)
        {
            if (_begun is not null)
            {
                Write();
            }
        }
    }

    private void Write()
    {
        try
        {
            files.EnsureDirectory(FilePath.Parent(path), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            AtomicFile.Write(files, path, ClockHistoryJson.Write(_history ?? ClockHistory.Empty));
        }
        catch (FileLayerException)
        {
            // It is for people to look back, and stays in memory: tried again an hour from now.
        }

        _written = time.GetTimestamp();
    }

    private ClockHistory Read()
    {
        try
        {
            return (files.Read(path, ClockHistoryJson.MaxBytes) is { } bytes ? ClockHistoryJson.TryRead(bytes) : null) ?? ClockHistory.Empty;
        }
        catch (FileLayerException)
        {
            return ClockHistory.Empty;
        }
    }
}

using System.Data.Common;
using System.Threading.Channels;
using GitOps.Bundles;
using GitOps.Bundles.Reports;
using GitOps.ControlPlane.Storage;

namespace GitOps.ControlPlane.Values;

/// <summary>What became of values that came in. Closed.</summary>
public abstract record ValueOutcome
{
    private ValueOutcome() { } // closed: every case is in this file

    /// <summary>They are in the database, now or since before, but for those that never will be.</summary>
    public sealed record Kept(ValueReceipt Receipt) : ValueOutcome;

    /// <summary>Nothing was; the node still has them.</summary>
    public sealed record TryAgain(Problem Problem, TimeSpan After) : ValueOutcome;
}

/// <summary>
/// Keeps what nodes tell of their devices, each once per (node, device, property, time). Whatever waits is kept in one
/// transaction, so that one flush of the disk serves many nodes; a node is answered after that flush.
/// </summary>
public sealed class ValueBook : IAsyncDisposable
{
    /// <summary>A clock that is further ahead is wrong, and what it says would be the newest for years.</summary>
    private static readonly TimeSpan FurthestAhead = TimeSpan.FromDays(1);

    /// <summary>What stays free on the disk, for reports and bundles.</summary>
    public const long ReserveBytes = 256 << 20;

    private const int QueueLimit = 256;
    private const int BatchLimit = 32;

    private readonly Database _database;
    private readonly Func<long> _freeBytes;
    private readonly ValueTables _tables = new();
    private readonly TimeProvider _time;
    private readonly Channel<Entry> _queue = Channel.CreateBounded<Entry>(new BoundedChannelOptions(QueueLimit) { SingleReader = true });
    private readonly Task _writing;
    private long _kept;

    /// <param name="freeBytes">Of the disk that the database is on.</param>
    public ValueBook(Database database, TimeProvider time, Func<long> freeBytes)
    {
        (_database, _time, _freeBytes) = (database, time, freeBytes);
        _writing = Task.Run(WriteAsync);
    }

    /// <summary>How many records came to be kept since the start.</summary>
    internal long Kept => Interlocked.Read(ref _kept);

    /// <summary>Keeps lines of a node.</summary>
    /// <param name="node">Who sent them, by certificate: they are about its devices, whatever they say.</param>
    public async Task<ValueOutcome> KeepAsync(string node, ReadOnlyMemory<byte> lines, CancellationToken cancellationToken)
    {
        var (read, unreadable) = ValueLines.Read(lines);
        var latest = _time.GetUtcNow() + FurthestAhead;
        var records = read.FindAll(record => record.At <= latest);
        var why = unreadable > 0 ? "some lines are no values" : records.Count < read.Count ? $"some are of a time after {latest:u}: the clock of the node is wrong" : null;
        var entry = new Entry(node, records);
        if (!_queue.Writer.TryWrite(entry))
        {
            return TryAgain("more values come in than the disk takes", TimeSpan.FromSeconds(5));
        }

        try
        {
            if (await entry.Done.Task.WaitAsync(cancellationToken).ConfigureAwait(false) is not { } tooMany)
            {
                return TryAgain($"less than {ReserveBytes >> 20} MiB of its disk would stay free", TimeSpan.FromMinutes(5));
            }

            why ??= tooMany > 0 ? $"a node has at most {ValueTables.MaxSeries} properties that are kept" : null;
            var taken = records.Count - tooMany;
            return new ValueOutcome.Kept(new ValueReceipt(taken, read.Count + unreadable - taken) { Why = why });
        }
        catch (DbException failure)
        {
            return TryAgain($"the database did not take them (error {failure.ErrorCode})", TimeSpan.FromSeconds(30));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return TryAgain($"its disk cannot be asked how full it is: {failure.Message}", TimeSpan.FromSeconds(30));
        }
    }

    /// <summary>Keeps what is queued, then stops.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _writing.ConfigureAwait(false);
    }

    private static ValueOutcome.TryAgain TryAgain(string what, TimeSpan after) => new(new Problem(ValueCodes.NotKept,
        What: what, Fix: "look at the control plane's log and disk; the node sends the values again by itself"), after);

    private async Task WriteAsync()
    {
        List<Entry> batch = [];
        while (await _queue.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            while (batch.Count < BatchLimit && _queue.Reader.TryRead(out var entry))
            {
                batch.Add(entry);
            }

            await WriteAsync(batch).ConfigureAwait(false);
            batch.Clear();
        }
    }

    private async Task WriteAsync(List<Entry> batch)
    {
        try
        {
            var free = _freeBytes();
            var refused = await _database.WriteAsync(
                connection => free + ValueTables.UnusedBytes(connection) < ReserveBytes
                    ? batch.ConvertAll(_ => (int?)null)
                    : batch.ConvertAll(entry => (int?)_tables.Keep(connection, entry.Node, entry.Records)),
                CancellationToken.None).ConfigureAwait(false);
            Interlocked.Add(ref _kept, batch.Zip(refused).Sum(pair => pair.Second is null ? 0 : pair.First.Records.Count));
            foreach (var (entry, count) in batch.Zip(refused))
            {
                entry.Done.SetResult(count);
            }
        }
        catch (Exception failure)
        {
            // Whoever waits decides what a failure means; the writer must outlive a full disk.
            _tables.Forget();
            batch.ForEach(entry => entry.Done.SetException(failure));
        }
    }

    private sealed record Entry(string Node, List<ValueRecord> Records)
    {
        /// <summary>How many were refused; null: nothing was kept.</summary>
        public TaskCompletionSource<int?> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

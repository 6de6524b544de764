using System.Threading.Channels;
using GitOps.Bundles.Reports;
using GitOps.ControlPlane.Storage;
using Microsoft.Data.Sqlite;

namespace GitOps.ControlPlane.Distribution;

/// <summary>A report that is in the database.</summary>
/// <param name="IsLatest">Whether it is its node's state now; false for one that came after a newer one.</param>
public sealed record BookedReport(NodeReport Report, DateTimeOffset ReceivedAt, bool IsLatest);

/// <summary>
/// Books every report exactly once per (node, boot id, sequence), by the rule of docs/contracts.md §6. Whatever waits is
/// booked in one transaction, so that one flush of the disk serves many reports; an ack exists only after that flush.
/// </summary>
public sealed class ReportBook : IAsyncDisposable
{
    private const int QueueLimit = 4096;
    private const int BatchLimit = 1024;

    private readonly Database _database;
    private readonly TimeProvider _time;
    private readonly Channel<Entry> _queue = Channel.CreateBounded<Entry>(
        new BoundedChannelOptions(QueueLimit) { SingleReader = true });
    private readonly Task _writing;

    public ReportBook(Database database, TimeProvider time)
    {
        (_database, _time) = (database, time);
        _writing = Task.Run(WriteAsync);
    }

    /// <summary>Raised after the commit, in the order of booking, on the writer's thread: handlers must be quick.</summary>
    public event Action<BookedReport>? Booked;

    /// <summary>Books a report; waits while too many are queued.</summary>
    /// <param name="json">The report as it came, kept for those who know more of its members.</param>
    /// <returns>The ack to send; null when the report is too far ahead of what the node was acknowledged.</returns>
    /// <exception cref="SqliteException">The database could not take it: nothing is booked, the node will send it again.</exception>
    public async Task<Ack?> BookAsync(NodeReport report, ReadOnlyMemory<byte> json, CancellationToken cancellationToken)
    {
        var entry = new Entry(report, json.ToArray());
        await _queue.Writer.WriteAsync(entry, cancellationToken).ConfigureAwait(false);
        return await entry.Done.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Books what is queued, then stops.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _writing.ConfigureAwait(false);
    }

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
        List<Booking> bookings;
        var now = _time.GetUtcNow();
        try
        {
            bookings = await CommitAsync(batch, now).ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            // Whoever waits decides what a failure means; the writer must outlive a full disk.
            batch.ForEach(entry => entry.Done.SetException(failure));
            return;
        }

        foreach (var (entry, booking) in batch.Zip(bookings))
        {
            if (booking.Kind is BookingKind.Latest or BookingKind.Late)
            {
                Booked?.Invoke(new BookedReport(entry.Report, now, booking.Kind == BookingKind.Latest));
            }

            entry.Done.SetResult(booking.Kind == BookingKind.TooFarAhead ? null : booking.Ack);
        }
    }

    private Task<List<Booking>> CommitAsync(List<Entry> batch, DateTimeOffset now) =>
        _database.WriteAsync(
            connection => batch.ConvertAll(entry => ReportTables.Book(connection, entry.Report, entry.Json, now)),
            CancellationToken.None);

    private sealed record Entry(NodeReport Report, byte[] Json)
    {
        public TaskCompletionSource<Ack?> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

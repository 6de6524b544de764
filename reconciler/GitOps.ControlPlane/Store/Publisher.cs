using Dapper;
using GitOps.Bundles;
using GitOps.Bundles.Publications;
using GitOps.ControlPlane.Storage;
using GitOps.Platform.Files;
using Microsoft.Data.Sqlite;

namespace GitOps.ControlPlane.Store;

/// <summary>What one wave opens.</summary>
/// <param name="Blobs">Bundles and what they name, of this wave and of later ones; what is stored already costs nothing.</param>
/// <param name="HighestReported">The highest generation any node has seen.</param>
public sealed record PublicationDraft(
    string Revision, IReadOnlyList<PublicationEntry> Entries, IReadOnlyList<NewBlob> Blobs, long HighestReported);

public abstract record PublishOutcome
{
    private PublishOutcome() { } // closed: every case is in this file

    public sealed record Published(long Generation) : PublishOutcome;

    /// <summary>Nothing was opened to any node.</summary>
    public sealed record Failed(Problem Problem) : PublishOutcome;
}

/// <summary>
/// Opens pointers under a new generation and one signature. A crash at any point leaves either nothing of it or all of it
/// in the store; a generation is never used twice, because what was opened counts as the highest at the next start.
/// </summary>
/// <param name="lease">Proof that no other process publishes into the store.</param>
/// <param name="isClockTrusted">Whether the host's clock is synchronised.</param>
public sealed class Publisher(
    ContentStore store, Database database, ISigner signer, LeaseTaking.Held lease, Func<bool> isClockTrusted, TimeProvider time)
    : IDisposable
{
    /// <summary>How long nodes take a head for news; it is signed again well before.</summary>
    private static readonly TimeSpan HeadValidity = TimeSpan.FromHours(48);

    private readonly SemaphoreSlim _turn = new(1);

    /// <summary>A head younger than this is left as it is.</summary>
    public static readonly TimeSpan HeadPeriod = TimeSpan.FromHours(6);

    /// <summary>
    /// Waits for the turn of whoever decides from pointers what to open: two such decisions side by side would each undo the
    /// other. Ends when the result is disposed.
    /// </summary>
    public async Task<IDisposable> TakeTurnAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        return new Turn(_turn);
    }

    /// <summary>Publishes; at least one entry. By whoever has the turn.</summary>
    /// <param name="alongside">Joins the transaction that records the publication.</param>
    public async Task<PublishOutcome> PublishAsync(
        PublicationDraft draft, Action<SqliteConnection> alongside, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(lease.IsGivenUp, lease);
        cancellationToken.ThrowIfCancellationRequested();
        var now = time.GetUtcNow();
        var recorded = database.Read(c => c.ExecuteScalar<long?>("SELECT max(generation) FROM publication")) ?? 0;
        var generation = Generations.Next(recorded, store.HighestGeneration, draft.HighestReported, isClockTrusted() ? now : null);
        var pointers = Publication.Sign(store.Fleet, generation, draft.Revision, draft.Entries, signer);
        try
        {
            store.Publish(draft.Blobs, pointers, SignHead(generation, now), draft.Revision, now);
        }
        catch (FileLayerException failure)
        {
            return new PublishOutcome.Failed(new Problem(StoreCodes.StoreNotWritten,
                What: failure.Message,
                Fix: "make room on the disk of the data directory, or repair it; it is tried again"));
        }

        // Nodes can see it now: recording it is not given up half-way.
        await database.WriteAsync(
            connection =>
            {
                connection.Execute(
                    "INSERT INTO publication (generation, revision, time_ms, nodes) VALUES (@generation, @Revision, @time, @Count)",
                    new { generation, draft.Revision, time = now.ToUnixTimeMilliseconds(), draft.Entries.Count });
                alongside(connection);
            },
            CancellationToken.None).ConfigureAwait(false);
        return new PublishOutcome.Published(generation);
    }

    /// <summary>Signs the head anew when it has aged, so that nodes can tell silence from being held off.</summary>
    /// <returns>A problem when it could not be written.</returns>
    public Problem? RefreshHeadWhenDue()
    {
        var now = time.GetUtcNow();
        if (store.HighestGeneration == 0 || (HeadTime() is { } signed && (now - signed).Duration() < HeadPeriod))
        {
            return null;
        }

        try
        {
            store.RefreshHead(SignHead(store.HighestGeneration, now));
            return null;
        }
        catch (FileLayerException failure)
        {
            return new Problem(StoreCodes.StoreNotWritten, failure.Message, "make room on the disk of the data directory, or repair it");
        }
    }

    public void Dispose() => _turn.Dispose();

    private sealed class Turn(SemaphoreSlim turn) : IDisposable
    {
        private SemaphoreSlim? _turn = turn;

        public void Dispose() => Interlocked.Exchange(ref _turn, null)?.Release();
    }

    private DateTimeOffset? HeadTime() =>
        store.Find(StorePaths.Head(store.Fleet))?.Read() is { } bytes
            ? HeadStatement.TryRead(bytes, store.Fleet, [signer.Key])?.Time
            : null;

    private DsseEnvelope SignHead(long generation, DateTimeOffset now) =>
        new HeadStatement { Fleet = store.Fleet, Generation = generation, Time = now, ValidUntil = now + HeadValidity }.Sign(signer);
}

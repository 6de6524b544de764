using GitOps.Bundles;
using Microsoft.Data.Sqlite;

namespace GitOps.ControlPlane.Storage;

/// <summary>
/// The control plane's SQLite database: one writer at a time, readers beside it. When <see cref="WriteAsync{T}"/> has
/// returned, the write survives a power cut (WAL with <c>synchronous=FULL</c>); a reader sees whole transactions only.
/// Thread-safe.
/// </summary>
public sealed class Database : IDisposable
{
    private readonly SqliteConnection _writer;
    private readonly SemaphoreSlim _writing = new(1);
    private readonly string _readers;

    private Database(SqliteConnection writer, string readers) => (_writer, _readers) = (writer, readers);

    /// <summary>Opens or creates the file and brings its schema up to this release.</summary>
    public static DatabaseOpening Open(string path, TimeProvider time) => Open(path, Migrations.Embedded, time);

    /// <summary>The same for what devices said: a file of its own, so that its size and its writes are in nobody's way.</summary>
    public static DatabaseOpening OpenValues(string path, TimeProvider time) => Open(path, Migrations.Values, time);

    private static DatabaseOpening Open(string path, IReadOnlyList<Migration> scripts, TimeProvider time)
    {
        var writer = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        try
        {
            writer.Open();
            Execute(writer, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 10000");
            if (Migrations.Apply(writer, scripts, time.GetUtcNow()) is { } problem)
            {
                writer.Dispose();
                return new DatabaseOpening.Refused(problem);
            }
        }
        catch (SqliteException failure)
        {
            writer.Dispose();
            return new DatabaseOpening.Refused(new Problem(StorageCodes.Unusable,
                What: $"{path}: {failure.Message}",
                Fix: "check the disk and who owns the file; a damaged database may be moved away, the next start rebuilds it from Git and the store"));
        }

        var readers = new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadOnly };
        return new DatabaseOpening.Opened(new Database(writer, readers.ToString()));
    }

    /// <summary>Runs queries on a connection that cannot write, beside a writer and other readers.</summary>
    public T Read<T>(Func<SqliteConnection, T> query)
    {
        using var connection = new SqliteConnection(_readers);
        connection.Open();
        using var snapshot = connection.BeginTransaction(deferred: true);
        return query(connection);
    }

    /// <summary>Runs a query on a file that may be of a control plane that runs; null where there is none, or none that can be read.</summary>
    public static T? ReadFile<T>(string path, Func<SqliteConnection, T?> query) where T : class
    {
        if (!System.IO.File.Exists(path))
        {
            return null;
        }

        using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ToString());
        try
        {
            connection.Open();
            return query(connection);
        }
        catch (SqliteException)
        {
            return null;
        }
    }

    /// <summary>Runs one transaction: all of it holds when this returns, none of it when it throws.</summary>
    public async Task<T> WriteAsync<T>(Func<SqliteConnection, T> change, CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            using var transaction = _writer.BeginTransaction(deferred: false);
            var result = change(_writer);
            transaction.Commit();
            return result;
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <inheritdoc cref="WriteAsync{T}(Func{SqliteConnection, T}, CancellationToken)"/>
    public Task WriteAsync(Action<SqliteConnection> change, CancellationToken cancellationToken) =>
        WriteAsync(
            connection =>
            {
                change(connection);
                return true;
            },
            cancellationToken);

    public void Dispose()
    {
        _writer.Dispose();
        _writing.Dispose();
        using var reader = new SqliteConnection(_readers);
        SqliteConnection.ClearPool(reader);
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}

public abstract record DatabaseOpening
{
    private DatabaseOpening() { } // closed: every case is in this file

    public sealed record Opened(Database Database) : DatabaseOpening;

    public sealed record Refused(Problem Problem) : DatabaseOpening;
}

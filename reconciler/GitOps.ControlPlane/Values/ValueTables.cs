using Dapper;
using GitOps.Bundles.Reports;
using Microsoft.Data.Sqlite;

namespace GitOps.ControlPlane.Values;

/// <summary>What of a value is a row. Inside a transaction; not thread-safe, the book's one writer calls it.</summary>
internal sealed class ValueTables
{
    /// <summary>Properties of one node: a node that invents names must not fill the disk.</summary>
    public const int MaxSeries = 20_000;

    private const int MaxKnown = 200_000;
    private const int Columns = 10;

    private readonly Dictionary<(string Node, string Device, string Property), long> _series = [];
    private readonly Dictionary<string, long> _counts = new(StringComparer.Ordinal);

    /// <summary>Keeps what is not there yet.</summary>
    /// <returns>How many could not be, as the node has too many properties.</returns>
    public int Keep(SqliteConnection database, string node, IReadOnlyList<ValueRecord> records)
    {
        using var insert = Insert(database);
        var refused = 0;
        foreach (var record in records)
        {
            if (SeriesOf(database, node, record) is not { } series)
            {
                refused++;
                continue;
            }

            object?[] row =
            [
                series, ToMicroseconds(record.At), record.Value?.ToString() ?? record.Text, Digits(record.Minimum), Digits(record.Maximum), Digits(record.Mean),
                record.Count, record.IntervalMs, record.Quality?.ToString().ToLowerInvariant(), record.Lost,
            ];
            for (var i = 0; i < Columns; i++)
            {
                insert.Parameters[i].Value = row[i] ?? DBNull.Value;
            }

            insert.ExecuteNonQuery();
        }

        return refused;
    }

    /// <summary>What was looked up may not be there after all: the transaction was rolled back.</summary>
    public void Forget()
    {
        _series.Clear();
        _counts.Clear();
    }

    /// <summary>Room within the file: what was removed does not make it smaller.</summary>
    public static long UnusedBytes(SqliteConnection database) =>
        database.ExecuteScalar<long>("PRAGMA freelist_count") * database.ExecuteScalar<long>("PRAGMA page_size");

    public static long ToMicroseconds(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    public static DateTimeOffset ToTime(long microseconds) => DateTimeOffset.UnixEpoch.AddTicks(microseconds * TimeSpan.TicksPerMicrosecond);

    private static string? Digits(decimal? number) => number is { } its ? Bundles.DecimalText.Format(its) : null;

    private static SqliteCommand Insert(SqliteConnection database)
    {
        // Dapper would look at every row anew: this is the one statement that runs thousands of times a second.
        var command = database.CreateCommand();
        command.CommandText =
            $"""
            INSERT INTO samples (series, at, value, minimum, maximum, mean, count, interval_ms, quality, lost)
            VALUES ({string.Join(", ", Enumerable.Range(0, Columns).Select(i => $"$p{i}"))}) ON CONFLICT DO NOTHING
            """;
        for (var i = 0; i < Columns; i++)
        {
            command.Parameters.Add(new SqliteParameter($"$p{i}", null));
        }

        return command;
    }

    private long? SeriesOf(SqliteConnection database, string node, ValueRecord record)
    {
        var key = (node, record.Device, record.Property ?? "");
        if (_series.TryGetValue(key, out var known))
        {
            return known;
        }

        var named = new { node, device = key.Device, property = key.Item3 };
        var id = database.QuerySingleOrDefault<long?>(
            "SELECT id FROM series WHERE node = @node AND device = @device AND property = @property", named);
        if (id is null && CountOf(database, node) < MaxSeries)
        {
            id = database.QuerySingle<long>("INSERT INTO series (node, device, property) VALUES (@node, @device, @property) RETURNING id", named);
            _counts[node]++;
        }

        if (id is { } found)
        {
            if (_series.Count >= MaxKnown)
            {
                _series.Clear();
            }

            _series[key] = found;
        }

        return id;
    }

    private long CountOf(SqliteConnection database, string node)
    {
        if (!_counts.TryGetValue(node, out var count))
        {
            _counts[node] = count = database.ExecuteScalar<long>("SELECT count(*) FROM series WHERE node = @node", new { node });
        }

        return count;
    }
}

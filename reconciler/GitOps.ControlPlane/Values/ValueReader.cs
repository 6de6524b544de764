using Dapper;
using GitOps.ControlPlane.Api;
using GitOps.ControlPlane.Storage;

namespace GitOps.ControlPlane.Values;

/// <summary>Reads what is kept of devices.</summary>
public sealed class ValueReader(Database database)
{
    /// <summary>The newest of what is asked for, oldest first; null when nothing was ever told of the property.</summary>
    public ValuePage? Read(string device, ValueQuery query) => database.Read(connection =>
    {
        var series = connection.Query<(long Id, string Node, string Property)>(
            "SELECT id, node, property FROM series WHERE device = @device AND property IN (@Property, '')", new { device, query.Property }).ToList();
        if (series.TrueForAll(its => its.Property.Length == 0))
        {
            return null;
        }

        // Each series by its key, as one query over all of them would sort everything there is.
        var rows = series.SelectMany(its => connection
            .Query<Row>(
                """
                SELECT at, value, minimum, maximum, mean, count, interval_ms AS IntervalMs, quality, lost FROM samples
                WHERE series = @Id AND at >= @from AND at < @to ORDER BY at DESC LIMIT @limit
                """,
                new { its.Id, from = Microseconds(query.From) ?? long.MinValue, to = Microseconds(query.To) ?? long.MaxValue, limit = query.Limit + 1 })
            .Select(row => row.ToDocument(its.Node)))
            .OrderByDescending(value => value.At).ThenBy(value => value.Node, StringComparer.Ordinal).Take(query.Limit + 1).ToList();
        var isMore = rows.Count > query.Limit;
        var page = rows.Take(query.Limit).Reverse().ToList();
        return new ValuePage(device, query.Property, page) { Next = isMore ? page[0].At : null };
    });

    private static long? Microseconds(DateTimeOffset? time) => time is { } its ? ValueTables.ToMicroseconds(its) : null;

    private sealed record Row
    {
        public long At { get; init; }

        public string? Value { get; init; }

        public string? Minimum { get; init; }

        public string? Maximum { get; init; }

        public string? Mean { get; init; }

        public long? Count { get; init; }

        public long? IntervalMs { get; init; }

        public string? Quality { get; init; }

        public long? Lost { get; init; }

        public ValueDocument ToDocument(string node) => new(ValueTables.ToTime(At), node)
        {
            Value = Value,
            Min = Minimum,
            Max = Maximum,
            Mean = Mean,
            Count = Count,
            IntervalMs = IntervalMs,
            Quality = Quality,
            Lost = Lost,
        };
    }
}

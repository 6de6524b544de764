using System.Data.Common;
using Dapper;
using GitOps.ControlPlane.Storage;
using Microsoft.Extensions.Logging;

namespace GitOps.ControlPlane.Values;

/// <param name="Age">What is older goes, by the time it was read.</param>
/// <param name="Rows">How many of each property stay, the newest.</param>
public sealed record ValueBounds(TimeSpan Age, long Rows);

/// <summary>
/// Removes old values: every ten minutes, and sooner when many came. In small transactions, so that values that come in wait
/// for milliseconds.
/// </summary>
public sealed partial class ValueRetention(Database database, ValueBook book, ValueBounds bounds, TimeProvider time, ILogger<ValueRetention> logger)
{
    private const int RowsAtOnce = 2_000;
    private const long SoonAfter = 200_000;
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(10);

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var (began, kept) = (time.GetTimestamp(), book.Kept);
            try
            {
                await PruneAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (DbException failure)
            {
                LogNotPruned(logger, ValueCodes.NotPruned.Id, failure.Message);
            }

            do
            {
                await Task.Delay(Look, time, cancellationToken).ConfigureAwait(false);
            }
            while (time.GetElapsedTime(began) < Period && book.Kept - kept < SoonAfter);
        }
    }

    /// <summary>Removes all that is beyond the bounds now.</summary>
    public async Task PruneAsync(CancellationToken cancellationToken)
    {
        var oldest = ValueTables.ToMicroseconds(time.GetUtcNow() - bounds.Age);
        foreach (var series in database.Read(connection => connection.Query<long>("SELECT id FROM series").ToList()))
        {
            var (first, from) = database.Read(connection => (
                connection.QuerySingle<long?>("SELECT min(at) FROM samples WHERE series = @series", new { series }),
                Math.Max(oldest, connection.QuerySingleOrDefault<long?>(
                    "SELECT at FROM samples WHERE series = @series ORDER BY at DESC LIMIT 1 OFFSET @last", new { series, last = bounds.Rows - 1 }) ?? oldest)));
            while (first < from && await database.WriteAsync(connection => connection.Execute(
                """
                DELETE FROM samples WHERE series = @series AND at IN
                    (SELECT at FROM samples WHERE series = @series AND at < @from ORDER BY at LIMIT @RowsAtOnce)
                """,
                new { series, from, RowsAtOnce }), cancellationToken).ConfigureAwait(false) == RowsAtOnce)
            {
            }
        }
    }

    [LoggerMessage(193, LogLevel.Warning, "{Code}: old values of devices stay for now: {Why}")]
    private static partial void LogNotPruned(ILogger logger, string code, string why);
}

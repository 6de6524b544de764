using Dapper;
using GitOps.Bundles.Reports;
using Microsoft.Data.Sqlite;

namespace GitOps.ControlPlane.Distribution;

/// <summary>
/// The booking of one report inside a transaction: what docs/contracts.md §6 says, in SQL. Not thread-safe; the book's one
/// writer calls it.
/// </summary>
internal static class ReportTables
{
    /// <summary>How far above the floor a report is still booked: a node must not fill the disk with gaps.</summary>
    public const long MaxAhead = 10_000;

    /// <summary>Boots remembered per node: an agent that crashes at every start must not fill the disk either.</summary>
    public const int MaxBoots = 1_000;

    /// <summary>Events kept per node.</summary>
    public const int MaxEvents = 200;

    /// <summary>Books a report, or finds that it is booked.</summary>
    public static Booking Book(SqliteConnection database, NodeReport report, byte[] json, DateTimeOffset at)
    {
        var key = new { report.Node, report.BootId };
        var boot = database.QuerySingleOrDefault<long?>(
            "SELECT floor FROM node_boots WHERE node = @Node AND boot_id = @BootId", key);
        var before = boot ?? 0;
        var start = Math.Max(before, Math.Min(report.Oldest ?? 1, report.Sequence) - 1);
        if (report.Sequence > start + MaxAhead)
        {
            return new Booking(BookingKind.TooFarAhead, new Ack(report.BootId, before));
        }

        var isNew = report.Sequence > before && !IsAhead(database, report);
        if (isNew)
        {
            database.Execute(
                "INSERT INTO reports_ahead (node, boot_id, sequence) VALUES (@Node, @BootId, @Sequence)",
                new { report.Node, report.BootId, report.Sequence });
        }

        var floor = Rise(database, report, start);
        if (isNew || floor > before)
        {
            database.Execute(
                """
                INSERT INTO node_boots (node, boot_id, floor, booked, received_at) VALUES (@Node, @BootId, @floor, @count, @at)
                ON CONFLICT (node, boot_id) DO UPDATE SET floor = @floor, booked = booked + @count, received_at = @at
                """,
                new { report.Node, report.BootId, floor, count = isNew ? 1 : 0, at = at.ToUnixTimeMilliseconds() });
        }

        if (boot is null)
        {
            ForgetOldBoots(database, report.Node);
        }

        if (isNew)
        {
            KeepEvents(database, report, at);
        }

        var isLatest = isNew && KeepState(database, report, json, at);
        return new Booking(
            !isNew ? BookingKind.Duplicate : isLatest ? BookingKind.Latest : BookingKind.Late, new Ack(report.BootId, floor));
    }

    private static bool IsAhead(SqliteConnection database, NodeReport report) =>
        database.ExecuteScalar<long>(
            "SELECT count(*) FROM reports_ahead WHERE node = @Node AND boot_id = @BootId AND sequence = @Sequence",
            new { report.Node, report.BootId, report.Sequence }) > 0;

    /// <summary>Climbs through what is booked without a gap, and drops the rungs.</summary>
    private static long Rise(SqliteConnection database, NodeReport report, long start)
    {
        var floor = start;
        var key = new { report.Node, report.BootId, start };
        foreach (var sequence in database.Query<long>(
            "SELECT sequence FROM reports_ahead WHERE node = @Node AND boot_id = @BootId AND sequence > @start ORDER BY sequence",
            key, buffered: false))
        {
            if (sequence != floor + 1)
            {
                break;
            }

            floor = sequence;
        }

        database.Execute(
            "DELETE FROM reports_ahead WHERE node = @Node AND boot_id = @BootId AND sequence <= @floor",
            new { report.Node, report.BootId, floor });
        return floor;
    }

    private static bool KeepState(
        SqliteConnection database, NodeReport report, byte[] json, DateTimeOffset at) =>
        database.Execute(
            """
            INSERT INTO node_state (node, boot_id, sequence, phase, generation, bundle, received_at, report)
            VALUES (@Node, @BootId, @Sequence, @phase, @Generation, @bundle, @at, @json)
            ON CONFLICT (node) DO UPDATE SET boot_id = @BootId, sequence = @Sequence, phase = @phase,
                generation = @Generation, bundle = @bundle, received_at = @at, report = @json
            WHERE boot_id <> @BootId OR sequence < @Sequence
            """,
            new
            {
                report.Node,
                report.BootId,
                report.Sequence,
                phase = report.Phase.ToString(),
                report.Generation,
                bundle = report.Bundle?.ToString(),
                at = at.ToUnixTimeMilliseconds(),
                json,
            }) > 0;

    private static void KeepEvents(
        SqliteConnection database, NodeReport report, DateTimeOffset at)
    {
        if (report.Events.IsEmpty)
        {
            return;
        }

        foreach (var happened in report.Events.TakeLast(MaxEvents))
        {
            database.Execute(
                """
                INSERT INTO node_events (node, received_at, time, code, unit, message)
                VALUES (@Node, @at, @time, @Code, @unit, @Message)
                """,
                new
                {
                    report.Node,
                    at = at.ToUnixTimeMilliseconds(),
                    time = happened.Time.ToUnixTimeMilliseconds(),
                    happened.Code,
                    unit = happened.Unit?.ToString(),
                    happened.Message,
                });
        }

        database.Execute(
            """
            DELETE FROM node_events WHERE node = @Node AND id <=
                (SELECT id FROM node_events WHERE node = @Node ORDER BY id DESC LIMIT 1 OFFSET @MaxEvents)
            """,
            new { report.Node, MaxEvents });
    }

    private static void ForgetOldBoots(SqliteConnection database, string node) =>
        database.Execute(
            """
            DELETE FROM node_boots WHERE node = @node AND boot_id IN
                (SELECT boot_id FROM node_boots WHERE node = @node ORDER BY received_at DESC LIMIT -1 OFFSET @MaxBoots);
            DELETE FROM reports_ahead WHERE node = @node AND boot_id NOT IN (SELECT boot_id FROM node_boots WHERE node = @node);
            """,
            new { node, MaxBoots });
}

/// <summary>What booking a report did.</summary>
internal enum BookingKind
{
    /// <summary>Booked; it is the node's state now.</summary>
    Latest,

    /// <summary>Booked; the state is of a newer report of the same boot.</summary>
    Late,

    /// <summary>It was booked before.</summary>
    Duplicate,

    /// <summary>Not booked: too many reports before it are missing.</summary>
    TooFarAhead,
}

internal sealed record Booking(BookingKind Kind, Ack Ack);

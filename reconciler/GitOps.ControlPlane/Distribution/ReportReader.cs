using Dapper;
using GitOps.Bundles.Reports;
using GitOps.ControlPlane.Storage;

namespace GitOps.ControlPlane.Distribution;

/// <summary>Something that happened on a node, by the node's clock, and when the control plane heard of it.</summary>
public sealed record NodeEvent(string Node, DateTimeOffset ReceivedAt, DateTimeOffset Time, string Code, string? Unit, string Message);

/// <summary>Reads what is booked.</summary>
public sealed class ReportReader(Database database)
{
    /// <summary>The latest report of every node that ever reported, and when it came.</summary>
    public IReadOnlyList<BookedReport> Latest() =>
        database.Read<IReadOnlyList<BookedReport>>(connection => connection
            .Query<(byte[] Report, long ReceivedAt)>("SELECT report, received_at FROM node_state ORDER BY node")
            .Select(row => (Report: ReportJson.TryReadReport(row.Report), row.ReceivedAt))
            .Where(row => row.Report is not null) // written by a release whose reports this one does not read
            .Select(row => new BookedReport(row.Report!, DateTimeOffset.FromUnixTimeMilliseconds(row.ReceivedAt), IsLatest: true))
            .ToList());

    /// <summary>The newest events of a node, oldest first; at most the number kept.</summary>
    public IReadOnlyList<NodeEvent> Events(string node) =>
        database.Read<IReadOnlyList<NodeEvent>>(connection => connection
            .Query<(long ReceivedAt, long Time, string Code, string? Unit, string Message)>(
                "SELECT received_at, time, code, unit, message FROM node_events WHERE node = @node ORDER BY id", new { node })
            .Select(row => new NodeEvent(
                node,
                DateTimeOffset.FromUnixTimeMilliseconds(row.ReceivedAt),
                DateTimeOffset.FromUnixTimeMilliseconds(row.Time),
                row.Code,
                row.Unit,
                row.Message))
            .ToList());

    /// <summary>How many reports of a boot are booked.</summary>
    public long Count(string node, string bootId) =>
        database.Read(connection => connection.ExecuteScalar<long>(
            "SELECT coalesce(sum(booked), 0) FROM node_boots WHERE node = @node AND boot_id = @bootId", new { node, bootId }));
}

using System.Data.Common;
using GitOps.Bundles;
using GitOps.Bundles.Reports;

namespace GitOps.ControlPlane.Distribution;

/// <summary>What became of a report that came in. Closed.</summary>
public abstract record ReportReceipt
{
    private ReportReceipt() { }

    /// <summary>It is in the database, now or since before.</summary>
    public sealed record Booked(Ack Ack) : ReportReceipt;

    /// <summary>It never will be: it cannot be read, or reports between it and the acknowledged ones are missing.</summary>
    public sealed record Refused(Problem Problem) : ReportReceipt;

    /// <summary>It speaks for another node or fleet than the certificate does.</summary>
    public sealed record Foreign(Problem Problem) : ReportReceipt;

    /// <summary>The database could not take it now; the node still has it.</summary>
    public sealed record TryAgain(Problem Problem) : ReportReceipt;
}

/// <summary>The one way of a report into the book, whatever it came by: HTTP, the embedded broker, an external one.</summary>
/// <param name="fleet">The fleet's uid.</param>
public sealed class ReportIntake(string fleet, ReportBook book)
{
    private const int MaxBootIdLength = 64;

    /// <summary>Checks a report and books it.</summary>
    /// <param name="node">Who sent it, by certificate.</param>
    public async Task<ReportReceipt> ReceiveAsync(string node, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        if (ReportJson.TryReadReport(body.Span) is not { Sequence: > 0, BootId.Length: > 0 and <= MaxBootIdLength } report ||
            report.Oldest < 1)
        {
            return new ReportReceipt.Refused(new Problem(DistributionCodes.UnreadableReport,
                What: $"{body.Length} bytes are no report of format 1 (of at most {NodeReport.MaxBytes} bytes)",
                Fix: "run an agent of the control plane's version or the one before"));
        }

        if (report.Node != node || report.Fleet != fleet)
        {
            return new ReportReceipt.Foreign(new Problem(DistributionCodes.ForeignReport,
                What: $"the report is of '{report.Node}' in fleet {report.Fleet}, the certificate is of '{node}' in {fleet}",
                Fix: "give each node its own identity folder: gitops node add NAME"));
        }

        try
        {
            return await book.BookAsync(report, body, cancellationToken).ConfigureAwait(false) is { } ack
                ? new ReportReceipt.Booked(ack)
                : new ReportReceipt.Refused(new Problem(DistributionCodes.ReportTooFarAhead,
                    What: $"report {report.Sequence} is more than {ReportTables.MaxAhead} above the last acknowledged one",
                    Fix: "send the oldest report first, and say in 'oldest' which one that is"));
        }
        catch (DbException failure)
        {
            return new ReportReceipt.TryAgain(new Problem(DistributionCodes.ReportNotBooked,
                What: $"the database did not take the report (error {failure.ErrorCode})",
                Fix: "look at the control plane's log and disk; the node sends the report again by itself"));
        }
    }
}

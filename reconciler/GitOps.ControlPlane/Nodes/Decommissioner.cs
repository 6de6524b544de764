using System.Diagnostics;
using GitOps.Bundles;
using GitOps.Bundles.Publications;
using GitOps.Bundles.Reports;
using GitOps.ControlPlane.Identity;
using GitOps.ControlPlane.Reconciling;
using GitOps.ControlPlane.Storage;
using GitOps.ControlPlane.Store;
using Microsoft.Extensions.Logging;

namespace GitOps.ControlPlane.Nodes;

/// <summary>
/// Takes nodes out of the fleet (DESIGN §3): a missing pointer removes nothing, so a tombstone is published. First the
/// certificate is retired, then the tombstone opened: after a crash in between the node is out, and asking again finishes
/// it. A retired certificate reads the tombstone and reports; it is revoked when the node says that it has left.
/// </summary>
internal sealed class Decommissioner(
    ContentStore store,
    NodePublisher publisher,
    RevisionBook book,
    FleetAuthority authority,
    TimeProvider time,
    ILogger<Decommissioner> logger)
{
    private const string Action = "node.remove";

    public async Task<NodeAnswer> RemoveAsync(NodeRemoval removal, CancellationToken cancellationToken)
    {
        using var turn = await publisher.TakeTurnAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (Refuse(removal) is { } refused)
            {
                return refused;
            }

            var state = removal.Lost ? Withdrawal.Revoked : Withdrawal.Retired;
            authority.Retire(removal.Node, state, $"the node is taken out of the fleet by {removal.Actor}");
        }
        catch (AuthorityBusyException busy)
        {
            return new NodeAnswer.TryAgain(new Problem(IdentityCodes.AuthorityBusy, busy.Message, "try again in a moment"));
        }

        return store.PointerOf(removal.Node) is { } pointer && pointer.Decommission == removal.How
            ? new NodeAnswer.Done(pointer.Generation) // asked for twice
            : await PublishAsync(removal, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>A node said something: when it has left the fleet, its identity ends.</summary>
    public void Hear(NodeReport report)
    {
        if (store.PointerOf(report.Node) is not { Decommission: { } how } tombstone || !HasLeft(report, how, tombstone.Generation))
        {
            return;
        }

        try
        {
            if (authority.Withdrawals.IsRemoved(report.Node))
            {
                authority.Revoke(report.Node, "the node has left the fleet");
                DecommissionLog.Left(logger, report.Node, how);
            }
        }
        catch (AuthorityBusyException)
        {
            // Its next report says it again, and so does the last one at the next start.
        }
    }

    private static bool HasLeft(NodeReport report, Decommission how, long generation) => how switch
    {
        Decommission.Keep => report.SeenGeneration >= generation,
        Decommission.Wipe => report.Generation >= generation && report.Phase == NodePhase.Converged,
        _ => throw new UnreachableException($"{how}"),
    };

    private NodeAnswer? Refuse(NodeRemoval removal)
    {
        var node = removal.Node;
        if (book.Published() is null || (store.PointerOf(node) is null && authority.CurrentOf(node) is null))
        {
            return new NodeAnswer.Unknown(new Problem(NodeCodes.NoSuchNode,
                What: $"this fleet has no node '{node}': neither a pointer nor a certificate",
                Fix: "'gitops status' lists the nodes there are"));
        }

        return !removal.Force && book.PublishedNodes().Any(published => published.Node == node)
            ? new NodeAnswer.Refused(new Problem(NodeCodes.StillInGit,
                What: $"the published revision has EdgeNode '{node}'",
                Fix: $"delete the EdgeNode from Git and push; --force takes the node out all the same, until 'gitops node add {node}'"))
            : null;
    }

    private async Task<NodeAnswer> PublishAsync(NodeRemoval removal, CancellationToken cancellationToken)
    {
        var entry = new PublicationEntry(removal.Node, Bundle: null, BundleBytes: 0) { Decommission = removal.How };
        var said = new AuditEntry(time.GetUtcNow(), removal.Actor, Action, removal.Node, Detail(removal));
        var answer = await publisher.PublishAsync(book.Published()!.Revision, entry, said, cancellationToken).ConfigureAwait(false);
        if (answer is NodeAnswer.Done(var generation))
        {
            DecommissionLog.Removed(logger, removal.Node, said.Detail, generation, removal.Actor);
        }

        return answer;
    }

    private static string Detail(NodeRemoval removal) =>
        $"{(removal.How == Decommission.Keep ? "keep" : "wipe")}{(removal.Lost ? ", lost" : "")}{(removal.Force ? ", against Git" : "")}";
}

internal static partial class DecommissionLog
{
    [LoggerMessage(140, LogLevel.Warning, "{Node} is taken out of the fleet ({Detail}) with generation {Generation} by {Actor}")]
    public static partial void Removed(ILogger logger, string node, string detail, long generation, string actor);

    [LoggerMessage(141, LogLevel.Information, "{Node} has left the fleet ({How}); its certificate is revoked")]
    public static partial void Left(ILogger logger, string node, Decommission how);
}

using GitOps.Bundles;
using GitOps.Bundles.Publications;
using GitOps.ControlPlane.Reconciling;
using GitOps.ControlPlane.Storage;
using GitOps.ControlPlane.Store;
using Microsoft.Extensions.Logging;

namespace GitOps.ControlPlane.Nodes;

/// <summary>
/// Has a node try again what it gave up (DESIGN §5): the same bundle is published to it under a new generation, with a word
/// that lifts the quarantine. Signed as every pointer is, and good once: a node follows no generation twice.
/// </summary>
internal sealed class Retrier(ContentStore store, NodePublisher publisher, IFleetStatusSource fleet, TimeProvider time, ILogger<Retrier> logger)
{
    private const string Action = "node.retry";

    /// <param name="actor">Who asks, for the audit trail.</param>
    public async Task<NodeAnswer> RetryAsync(string node, string actor, CancellationToken cancellationToken)
    {
        using var turn = await publisher.TakeTurnAsync(cancellationToken).ConfigureAwait(false);
        if (store.PointerOf(node) is not { } pointer)
        {
            return new NodeAnswer.Unknown(new Problem(NodeCodes.NothingPublished,
                What: $"nothing was ever published for a node '{node}'", Fix: "'gitops status' lists the nodes there are"));
        }

        if (pointer.Bundle is not { } bundle || (fleet.Find(node) is { } status && !status.Quarantined.Any(given => given.Bundle == bundle)))
        {
            return new NodeAnswer.Refused(new Problem(NodeCodes.NothingGivenUp,
                What: $"'{node}' has not given up what it is pointed at",
                Fix: "look at 'gitops status': it may be on its way, held, or pointed at something else by now"));
        }

        var entry = new PublicationEntry(node, bundle, pointer.BundleBytes) { BundleFormat = pointer.BundleFormat, Retry = true };
        var said = new AuditEntry(time.GetUtcNow(), actor, Action, node, bundle.ToString());
        var answer = await publisher.PublishAsync(pointer.Revision, entry, said, cancellationToken).ConfigureAwait(false);
        if (answer is NodeAnswer.Done(var generation))
        {
            RetryLog.Retried(logger, node, bundle, generation, actor);
        }

        return answer;
    }
}

internal static partial class RetryLog
{
    [LoggerMessage(142, LogLevel.Information, "{Node} is to try {Bundle} again, with generation {Generation}, says {Actor}")]
    public static partial void Retried(ILogger logger, string node, Digest bundle, long generation, string actor);
}

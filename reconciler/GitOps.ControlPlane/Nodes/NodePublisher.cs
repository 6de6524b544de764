using System.Diagnostics;
using GitOps.Bundles.Publications;
using GitOps.ControlPlane.Reconciling;
using GitOps.ControlPlane.Storage;
using GitOps.ControlPlane.Store;

namespace GitOps.ControlPlane.Nodes;

/// <summary>Publishes what a person says to one node, with the entry of the audit trail that tells who did.</summary>
internal sealed class NodePublisher(Publisher publisher, IFleetStatusSource fleet)
{
    /// <summary>Such a pointer was just opened. Handlers must be quick.</summary>
    public event Action<PublishedPointer>? Opened;

    /// <summary>Until it is disposed, nobody else publishes.</summary>
    public Task<IDisposable> TakeTurnAsync(CancellationToken cancellationToken) => publisher.TakeTurnAsync(cancellationToken);

    /// <param name="revision">The commit that what the entry names was compiled from.</param>
    public async Task<NodeAnswer> PublishAsync(string revision, PublicationEntry entry, AuditEntry said, CancellationToken cancellationToken)
    {
        var draft = new PublicationDraft(revision, [entry], [], fleet.HighestGeneration);
        switch (await publisher.PublishAsync(draft, c => AuditTrail.Add(c, said), cancellationToken).ConfigureAwait(false))
        {
            case PublishOutcome.Published(var generation):
                Opened?.Invoke(new PublishedPointer(entry.Node, generation));
                return new NodeAnswer.Done(generation);
            case PublishOutcome.Failed(var problem):
                return new NodeAnswer.TryAgain(problem);
            default:
                throw new UnreachableException();
        }
    }
}

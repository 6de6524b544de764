using System.Diagnostics;
using GitOps.Bundles;
using GitOps.Bundles.Publications;
using GitOps.ControlPlane.Store;
using GitOps.Reconciler.Compile;
using GitOps.Reconciler.Rollouts;

namespace GitOps.ControlPlane.Reconciling;

/// <summary>What one look at the rollout did.</summary>
internal sealed record RolloutStep(IReadOnlyList<PublishedPointer> Opened, Problem? Problem);

/// <summary>
/// Carries the published revision to its nodes, wave by wave: asks the planner, opens what it says, remembers where it is.
/// Interrupted anywhere, it goes on from what the store's pointers say.
/// </summary>
/// <param name="isRemoved">Whether a node was taken out of the fleet.</param>
internal sealed class RolloutRun(
    ContentStore store, Publisher publisher, RevisionBook book, IFleetStatusSource fleet, Func<string, bool> isRemoved, TimeProvider time)
{
    private FleetBundles? _bundles;
    private IReadOnlyList<NewBlob> _blobs = [];
    private volatile RolloutState? _state;

    public RolloutState? State => _state;

    public EquatableArray<RolloutHold> Holds { get; private set; }

    /// <summary>Whether the revision's bundles are at hand; without them nothing can be opened.</summary>
    public bool IsLoaded => _bundles is not null;

    /// <summary>Whether a report can change what happens next. Read from any thread.</summary>
    public bool AwaitsReports => _state is { Phase: RolloutPhase.Canary };

    public void Take(FleetBundles bundles, RolloutState state)
    {
        (_bundles, _state) = (bundles, state);
        _blobs = [.. BlobsOf(bundles)];
    }

    /// <summary>Asks the planner once and carries out what it says.</summary>
    public async Task<RolloutStep> StepAsync(CancellationToken cancellationToken)
    {
        if (_bundles is not { } bundles || _state is not { } state)
        {
            return new RolloutStep([], null);
        }

        if (store.Damaged.Count > 0)
        {
            store.Stage(_blobs.Where(blob => store.Damaged.Contains(blob.Digest)));
        }

        using var turn = await publisher.TakeTurnAsync(cancellationToken).ConfigureAwait(false);
        var manifest = bundles.Manifest;
        var statuses = fleet.Nodes;
        var nodes = bundles.Nodes.Select(node => ToRolloutNode(node, statuses.GetValueOrDefault(node.Node)));
        var decision = RolloutPlanner.Plan(state, manifest.Fleet!.Spec.Rollout, manifest, nodes, time.GetUtcNow());
        if (decision.Open.IsEmpty)
        {
            if (decision.Next != state)
            {
                await book.SaveAsync(decision.Next, cancellationToken).ConfigureAwait(false);
            }

            (_state, Holds) = (decision.Next, decision.Holds);
            return new RolloutStep([], null);
        }

        return await OpenAsync(bundles, decision, cancellationToken).ConfigureAwait(false);
    }

    private async Task<RolloutStep> OpenAsync(FleetBundles bundles, RolloutDecision decision, CancellationToken cancellationToken)
    {
        var entries = decision.Open.Select(name => ToEntry(bundles, name)).ToList();
        var draft = new PublicationDraft(decision.Next.Revision, entries, _blobs, fleet.HighestGeneration);
        // First who goes, then the pointers: after a crash in between the same nodes are opened again, never a second canary.
        await book.SaveAsync(decision.Next, cancellationToken).ConfigureAwait(false);
        switch (await publisher.PublishAsync(draft, c => book.Save(c, decision.Next), cancellationToken).ConfigureAwait(false))
        {
            case PublishOutcome.Published(var generation):
                (_state, Holds) = (decision.Next, decision.Holds);
                return new RolloutStep([.. decision.Open.Select(node => new PublishedPointer(node, generation))], null);
            case PublishOutcome.Failed(var problem):
                return new RolloutStep([], problem);
            default:
                throw new UnreachableException();
        }
    }

    private RolloutNode ToRolloutNode(NodeBundle node, NodeStatus? status)
    {
        var pointer = store.PointerOf(node.Node) is { Bundle: { } bundle, Generation: var generation }
            ? new OpenPointer(bundle, generation)
            : null;
        // The store came back from a backup: the node refuses this pointer as old, so it is opened again.
        var isRefused = pointer is not null && status is not null && status.SeenGeneration > pointer.Generation;
        return new RolloutNode(node.Node, node.Digest, isRefused ? null : pointer, status, node.Suspended)
        {
            IsRemoved = isRemoved(node.Node),
        };
    }

    private static PublicationEntry ToEntry(FleetBundles bundles, string name) =>
        bundles.TryGet(name, out var node)
            ? new PublicationEntry(name, node.Digest, node.LengthBytes)
            : throw new InvalidOperationException($"the planner opens '{name}', which the revision does not have");

    private static IEnumerable<NewBlob> BlobsOf(FleetBundles bundles) => bundles.Blobs
        .Select(blob => new NewBlob(blob.Key, blob.Value))
        .Concat(bundles.Nodes.DistinctBy(node => node.Digest).Select(node =>
            new NewBlob(node.Digest, node.Bytes, node.Blobs.Select(blob => blob.Key).ToEquatableArray())));
}

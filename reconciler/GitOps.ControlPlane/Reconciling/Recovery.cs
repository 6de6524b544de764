using GitOps.Bundles;
using GitOps.ControlPlane.Store;
using GitOps.Reconciler.Compile;
using GitOps.Reconciler.Guards;
using GitOps.Reconciler.Rollouts;

namespace GitOps.ControlPlane.Reconciling;

/// <summary>
/// Finds back to where the process before stood. The database knows; where it was lost, the store's pointers say what was
/// published last, and Git what that was.
/// </summary>
internal sealed class Recovery(RevisionBook book, ContentStore store, ReconcilerOptions options)
{
    /// <summary>The published revision as far as database or store know one.</summary>
    public string? PublishedRevision => book.Published()?.Revision ?? NewestPointer()?.Revision;

    /// <summary>The rollout to go on with.</summary>
    /// <param name="bundles">The published revision compiled, or null when that is not possible.</param>
    public async Task<RolloutState> RestoreAsync(string revision, FleetBundles? bundles, CancellationToken cancellationToken)
    {
        if (book.Published() is not null)
        {
            return book.CurrentRollout() is { } rollout && rollout.Revision == revision ? rollout : RolloutPlanner.Begin(revision);
        }

        var begun = RolloutPlanner.Begin(revision, bundles is null ? [] : DeviceMoves.After([], FromStore(), bundles));
        await book.AcceptAsync(
            revision,
            bundles is null ? options.FirstGuards : GuardSettings.Of(bundles.Manifest),
            new PublishedUnits.All([.. bundles is null ? FromStore() : PublishedNode.Of(bundles)]),
            begun,
            warnings: [],
            cancellationToken).ConfigureAwait(false);
        return begun;
    }

    private StoredPointer? NewestPointer() => store.Nodes.Select(store.PointerOf).MaxBy(pointer => pointer?.Generation);

    /// <summary>What nodes are pointed at, by the bundles themselves.</summary>
    private IEnumerable<PublishedNode> FromStore()
    {
        foreach (var node in store.Nodes)
        {
            if (store.PointerOf(node)?.Bundle is { } digest && store.ReadBlob(digest) is { } bytes &&
                BundleJson.Read(bytes) is BundleReading.Read(var bundle))
            {
                yield return new PublishedNode(node, bundle.Units.Select(unit => unit.Id).ToEquatableArray());
            }
        }
    }
}

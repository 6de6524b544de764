using System.Diagnostics;
using GitOps.Bundles;
using GitOps.Bundles.Publications;
using GitOps.ControlPlane.Sealing;
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
    ContentStore store, Publisher publisher, RevisionBook book, IFleetStatusSource fleet, Func<string, bool> isRemoved, Sealer sealer, TimeProvider time)
{
    private const long PieceBytes = 32 << 20;
    private FleetBundles? _bundles;
    private readonly UnopenedNodes _unopened = new(store, fleet, isRemoved);
    private readonly HashSet<string> _unstored = new(StringComparer.Ordinal);
    private volatile RolloutState? _state;
    private volatile bool _awaitsRelease;

    public RolloutState? State => _state;

    public EquatableArray<RolloutHold> Holds { get; private set; }

    /// <summary>Whether the revision's bundles are at hand; without them nothing can be opened.</summary>
    public bool IsLoaded => _bundles is not null;

    /// <summary>Whether a report can change what happens next. Read from any thread.</summary>
    public bool AwaitsReports => _awaitsRelease || _state is { Phase: RolloutPhase.Canary };

    public void Take(FleetBundles bundles, RolloutState state)
    {
        _unstored.UnionWith(bundles.ChangedSince(_bundles));
        _unopened.Take(bundles);
        sealer.Take(bundles);
        (_bundles, _state) = (bundles, state);
    }

    /// <summary>A node said something; from any thread.</summary>
    public void Heard(string node) => _unopened.Heard(node);

    /// <summary>Something happened that may concern any node.</summary>
    public void LookAtAll() => _unopened.LookAtAll();

    /// <summary>Asks the planner once and carries out what it says.</summary>
    public async Task<RolloutStep> StepAsync(CancellationToken cancellationToken)
    {
        if (_bundles is not { } bundles || _state is not { } state)
        {
            return new RolloutStep([], null);
        }

        if (store.Damaged.Count > 0)
        {
            var damaged = store.Damaged.ToHashSet();
            store.Stage(BlobsOf(bundles, bundles.Nodes.Select(node => node.Node), damaged.Contains));
        }

        var sealing = sealer.Step(); // before any pointer that needs it
        using var turn = await publisher.TakeTurnAsync(cancellationToken).ConfigureAwait(false);
        var manifest = bundles.Manifest;
        var decision = RolloutPlanner.Plan(state, manifest.Fleet!.Spec.Rollout, manifest, _unopened.Of(state), time.GetUtcNow());
        _awaitsRelease = decision.AwaitsRelease;
        if (decision.Open.IsEmpty)
        {
            if (decision.Next != state)
            {
                await book.SaveAsync(decision.Next, cancellationToken).ConfigureAwait(false);
            }

            (_state, Holds) = (decision.Next, Both(decision, sealing));
            return new RolloutStep([], sealing.Problem);
        }

        return await OpenAsync(bundles, decision, sealing, cancellationToken).ConfigureAwait(false);
    }

    private static EquatableArray<RolloutHold> Both(RolloutDecision decision, SealingStep sealing) =>
        decision.Holds.Concat(sealing.Holds).OrderBy(hold => hold.Node, StringComparer.Ordinal).ToEquatableArray();

    private async Task<RolloutStep> OpenAsync(
        FleetBundles bundles, RolloutDecision decision, SealingStep sealing, CancellationToken cancellationToken)
    {
        var entries = decision.Open.Select(name => ToEntry(bundles, name)).ToList();
        var blobs = Store(BlobsOf(bundles, _unstored, blob => !store.Contains(blob)));
        var draft = new PublicationDraft(decision.Next.Revision, entries, blobs, fleet.HighestGeneration);
        if (decision.Next.Canary is not null)
        {
            // First who goes, then the pointers: after a crash in between the same nodes are opened again, never a second
            // canary. Where all go there is nothing to remember.
            await book.SaveAsync(decision.Next, cancellationToken).ConfigureAwait(false);
        }

        switch (await publisher.PublishAsync(draft, c => book.Save(c, decision.Next), cancellationToken).ConfigureAwait(false))
        {
            case PublishOutcome.Published(var generation):
                (_state, Holds) = (decision.Next, Both(decision, sealing));
                _unstored.Clear();
                _unopened.Look(decision.Open);
                return new RolloutStep([.. decision.Open.Select(node => new PublishedPointer(node, generation))], sealing.Problem);
            case PublishOutcome.Failed(var problem):
                return new RolloutStep([], problem);
            default:
                throw new UnreachableException();
        }
    }

    private static PublicationEntry ToEntry(FleetBundles bundles, string name) =>
        bundles.TryGet(name, out var node)
            ? new PublicationEntry(name, node.Digest, node.LengthBytes)
            : throw new InvalidOperationException($"the planner opens '{name}', which the revision does not have");

    /// <summary>
    /// Stores the blobs of a large change piece by piece, so that not all of them are in memory at once; what is left goes
    /// with the pointers, and a small change needs no flush of its own.
    /// </summary>
    private List<NewBlob> Store(IEnumerable<NewBlob> blobs)
    {
        List<NewBlob> rest = [];
        var bytes = 0L;
        foreach (var blob in blobs)
        {
            rest.Add(blob);
            bytes += blob.Bytes.Length;
            if (bytes > PieceBytes)
            {
                store.Stage(rest);
                rest.Clear();
                bytes = 0;
            }
        }

        return rest;
    }

    /// <summary>Of nodes that changed: bundles and what they name that the store does not have; of this wave and of later ones.</summary>
    private static IEnumerable<NewBlob> BlobsOf(FleetBundles bundles, IEnumerable<string> nodes, Func<Digest, bool> isWanted)
    {
        var seen = new HashSet<Digest>();
        foreach (var name in nodes)
        {
            if (!bundles.TryGet(name, out var node))
            {
                continue;
            }

            foreach (var (digest, bytes) in node.Blobs.Where(blob => isWanted(blob.Key) && seen.Add(blob.Key)))
            {
                yield return new NewBlob(digest, bytes);
            }

            if (isWanted(node.Digest) && seen.Add(node.Digest))
            {
                yield return new NewBlob(node.Digest, node.Bytes, node.Blobs.Select(blob => blob.Key).ToEquatableArray());
            }
        }
    }
}

using GitOps.Bundles;

namespace GitOps.ControlPlane.Store;

/// <summary>What a collection did.</summary>
public sealed record GarbageCollected(int Dropped, long DroppedBytes, int Kept);

/// <summary>
/// Decides what stays. A blob goes when no pointer's bundles name it, no node does, and the first collection that found it
/// so is <see cref="Grace"/> ago. Packs of which less than half stays are copied and removed.
/// </summary>
internal sealed class GarbageCollection(StoreState state, Packs packs)
{
    public static readonly TimeSpan Grace = TimeSpan.FromDays(30);

    /// <summary>A new state that no longer speaks of what goes. Nothing is removed from disk here: the log comes first.</summary>
    public (StoreState Next, GarbageCollected Result) Run(IReadOnlySet<Digest> alsoNamed, DateTimeOffset now)
    {
        var named = Named(alsoNamed);
        var nowMs = now.ToUnixTimeMilliseconds();
        List<BlobPlace> stays = [], goes = [];
        foreach (var blob in state.Blobs.Values)
        {
            if (named.Contains(blob.Digest))
            {
                stays.Add(blob with { UnnamedSinceMs = 0 });
            }
            else if (blob.UnnamedSinceMs != 0 && nowMs - blob.UnnamedSinceMs >= (long)Grace.TotalMilliseconds)
            {
                goes.Add(blob);
            }
            else
            {
                stays.Add(blob.UnnamedSinceMs == 0 ? blob with { UnnamedSinceMs = nowMs } : blob);
            }
        }

        var next = new StoreState();
        foreach (var record in state.ToRecords())
        {
            next.Apply(record is StoreRecord.Batch { Publication: null }
                ? new StoreRecord.Batch([.. Move(stays, goes)], null, [], null)
                : record);
        }

        return (next, new GarbageCollected(goes.Count, goes.Sum(blob => (long)blob.Length), stays.Count));
    }

    private HashSet<Digest> Named(IReadOnlySet<Digest> alsoNamed)
    {
        HashSet<Digest> named = [.. state.Sealed.Values];
        foreach (var bundle in state.Pointers.Values.SelectMany(pointer => pointer.Bundles).Concat(alsoNamed))
        {
            if (named.Add(bundle) && state.Blobs.TryGetValue(bundle, out var place))
            {
                named.UnionWith(place.Names);
            }
        }

        return named;
    }

    private IEnumerable<BlobPlace> Move(List<BlobPlace> stays, List<BlobPlace> goes)
    {
        var garbage = goes.GroupBy(blob => blob.Pack).ToDictionary(pack => pack.Key, pack => pack.Sum(b => (long)b.Length));
        var sparse = stays.GroupBy(blob => blob.Pack)
            .Where(pack => garbage.GetValueOrDefault(pack.Key) > pack.Sum(b => (long)b.Length))
            .ToList();
        var moved = new Dictionary<Digest, BlobPlace>();
        if (sparse.Count > 0)
        {
            packs.Roll(); // never into a pack that is about to be removed
        }

        foreach (var pack in sparse)
        {
            var blobs = pack.ToList();
            var places = packs.Append([.. blobs.Select(blob => (ReadOnlyMemory<byte>)packs.Read(blob))]);
            for (var i = 0; i < blobs.Count; i++)
            {
                moved[blobs[i].Digest] = blobs[i] with { Pack = places[i].Pack, Offset = places[i].Offset, IsVerified = false };
            }
        }

        return stays.Select(blob => moved.GetValueOrDefault(blob.Digest, blob));
    }
}

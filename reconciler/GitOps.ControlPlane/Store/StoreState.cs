using System.Collections.Concurrent;
using GitOps.Bundles;

namespace GitOps.ControlPlane.Store;

/// <summary>What the log says, in memory. One writer; readers beside it see each blob, pointer and head whole.</summary>
internal sealed class StoreState
{
    public ConcurrentDictionary<Digest, BlobPlace> Blobs { get; } = [];

    public ConcurrentDictionary<string, StoredPointer> Pointers { get; } = new(StringComparer.Ordinal);

    public ConcurrentDictionary<long, byte[]> Roots { get; } = [];

    /// <summary>The blob that holds a node's sealed secrets.</summary>
    public ConcurrentDictionary<string, Digest> Sealed { get; } = new(StringComparer.Ordinal);

    public StoreRecord.Head? Head { get; private set; }

    public string? Fleet { get; private set; }

    /// <summary>The highest generation ever opened, 0 before the first.</summary>
    public long HighestGeneration { get; private set; }

    public long LatestRoot => Roots.Keys.DefaultIfEmpty().Max();

    public void Apply(StoreRecord record)
    {
        switch (record)
        {
            case StoreRecord.Owner(var fleet):
                Fleet = fleet;
                break;
            case StoreRecord.Batch(var blobs, var publication, var pointers, var head):
                foreach (var blob in blobs)
                {
                    Blobs[blob.Digest] = blob;
                }

                foreach (var pointer in pointers)
                {
                    Pointers[pointer.Node] = pointer;
                }

                HighestGeneration = Math.Max(HighestGeneration, publication?.Generation ?? 0);
                Head = head ?? Head;
                break;
            case StoreRecord.Head refreshed:
                Head = refreshed;
                HighestGeneration = Math.Max(HighestGeneration, refreshed.Generation);
                break;
            case StoreRecord.Root(var version, var envelope):
                Roots[version] = envelope;
                break;
            case StoreRecord.Sealed(var nodes):
                foreach (var (node, digest) in nodes)
                {
                    Sealed[node] = digest;
                }

                break;
        }
    }

    /// <summary>About how long those records would be.</summary>
    public long EstimateBytes() => StoreRecord.EstimateBytes(Blobs.Values, Pointers.Values) + Sealed.Keys.Sum(node => 40L + node.Length);

    /// <summary>The fewest records that say the same.</summary>
    public IEnumerable<StoreRecord> ToRecords()
    {
        yield return new StoreRecord.Owner(Fleet!);
        foreach (var (version, envelope) in Roots.OrderBy(root => root.Key))
        {
            yield return new StoreRecord.Root(version, envelope);
        }

        yield return new StoreRecord.Batch([.. Blobs.Values], null, [], null);
        if (!Sealed.IsEmpty)
        {
            yield return new StoreRecord.Sealed([.. Sealed]);
        }

        foreach (var publication in Pointers.Values.GroupBy(pointer => pointer.Publication).OrderBy(p => p.Key.Generation))
        {
            yield return new StoreRecord.Batch([], publication.Key, [.. publication], null);
        }

        if (Head is { } head)
        {
            yield return head;
        }
    }
}

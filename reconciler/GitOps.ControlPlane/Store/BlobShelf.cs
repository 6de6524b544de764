using System.Collections.Concurrent;
using System.Collections.Immutable;
using GitOps.Bundles;

namespace GitOps.ControlPlane.Store;

/// <summary>
/// Blobs by their digest. A blob is checked against it when it is read first; one that is lost or changed is forgotten, so
/// that it is not served and can be stored again.
/// </summary>
internal sealed class BlobShelf
{
    private readonly Packs _packs;
    private readonly StoreLog _log;
    private readonly ConcurrentDictionary<Digest, bool> _damaged = [];

    public BlobShelf(Packs packs, StoreLog log)
    {
        (_packs, _log) = (packs, log);
        foreach (var lost in packs.Recover([.. log.State.Blobs.Values]))
        {
            MarkDamaged(lost);
        }
    }

    public IReadOnlyCollection<Digest> Damaged => (IReadOnlyCollection<Digest>)_damaged.Keys;

    /// <summary>Null when it is not there or damaged.</summary>
    public byte[]? Read(Digest digest)
    {
        if (!_log.State.Blobs.TryGetValue(digest, out var place))
        {
            return null;
        }

        byte[] bytes;
        try
        {
            bytes = _packs.Read(place);
        }
        catch (IOException)
        {
            // Garbage collection may have moved it to another pack meanwhile.
            if (_log.State.Blobs.TryGetValue(digest, out var moved) && moved != place)
            {
                return Read(digest);
            }

            MarkDamaged(place);
            return null;
        }

        if (!place.IsVerified && Digest.Of(bytes) != digest)
        {
            MarkDamaged(place);
            return null;
        }

        place.IsVerified = true;
        return bytes;
    }

    /// <summary>Stores and flushes those that are not there yet; the log does not speak of them before it is told.</summary>
    public ImmutableArray<BlobPlace> Append(IEnumerable<NewBlob> blobs)
    {
        var known = _log.State.Blobs;
        var missing = blobs.Where(blob => !known.ContainsKey(blob.Digest)).DistinctBy(blob => blob.Digest).ToList();
        var places = _packs.Append([.. missing.Select(blob => blob.Bytes)]);
        foreach (var blob in missing)
        {
            _damaged.TryRemove(blob.Digest, out _);
        }

        return
        [
            .. missing.Zip(places, (blob, place) =>
                new BlobPlace(blob.Digest, place.Pack, place.Offset, blob.Bytes.Length, 0, [.. blob.Names]) { IsVerified = true }),
        ];
    }

    /// <summary>Another blob has taken its place: it need not be made again.</summary>
    public void Forget(Digest digest) => _damaged.TryRemove(digest, out _);

    private void MarkDamaged(BlobPlace place)
    {
        _damaged[place.Digest] = true;
        _log.State.Blobs.TryRemove(new(place.Digest, place));
    }
}

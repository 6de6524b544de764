using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using GitOps.Bundles;
using GitOps.Bundles.Publications;
using GitOps.Platform.Files;

namespace GitOps.ControlPlane.Store;

/// <summary>
/// What nodes fetch, on the control plane's disk: blobs in packs, and one log of what lies where, pointers, head and roots.
/// One writer (see <see cref="StoreLease"/>), readers beside it. Publishing flushes blobs, then pointers, then head; what
/// one of these says holds once it returned, and after a power cut the store opens with a prefix of what was written.
/// </summary>
/// <remarks>Directory: <c>store.log</c> (<see cref="DurableLog"/> of <see cref="StoreRecord"/>) and <c>packs/</c>.</remarks>
public sealed class ContentStore
{
    private const int LogLimitBytes = 1 << 30;
    private const long CompactFromBytes = 4 << 20;
    private readonly Lock _writing = new();
    private readonly string _fleet;
    private readonly DurableLog _log;
    private readonly Packs _packs;
    private readonly ConcurrentDictionary<Digest, bool> _damaged = [];
    private volatile StoreState _state;
    private long _compactedBytes;

    private ContentStore(string fleet, DurableLog log, Packs packs, StoreState state) =>
        (_fleet, _log, _packs, _state) = (fleet, log, packs, state);

    /// <summary>Opens or creates the store of a fleet.</summary>
    public static StoreOpening Open(IFileLayer layer, string directory, string fleet)
    {
        try
        {
            layer.EnsureDirectory(directory, StoreFiles.DirectoryMode);
            var log = DurableLog.Open(layer, $"{directory}/store.log", LogLimitBytes, StoreFiles.FileMode);
            var state = Load(log.Records);
            if (state.Fleet is { } owner && owner != fleet)
            {
                return Refuse($"{directory} is the store of fleet {owner}, this control plane serves {fleet}");
            }

            var packs = new Packs(layer, $"{directory}/packs");
            var store = new ContentStore(fleet, log, packs, state);
            foreach (var lost in packs.Recover([.. state.Blobs.Values]))
            {
                store.MarkDamaged(lost);
            }

            if (state.Fleet is null)
            {
                store.Append(new StoreRecord.Owner(fleet));
            }

            return new StoreOpening.Opened(store);
        }
        catch (Exception failure) when (failure is FileLayerException or InvalidDataException)
        {
            return Refuse($"{directory}: {failure.Message}");
        }
    }

    /// <summary>The fleet's uid.</summary>
    public string Fleet => _fleet;

    /// <summary>The highest generation ever opened to a node; 0 before the first.</summary>
    public long HighestGeneration => _state.HighestGeneration;

    /// <summary>Nodes that have a pointer.</summary>
    public IReadOnlyCollection<string> Nodes => (IReadOnlyCollection<string>)_state.Pointers.Keys;

    /// <summary>The newest version of trust, 0 when there is none.</summary>
    public long LatestRoot => _state.LatestRoot;

    /// <summary>Blobs that were lost or changed on disk, to be stored again.</summary>
    public IReadOnlyCollection<Digest> Damaged => (IReadOnlyCollection<Digest>)_damaged.Keys;

    public StoredPointer? PointerOf(string node) => _state.Pointers.GetValueOrDefault(node);

    public byte[]? Root(long version) => _state.Roots.GetValueOrDefault(version);

    public bool Contains(Digest blob) => _state.Blobs.ContainsKey(blob);

    /// <summary>Whether a blob is one of a node's bundles, or named by one: what the node may read.</summary>
    public bool Names(string node, Digest blob)
    {
        var state = _state;
        return state.Pointers.TryGetValue(node, out var pointer) && pointer.Bundles.Any(bundle =>
            bundle == blob || (state.Blobs.TryGetValue(bundle, out var place) && place.Names.Contains(blob)));
    }

    /// <summary>What lies under a path as <see cref="StorePaths"/> writes it; null when nothing does.</summary>
    public StoredObject? Find(string path)
    {
        var state = _state;
        switch (path.Split('/'))
        {
            case ["v1", var fleet, "nodes", var shard, var node] when fleet == _fleet && shard == StorePaths.Shard(node):
                return PointerOf(node) is { } pointer
                    ? new StoredObject(Tag('g', pointer.Generation), IsImmutable: false, () => pointer.ToPointer(_fleet).ToBytes())
                    : null;
            case ["v1", var fleet, "blobs", "sha256", { Length: 2 } start, var rest] when fleet == _fleet:
                return Digest.TryParse($"sha256:{start}{rest}", out var digest) && state.Blobs.ContainsKey(digest)
                    ? new StoredObject(digest.Hex, IsImmutable: true, () => ReadBlob(digest))
                    : null;
            case ["v1", var fleet, "head"] when fleet == _fleet:
                return state.Head is { } head
                    ? new StoredObject(Digest.Of(head.Envelope).Hex, IsImmutable: false, () => head.Envelope)
                    : null;
            case ["v1", var fleet, "root", var version] when fleet == _fleet:
                return long.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out var number) &&
                       state.Roots.TryGetValue(number, out var root)
                    ? new StoredObject(Tag('r', number), IsImmutable: true, () => root)
                    : null;
            default:
                return null;
        }
    }

    /// <summary>A blob's bytes, checked against its digest when read first; null when it is not there or damaged.</summary>
    public byte[]? ReadBlob(Digest digest)
    {
        if (!_state.Blobs.TryGetValue(digest, out var place))
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
            if (_state.Blobs.TryGetValue(digest, out var moved) && moved != place)
            {
                return ReadBlob(digest);
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

    /// <summary>
    /// Stores blobs for a publication to come. Those that are there already are not stored again.
    /// </summary>
    /// <exception cref="FileLayerException">The disk failed.</exception>
    public void Stage(IEnumerable<NewBlob> blobs)
    {
        lock (_writing)
        {
            if (AppendBlobs(blobs) is { IsEmpty: false } places)
            {
                Append(new StoreRecord.Batch(places, null, [], null));
            }
        }
    }

    /// <summary>
    /// Stores blobs, then opens pointers and moves the head as one. Two flushes in sequence, three when a pack is begun.
    /// </summary>
    /// <param name="pointers">At least one; all of one publication.</param>
    /// <exception cref="FileLayerException">The disk failed; no pointer was opened.</exception>
    public void Publish(
        IEnumerable<NewBlob> blobs, IReadOnlyList<Pointer> pointers, DsseEnvelope head, string revision, DateTimeOffset time)
    {
        lock (_writing)
        {
            var publication = new StoredPublication(pointers[0].Leaf.Generation, revision, time, pointers[0].Publication);
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(publication.Generation, HighestGeneration);
            Append(new StoreRecord.Batch(
                AppendBlobs(blobs),
                publication,
                [.. pointers.Select(pointer => StoredPointer.Of(pointer, publication, PointerOf(pointer.Leaf.Node)))],
                new StoreRecord.Head(publication.Generation, head.ToBytes())));
            CompactWhenDue();
        }
    }

    /// <summary>Signed anew, for the generation that is open: it tells nodes that nobody holds news back.</summary>
    public void RefreshHead(DsseEnvelope head)
    {
        lock (_writing)
        {
            Append(new StoreRecord.Head(HighestGeneration, head.ToBytes()));
            CompactWhenDue();
        }
    }

    public void WriteRoot(long version, DsseEnvelope root)
    {
        lock (_writing)
        {
            Append(new StoreRecord.Root(version, root.ToBytes()));
        }
    }

    /// <summary>
    /// Drops blobs that nothing names since <see cref="GarbageCollection.Grace"/>, and packs that hold little else.
    /// </summary>
    /// <param name="alsoNamed">Bundles that nodes are committed to or may fall back to.</param>
    public GarbageCollected CollectGarbage(IReadOnlySet<Digest> alsoNamed, DateTimeOffset now)
    {
        lock (_writing)
        {
            var (next, result) = new GarbageCollection(_state, _packs).Run(alsoNamed, now);
            Rewrite(next);
            foreach (var pack in _packs.Numbers().Except(next.Blobs.Values.Select(blob => blob.Pack)))
            {
                _packs.Remove(pack);
            }

            return result;
        }
    }

    /// <summary>Every path of the store, blobs first and the head last: the order in which a copy stays sound.</summary>
    public IEnumerable<string> Paths()
    {
        var state = _state;
        return state.Roots.Keys.Order().Select(version => StorePaths.Root(_fleet, version))
            .Concat(state.Blobs.Keys.Order().Select(digest => StorePaths.Blob(_fleet, digest)))
            .Concat(state.Pointers.Keys.Order(StringComparer.Ordinal).Select(node => StorePaths.Pointer(_fleet, node)))
            .Concat(state.Head is null ? [] : [StorePaths.Head(_fleet)]);
    }

    private static StoreState Load(IEnumerable<ReadOnlyMemory<byte>> records)
    {
        var state = new StoreState();
        foreach (var record in records)
        {
            state.Apply(StoreRecord.Read(record));
        }

        return state;
    }

    private static string Tag(char kind, long number) => string.Create(CultureInfo.InvariantCulture, $"{kind}{number}");

    private static StoreOpening.Refused Refuse(string what) => new(new Problem(StoreCodes.StoreUnreadable, what,
        "check the directory and the release; a store that is beyond repair may be moved away, the next start publishes again from Git"));

    private void Append(StoreRecord record)
    {
        _log.Append(record.ToBytes());
        _state.Apply(record);
    }

    private ImmutableArray<BlobPlace> AppendBlobs(IEnumerable<NewBlob> blobs)
    {
        var missing = blobs.Where(blob => !Contains(blob.Digest)).DistinctBy(blob => blob.Digest).ToList();
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

    private void CompactWhenDue()
    {
        if (_log.LengthBytes > CompactFromBytes && _log.LengthBytes > 4 * _compactedBytes)
        {
            Rewrite(_state);
        }
    }

    private void Rewrite(StoreState state)
    {
        _log.Rewrite([.. state.ToRecords().Select(record => (ReadOnlyMemory<byte>)record.ToBytes())]);
        _compactedBytes = _log.LengthBytes;
        _state = state;
    }

    private void MarkDamaged(BlobPlace place)
    {
        _damaged[place.Digest] = true;
        _state.Blobs.TryRemove(new(place.Digest, place));
    }
}

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
    private readonly Lock _writing = new();
    private readonly string _fleet;
    private readonly StoreLog _log;
    private readonly Packs _packs;
    private readonly BlobShelf _blobs;

    private ContentStore(string fleet, StoreLog log, Packs packs) =>
        (_fleet, _log, _packs, _blobs) = (fleet, log, packs, new BlobShelf(packs, log));

    /// <summary>Opens or creates the store of a fleet.</summary>
    public static StoreOpening Open(IFileLayer layer, string directory, string fleet)
    {
        try
        {
            layer.EnsureDirectory(directory, StoreFiles.DirectoryMode);
            var log = StoreLog.Open(layer, $"{directory}/store.log");
            if (log.State.Fleet is { } owner && owner != fleet)
            {
                return Refuse($"{directory} is the store of fleet {owner}, this control plane serves {fleet}");
            }

            var store = new ContentStore(fleet, log, new Packs(layer, $"{directory}/packs"));
            if (log.State.Fleet is null)
            {
                log.Append(new StoreRecord.Owner(fleet));
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
    public long HighestGeneration => _log.State.HighestGeneration;

    /// <summary>Nodes that have a pointer.</summary>
    public IReadOnlyCollection<string> Nodes => (IReadOnlyCollection<string>)_log.State.Pointers.Keys;

    /// <summary>The newest version of trust, 0 when there is none.</summary>
    public long LatestRoot => _log.State.LatestRoot;

    /// <summary>Blobs that were lost or changed on disk, to be stored again.</summary>
    public IReadOnlyCollection<Digest> Damaged => _blobs.Damaged;

    public StoredPointer? PointerOf(string node) => _log.State.Pointers.GetValueOrDefault(node);

    public byte[]? Root(long version) => _log.State.Roots.GetValueOrDefault(version);

    public bool Contains(Digest blob) => _log.State.Blobs.ContainsKey(blob);

    /// <summary>Whether a blob is one of a node's bundles, or named by one: what the node may read.</summary>
    public bool Names(string node, Digest blob)
    {
        var state = _log.State;
        return state.Pointers.TryGetValue(node, out var pointer) && pointer.Bundles.Any(bundle =>
            bundle == blob || (state.Blobs.TryGetValue(bundle, out var place) && place.Names.Contains(blob)));
    }

    /// <summary>What lies under a path as <see cref="StorePaths"/> writes it; null when nothing does.</summary>
    public StoredObject? Find(string path)
    {
        var state = _log.State;
        switch (path.Split('/'))
        {
            case ["v1", var fleet, "nodes", var shard, var node] when fleet == _fleet && shard == StorePaths.Shard(node):
                return PointerOf(node) is { } pointer
                    ? new StoredObject(pointer.ETag, IsImmutable: false, () => pointer.ToPointer(_fleet).ToBytes())
                    : null;
            case ["v1", var fleet, "sealed", var shard, var node] when fleet == _fleet && shard == StorePaths.Shard(node):
                return state.Sealed.TryGetValue(node, out var secrets) && state.Blobs.ContainsKey(secrets)
                    ? new StoredObject(secrets.Hex, IsImmutable: false, () => ReadBlob(secrets))
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
    public byte[]? ReadBlob(Digest digest) => _blobs.Read(digest);

    /// <summary>
    /// Stores blobs for a publication to come. Those that are there already are not stored again.
    /// </summary>
    /// <exception cref="FileLayerException">The disk failed.</exception>
    public void Stage(IEnumerable<NewBlob> blobs)
    {
        lock (_writing)
        {
            if (_blobs.Append(blobs) is { IsEmpty: false } places)
            {
                _log.Append(new StoreRecord.Batch(places, null, [], null));
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
            _log.Append(new StoreRecord.Batch(
                _blobs.Append(blobs),
                publication,
                [.. pointers.Select(pointer => StoredPointer.Of(pointer, publication, PointerOf(pointer.Leaf.Node)))],
                new StoreRecord.Head(publication.Generation, head.ToBytes())));
            _log.CompactWhenDue();
        }
    }

    /// <summary>Whether a node's sealed secrets are there, as far as is known.</summary>
    public bool HasSealed(string node) => _log.State is var state && state.Sealed.TryGetValue(node, out var digest) && state.Blobs.ContainsKey(digest);

    /// <summary>A node's sealed secrets as they were signed; null when there are none, or they are damaged.</summary>
    public byte[]? ReadSealed(string node) => _log.State.Sealed.TryGetValue(node, out var digest) ? ReadBlob(digest) : null;

    /// <summary>Replaces the sealed secrets of nodes, each as a whole.</summary>
    /// <exception cref="FileLayerException">The disk failed; the ones before are still there.</exception>
    public void Seal(IReadOnlyCollection<KeyValuePair<string, byte[]>> objects)
    {
        lock (_writing)
        {
            ImmutableArray<KeyValuePair<string, Digest>> nodes = [.. objects.Select(one => KeyValuePair.Create(one.Key, Digest.Of(one.Value)))];
            if (_blobs.Append(objects.Select(one => new NewBlob(Digest.Of(one.Value), one.Value))) is { IsEmpty: false } places)
            {
                _log.Append(new StoreRecord.Batch(places, null, [], null));
            }

            foreach (var (node, _) in nodes)
            {
                if (_log.State.Sealed.TryGetValue(node, out var before))
                {
                    _blobs.Forget(before);
                }
            }

            _log.Append(new StoreRecord.Sealed(nodes));
            _log.CompactWhenDue();
        }
    }

    /// <summary>
    /// Signs anew what nodes are pointed at by a key that does not count any more: the same leaves, under the same generations.
    /// </summary>
    /// <exception cref="FileLayerException">The disk failed; what is left is signed when it is asked for again.</exception>
    public void SignAnew(IReadOnlyList<TrustedKey> trusted, ISigner signer)
    {
        lock (_writing)
        {
            var old = _log.State.Pointers.Values.GroupBy(pointer => pointer.Publication)
                .Where(publication => !publication.Key.Envelope.Signatures.Any(signature => trusted.Any(key => key.Keyid == signature.Keyid)));
            foreach (var (publication, pointers) in old.Select(group => (group.Key, group.ToList())).OrderBy(group => group.Key.Generation).ToList())
            {
                var next = publication with
                {
                    Envelope = DsseEnvelope.Sign(publication.Envelope.PayloadType, Convert.FromBase64String(publication.Envelope.Payload), signer),
                };
                _log.Append(new StoreRecord.Batch([], next, [.. pointers.Select(pointer => pointer with { Publication = next })], null));
            }
        }
    }

    /// <summary>Signed anew, for the generation that is open: it tells nodes that nobody holds news back.</summary>
    public void RefreshHead(DsseEnvelope head)
    {
        lock (_writing)
        {
            _log.Append(new StoreRecord.Head(HighestGeneration, head.ToBytes()));
            _log.CompactWhenDue();
        }
    }

    public void WriteRoot(long version, DsseEnvelope root)
    {
        lock (_writing)
        {
            _log.Append(new StoreRecord.Root(version, root.ToBytes()));
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
            var (next, result) = new GarbageCollection(_log.State, _packs).Run(alsoNamed, now);
            _log.Rewrite(next);
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
        var state = _log.State;
        return state.Roots.Keys.Order().Select(version => StorePaths.Root(_fleet, version))
            .Concat(state.Blobs.Keys.Except(state.Sealed.Values).Order().Select(digest => StorePaths.Blob(_fleet, digest)))
            .Concat(state.Sealed.Keys.Order(StringComparer.Ordinal).Select(node => StorePaths.Sealed(_fleet, node)))
            .Concat(state.Pointers.Keys.Order(StringComparer.Ordinal).Select(node => StorePaths.Pointer(_fleet, node)))
            .Concat(state.Head is null ? [] : [StorePaths.Head(_fleet)]);
    }

    /// <summary>What one node needs to come to its newest generation: trust, pointer, head, bundle, blobs. Empty for a node without a pointer.</summary>
    public IReadOnlyList<string> PathsOf(string node)
    {
        var state = _log.State;
        if (!state.Pointers.TryGetValue(node, out var pointer))
        {
            return [];
        }

        List<string> paths = [.. state.Roots.Keys.Order().Select(version => StorePaths.Root(_fleet, version)), StorePaths.Pointer(_fleet, node)];
        paths.AddRange(state.Head is null ? [] : [StorePaths.Head(_fleet)]);
        paths.AddRange(state.Sealed.ContainsKey(node) ? [StorePaths.Sealed(_fleet, node)] : []);
        if (pointer.Bundle is { } bundle && state.Blobs.TryGetValue(bundle, out var place))
        {
            paths.AddRange(place.Names.Distinct().Prepend(bundle).Select(digest => StorePaths.Blob(_fleet, digest)));
        }

        return paths;
    }

    private static string Tag(char kind, long number) => string.Create(CultureInfo.InvariantCulture, $"{kind}{number}");

    private static StoreOpening.Refused Refuse(string what) => new(new Problem(StoreCodes.StoreUnreadable, what,
        "check the directory and the release; a store that is beyond repair may be moved away, the next start publishes again from Git"));
}

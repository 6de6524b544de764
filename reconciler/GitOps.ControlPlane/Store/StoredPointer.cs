using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using GitOps.Bundles;
using GitOps.Bundles.Publications;

namespace GitOps.ControlPlane.Store;

/// <summary>What a node is pointed at, without what its publication's pointers share.</summary>
public sealed record StoredPointer
{
    /// <summary>So many bundles before the newest stay readable to the node: it may be fetching while it is pointed elsewhere.</summary>
    internal const int EarlierKept = 3;

    internal StoredPointer(StoredPublication publication, string node) => (Publication, Node) = (publication, node);

    public string Node { get; }

    /// <summary>Null in a tombstone.</summary>
    public Digest? Bundle { get; init; }

    public Decommission? Decommission { get; init; }

    /// <summary>See <see cref="PointerLeaf.Retry"/>.</summary>
    public bool Retry { get; init; }

    public long BundleBytes { get; init; }

    public int BundleFormat { get; init; }

    public long Generation => Publication.Generation;

    /// <summary>The commit the publication was compiled from.</summary>
    public string Revision => Publication.Revision;

    /// <summary>Another one for another generation, and for another key under the same.</summary>
    internal string ETag => string.Create(CultureInfo.InvariantCulture, $"g{Generation}-{Publication.Envelope.Signatures[0].Keyid[..8]}");

    internal StoredPublication Publication { get; init; }

    internal long Index { get; init; }

    internal long Size { get; init; }

    /// <summary>The hashes of the audit path, one after the other.</summary>
    internal ReadOnlyMemory<byte> Proof { get; init; }

    /// <summary>The bundles it was pointed at before, newest first.</summary>
    internal ImmutableArray<Digest> Earlier { get; init; }

    internal IEnumerable<Digest> Bundles => Bundle is { } bundle ? Earlier.Prepend(bundle) : Earlier;

    /// <summary>The document a node fetches.</summary>
    internal Pointer ToPointer(string fleet) => new()
    {
        Leaf = new PointerLeaf
        {
            Fleet = fleet,
            Node = Node,
            Generation = Generation,
            Bundle = Bundle,
            BundleFormat = BundleFormat,
            Decommission = Decommission,
            Retry = Retry,
        },
        BundleBytes = BundleBytes,
        Proof = new InclusionProof(Index, Size, Hashes().ToEquatableArray()),
        Publication = Publication.Envelope,
    };

    private IEnumerable<string> Hashes()
    {
        for (var at = 0; at < Proof.Length; at += SHA256.HashSizeInBytes)
        {
            yield return Convert.ToHexStringLower(Proof.Span.Slice(at, SHA256.HashSizeInBytes));
        }
    }

    internal static StoredPointer Of(Pointer pointer, StoredPublication publication, StoredPointer? before) =>
        new(publication, pointer.Leaf.Node)
        {
            Bundle = pointer.Leaf.Bundle,
            Decommission = pointer.Leaf.Decommission,
            Retry = pointer.Leaf.Retry,
            BundleBytes = pointer.BundleBytes,
            BundleFormat = pointer.Leaf.BundleFormat,
            Index = pointer.Proof.Index,
            Size = pointer.Proof.Size,
            Proof = Convert.FromHexString(string.Concat(pointer.Proof.Hashes)),
            // Who leaves the fleet fetches nothing more.
            Earlier = pointer.Leaf.Bundle is null ? [] : [.. before?.Bundles.Where(b => b != pointer.Leaf.Bundle).Distinct().Take(EarlierKept) ?? []],
        };
}

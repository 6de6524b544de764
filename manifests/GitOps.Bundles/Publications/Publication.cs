using System.Text.Json;
using GitOps.Bundles.Json;

namespace GitOps.Bundles.Publications;

/// <summary>What is signed once per publication.</summary>
public sealed record PublicationStatement
{
    public const string PayloadType = "application/vnd.gitops.publication.v1+json";

    public int Format { get; init; } = 1;

    public required string Fleet { get; init; }

    public required long Generation { get; init; }

    /// <summary>The commit the bundles were compiled from, full id.</summary>
    public required string Revision { get; init; }

    /// <summary>The Merkle root in hex, and how many leaves it covers.</summary>
    public required string Root { get; init; }

    public required long Size { get; init; }

    public byte[] ToBytes() => CanonicalJson.Write(JsonSerializer.SerializeToElement(this, BundleContext.Default.PublicationStatement));

    public static PublicationStatement? TryRead(ReadOnlySpan<byte> bytes)
    {
        try
        {
            var statement = JsonSerializer.Deserialize(bytes, BundleContext.Default.PublicationStatement);
            return statement?.Format == 1 ? statement : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>One node's part of a publication to be made; no digest is a tombstone.</summary>
public sealed record PublicationEntry(string Node, Digest? Bundle, long BundleBytes)
{
    public int BundleFormat { get; init; } = Bundles.Bundle.CurrentFormat;

    public Decommission? Decommission { get; init; }

    /// <summary>See <see cref="PointerLeaf.Retry"/>.</summary>
    public bool Retry { get; init; }
}

/// <summary>Makes the pointers one wave opens, under one signature.</summary>
public static class Publication
{
    /// <summary>Pointers in the order of their nodes' names.</summary>
    /// <exception cref="ArgumentException">There are no entries, or two of one node.</exception>
    public static IReadOnlyList<Pointer> Sign(
        string fleet, long generation, string revision, IEnumerable<PublicationEntry> entries, ISigner signer)
    {
        var sorted = entries.OrderBy(e => e.Node, StringComparer.Ordinal).ToList();
        if (sorted.Zip(sorted.Skip(1)).FirstOrDefault(pair => pair.First.Node == pair.Second.Node) is ({ } twice, _))
        {
            throw new ArgumentException($"{twice.Node} occurs twice", nameof(entries));
        }

        var leaves = sorted.ConvertAll(e => new PointerLeaf
        {
            Fleet = fleet,
            Node = e.Node,
            Generation = generation,
            Bundle = e.Bundle,
            BundleFormat = e.BundleFormat,
            Decommission = e.Decommission,
            Retry = e.Retry,
        });
        var (root, paths) = MerkleTree.Build(leaves.ConvertAll(l => MerkleTree.HashLeaf(l.ToBytes())));
        var statement = new PublicationStatement
        {
            Fleet = fleet,
            Generation = generation,
            Revision = revision,
            Root = Convert.ToHexStringLower(root),
            Size = leaves.Count,
        };
        var envelope = DsseEnvelope.Sign(PublicationStatement.PayloadType, statement.ToBytes(), signer);
        // A sibling stands in the proofs of half the leaves: one string for all of them.
        var hexes = new Dictionary<byte[], string>(ReferenceEqualityComparer.Instance);
        return leaves.Select((leaf, i) => new Pointer
        {
            Leaf = leaf,
            BundleBytes = sorted[i].BundleBytes,
            Proof = new InclusionProof(i, leaves.Count, paths[i].Select(Hex).ToEquatableArray()),
            Publication = envelope,
        }).ToList();

        string Hex(byte[] hash) => hexes.TryGetValue(hash, out var hex) ? hex : hexes[hash] = Convert.ToHexStringLower(hash);
    }
}

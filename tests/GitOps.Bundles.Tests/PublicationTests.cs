using System.Security.Cryptography;
using System.Text;
using CsCheck;
using GitOps.Bundles.Publications;

namespace GitOps.Bundles.Tests;

public sealed class PublicationTests : IDisposable
{
    private const string Fleet = "3f0c6f4e-6f5e-4c7e-9b5e-0d2f5a0c1e11";
    private readonly EcdsaSigner _signer = new(ECDsa.Create(ECCurve.NamedCurves.nistP256));
    private readonly EcdsaSigner _stranger = new(ECDsa.Create(ECCurve.NamedCurves.nistP256));

    public void Dispose()
    {
        _signer.Dispose();
        _stranger.Dispose();
    }

    // Computed from the definition of RFC 6962 §2.1 with the domain in front of each leaf.
    [Fact]
    public void A_tree_of_three_leaves_is_hashed_as_the_standard_defines()
    {
        byte[] Leaf(string text) => SHA256.HashData([0, .. "gitops/publication/v1\0"u8, .. Encoding.UTF8.GetBytes(text)]);
        byte[] Inner(byte[] left, byte[] right) => SHA256.HashData([1, .. left, .. right]);

        var leaves = new[] { "a", "b", "c" }.Select(t => MerkleTree.HashLeaf(Encoding.UTF8.GetBytes(t))).ToList();
        var (root, paths) = MerkleTree.Build(leaves);
        Assert.Equal(Inner(Inner(Leaf("a"), Leaf("b")), Leaf("c")), root);
        Assert.Equal([Leaf("b"), Leaf("c")], paths[0]);
        Assert.Equal([Inner(Leaf("a"), Leaf("b"))], paths[2]);
    }

    [Fact]
    public void Every_leaf_is_proven_and_no_other_is() =>
        Gen.Select(Gen.Int[1, 70], Gen.Int[0, 1000]).Sample((size, seed) =>
        {
            var leaves = Enumerable.Range(0, size).Select(i => MerkleTree.HashLeaf(BitConverter.GetBytes(i))).ToList();
            var (root, paths) = MerkleTree.Build(leaves);
            for (var i = 0; i < size; i++)
            {
                Assert.Equal(root, MerkleTree.RootOf(leaves[i], i, size, paths[i]));
                var other = (i + 1 + seed) % size;
                if (other != i)
                {
                    Assert.NotEqual(root, MerkleTree.RootOf(leaves[other], i, size, paths[i]));
                    Assert.NotEqual(root, MerkleTree.RootOf(leaves[i], other, size, paths[i]));
                }

                Assert.Null(MerkleTree.RootOf(leaves[i], i, size, [.. paths[i], root]));
            }
        }, iter: 50);

    [Fact]
    public void A_node_follows_its_own_pointer()
    {
        var verdict = Assert.IsType<PointerVerdict.Accepted>(PointerCheck.Check(PointerOf("press-2").ToBytes(), Context("press-2")));
        Assert.Equal(7, verdict.Pointer.Leaf.Generation);
        Assert.Equal("c0ffee", verdict.Statement.Revision);
    }

    [Fact]
    public void A_pointer_it_follows_already_is_no_news() =>
        Assert.IsType<PointerVerdict.Known>(PointerCheck.Check(
            PointerOf("press-2").ToBytes(), Context("press-2") with { SeenGeneration = 7, SeenBundle = BundleOf("press-2") }));

    [Fact]
    public void Another_nodes_pointer_is_refused() =>
        AssertRefused(BundleCodes.WrongAddressee, PointerOf("press-1").ToBytes(), Context("press-2"));

    [Fact]
    public void Another_fleets_pointer_is_refused() =>
        AssertRefused(BundleCodes.WrongAddressee, PointerOf("press-2").ToBytes(), Context("press-2") with { Fleet = "another" });

    [Fact]
    public void An_older_generation_is_refused() =>
        Gen.Long[8, 1_000_000].Sample(seen =>
            AssertRefused(BundleCodes.OlderGeneration, PointerOf("press-2").ToBytes(), Context("press-2") with { SeenGeneration = seen }));

    [Fact]
    public void One_generation_with_two_bundles_is_an_attack() =>
        AssertRefused(BundleCodes.Equivocation, PointerOf("press-2").ToBytes(),
            Context("press-2") with { SeenGeneration = 7, SeenBundle = Digest.Of("another"u8) });

    [Fact]
    public void A_strangers_signature_is_refused() =>
        AssertRefused(BundleCodes.UnknownKey, Publish(_stranger).Single(p => p.Leaf.Node == "press-2").ToBytes(), Context("press-2"));

    [Fact]
    public void A_signature_moved_to_another_publication_is_refused()
    {
        var pointer = PointerOf("press-2");
        var forged = Publish(_stranger, revision: "bad").Single(p => p.Leaf.Node == "press-2");
        var mixed = forged with { Publication = forged.Publication with { Signatures = pointer.Publication.Signatures } };
        AssertRefused(BundleCodes.BadSignature, mixed.ToBytes(), Context("press-2"));
    }

    [Fact]
    public void A_leaf_with_another_bundle_is_refused()
    {
        var pointer = PointerOf("press-2");
        var tampered = pointer with { Leaf = pointer.Leaf with { Bundle = Digest.Of("evil"u8) } };
        AssertRefused(BundleCodes.BadProof, tampered.ToBytes(), Context("press-2"));
    }

    [Fact]
    public void No_single_changed_byte_gets_a_pointer_accepted()
    {
        var bytes = PointerOf("press-2").ToBytes();
        var genuine = Assert.IsType<PointerVerdict.Accepted>(PointerCheck.Check(bytes, Context("press-2")));
        Gen.Select(Gen.Int[0, bytes.Length - 1], Gen.Byte[1, 255]).Sample((at, flip) =>
        {
            var changed = (byte[])bytes.Clone();
            changed[at] ^= flip;
            // What is not signed (the size hint, the case of a base64 tail bit) may change; what the node acts upon may not.
            if (PointerCheck.Check(changed, Context("press-2")) is PointerVerdict.Accepted accepted)
            {
                Assert.Equal(genuine.Pointer.Leaf, accepted.Pointer.Leaf);
                Assert.Equal(genuine.Statement, accepted.Statement);
            }
        }, iter: 5_000);
    }

    [Fact]
    public void Any_bytes_get_a_verdict() =>
        Gen.Byte.Array[0, 200].Sample(bytes => Assert.IsType<PointerVerdict.Refused>(PointerCheck.Check(bytes, Context("press-2"))));

    [Fact]
    public void A_root_is_followed_only_when_the_one_before_stands_behind_it()
    {
        var first = Assert.IsType<RootReading.Trusted>(RootStatement.ReadFirst(Root(1, _signer).Sign(_signer).ToBytes())).Root;
        var next = Root(2, _stranger);
        Assert.IsType<RootReading.Trusted>(first.ReadNext(next.Sign(_signer, _stranger).ToBytes()));
        Assert.IsType<RootReading.Refused>(first.ReadNext(next.Sign(_stranger).ToBytes()));
        Assert.IsType<RootReading.Refused>(first.ReadNext(next.Sign(_signer).ToBytes()));
        Assert.IsType<RootReading.Refused>(first.ReadNext((next with { Version = 3 }).Sign(_signer, _stranger).ToBytes()));
    }

    [Fact]
    public void A_key_that_signs_twice_counts_once()
    {
        var root = Root(1, _signer) with { Threshold = 2, RootKeys = [_signer.Key, _stranger.Key] };
        Assert.IsType<RootReading.Refused>(RootStatement.ReadFirst(root.Sign(_signer, _signer).ToBytes()));
        Assert.IsType<RootReading.Trusted>(RootStatement.ReadFirst(root.Sign(_signer, _stranger).ToBytes()));
    }

    [Fact]
    public void A_head_is_read_only_with_a_trusted_signature()
    {
        var head = new HeadStatement
        {
            Fleet = Fleet,
            Generation = 7,
            Time = DateTimeOffset.UnixEpoch,
            ValidUntil = DateTimeOffset.UnixEpoch.AddDays(1),
        };
        Assert.Equal(head, HeadStatement.TryRead(head.Sign(_signer).ToBytes(), Fleet, [_signer.Key]));
        Assert.Null(HeadStatement.TryRead(head.Sign(_stranger).ToBytes(), Fleet, [_signer.Key]));
    }

    private static Digest BundleOf(string node) => Digest.Of(Encoding.UTF8.GetBytes(node));

    private static RootStatement Root(long version, EcdsaSigner key) => new()
    {
        Fleet = Fleet,
        Version = version,
        Threshold = 1,
        RootKeys = [key.Key],
        PublicationKeys = [key.Key],
        Authorities = [],
    };

    private Pointer PointerOf(string node) => Publish(_signer).Single(p => p.Leaf.Node == node);

    private static IReadOnlyList<Pointer> Publish(ISigner signer, string revision = "c0ffee") => Publication.Sign(
        Fleet, generation: 7, revision,
        new[] { "press-3", "press-1", "press-2" }.Select(n => new PublicationEntry(n, BundleOf(n), 100)), signer);

    private PointerContext Context(string node) => new(Fleet, node, [_signer.Key], SeenGeneration: 6, SeenBundle: null);

    private static void AssertRefused(ErrorCode code, byte[] pointer, PointerContext context) =>
        Assert.Equal(code.Id, Assert.IsType<PointerVerdict.Refused>(PointerCheck.Check(pointer, context)).Problem.Code);
}

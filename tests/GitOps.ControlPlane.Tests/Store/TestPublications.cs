using System.Security.Cryptography;
using System.Text;
using GitOps.Bundles;
using GitOps.Bundles.Publications;
using GitOps.Bundles.Units;
using GitOps.ControlPlane.Store;
using GitOps.Platform.Files;

namespace GitOps.ControlPlane.Tests.Store;

/// <summary>Small publications: each node's bundle names one blob of its own and one that all share.</summary>
internal static class TestPublications
{
    public const string Fleet = "0198c2f0-0000-7000-8000-000000000001";
    public const string Directory = "/data/store";

    public static EcdsaSigner Signer { get; } = new(ECDsa.Create(ECCurve.NamedCurves.nistP256));

    public static DateTimeOffset Now { get; } = DateTimeOffset.UnixEpoch.AddDays(20_000);

    public static ContentStore Open(IFileLayer layer) =>
        Assert.IsType<StoreOpening.Opened>(ContentStore.Open(layer, Directory, Fleet)).Store;

    public static byte[] BlobOf(string text) => Encoding.UTF8.GetBytes(text + new string('.', 700));

    public static Bundle BundleOf(string node, string version)
    {
        byte[] own = BlobOf($"{node} {version}"), shared = BlobOf($"shared {version}");
        return Bundle.Of([FileNamed("own", own), FileNamed("shared", shared)]);
    }

    public static void Publish(ContentStore store, long generation, string version, params string[] nodes)
    {
        var bundles = nodes.Select(node => (Node: node, Bundle: BundleOf(node, version))).ToList();
        List<NewBlob> blobs = [];
        List<PublicationEntry> entries = [];
        foreach (var (node, bundle) in bundles)
        {
            var bytes = bundle.ToBytes();
            foreach (var blob in new[] { BlobOf($"{node} {version}"), BlobOf($"shared {version}") })
            {
                blobs.Add(new NewBlob(Digest.Of(blob), blob));
            }

            blobs.Add(new NewBlob(Digest.Of(bytes), bytes, bundle.Blobs().Select(b => b.Digest).ToEquatableArray()));
            entries.Add(new PublicationEntry(node, Digest.Of(bytes), bytes.Length));
        }

        store.Publish(blobs, Publication.Sign(Fleet, generation, "revision " + version, entries, Signer), Head(generation), "revision " + version, Now);
    }

    public static DsseEnvelope Head(long generation) =>
        new HeadStatement { Fleet = Fleet, Generation = generation, Time = Now, ValidUntil = Now.AddDays(2) }.Sign(Signer);

    /// <summary>Everything a node would check: the pointer is signed and its own, the bundle and its blobs are there.</summary>
    public static PointerLeaf? FetchAsNode(ContentStore store, string node)
    {
        if (store.Find(StorePaths.Pointer(Fleet, node)) is not { } stored)
        {
            return null;
        }

        var context = new PointerContext(Fleet, node, [Signer.Key], SeenGeneration: 0, SeenBundle: null);
        var accepted = Assert.IsType<PointerVerdict.Accepted>(PointerCheck.Check(stored.Read(), context));
        var bundle = Fetch(store, node, accepted.Pointer.Leaf.Bundle!.Value);
        Assert.Equal(accepted.Pointer.BundleBytes, bundle.Length);
        foreach (var blob in Assert.IsType<BundleReading.Read>(BundleJson.Read(bundle)).Bundle.Blobs())
        {
            Fetch(store, node, blob.Digest);
        }

        return accepted.Pointer.Leaf;
    }

    public static long? HeadGeneration(ContentStore store) =>
        store.Find(StorePaths.Head(Fleet)) is { } head
            ? HeadStatement.TryRead(head.Read(), Fleet, [Signer.Key])!.Generation
            : null;

    private static byte[] Fetch(ContentStore store, string node, Digest digest)
    {
        var bytes = store.Find(StorePaths.Blob(Fleet, digest))?.Read();
        Assert.NotNull(bytes);
        Assert.Equal(digest, Digest.Of(bytes));
        Assert.True(store.Names(node, digest), $"{node} may not read {digest}");
        return bytes;
    }

    private static Unit FileNamed(string name, byte[] content) =>
        new(name, new FileSpec { Path = $"/etc/{name}", Content = [new ContentPart.Blob(Digest.Of(content), content.Length)] });
}

using GitOps.Bundles;
using GitOps.Bundles.Publications;
using GitOps.Platform.Files;
using GitOps.Platform.Tls;

namespace GitOps.ControlPlane.Store;

/// <summary>
/// The fleet's root of trust and the key that signs publications. Keys are files of mode 0600 in the data directory; the
/// root names the publication key and the authorities of node certificates. When either changes, the next root is signed
/// by the same root key, so that nodes follow.
/// </summary>
public sealed class TrustStore : IDisposable
{
    private readonly KeySigner _signer;

    private TrustStore(KeySigner signer, byte[] root) => (_signer, RootJson) = (signer, root);

    /// <summary>Signs publications and heads.</summary>
    public ISigner Signer => _signer;

    /// <summary>The newest root, as it goes into a node's identity folder (docs/contracts.md §9).</summary>
    public byte[] RootJson { get; }

    /// <summary>Loads the keys, or makes them at the first start, and puts the root that names them into the store.</summary>
    /// <param name="directory">Where <c>root.key</c> and <c>publication.key</c> lie.</param>
    /// <param name="authorities">PEM certificates of the authorities that issue node and server certificates.</param>
    public static TrustOpening Open(IFileLayer layer, string directory, ContentStore store, IReadOnlyList<string> authorities)
    {
        var rootPath = $"{directory}/root.key";
        if (store.LatestRoot > 0 && layer.Stat(rootPath) is null)
        {
            return new TrustOpening.Refused(new Problem(StoreCodes.RootKeyMissing,
                What: $"the store holds root {store.LatestRoot}, and there is no {rootPath}",
                Fix: "restore the key from its backup; a fleet with a new root key has to be enrolled again, node by node"));
        }

        layer.EnsureDirectory(directory, StoreFiles.DirectoryMode);
        using var root = new KeySigner(SigningKey.LoadOrCreate(layer, rootPath));
        var publication = new KeySigner(SigningKey.LoadOrCreate(layer, $"{directory}/publication.key"));
        var current = store.Root(store.LatestRoot);
        var statement = new RootStatement
        {
            Fleet = store.Fleet,
            Version = store.LatestRoot + 1,
            Threshold = 1,
            RootKeys = [root.Key],
            PublicationKeys = [publication.Key],
            Authorities = authorities.Select(pem => pem.Trim() + "\n").ToEquatableArray(),
        };
        if (current is null || RootStatement.ReadFirst(current) is not RootReading.Trusted(var now) ||
            now with { Version = statement.Version } != statement)
        {
            store.WriteRoot(statement.Version, statement.Sign(root));
        }

        return new TrustOpening.Opened(new TrustStore(publication, store.Root(store.LatestRoot)!));
    }

    public void Dispose() => _signer.Dispose();

    private sealed class KeySigner(SigningKey key) : ISigner, IDisposable
    {
        public TrustedKey Key { get; } = new(key.KeyId, Convert.ToBase64String(key.PublicKey.Span));

        public byte[] Sign(ReadOnlySpan<byte> data) => key.Sign(data);

        public void Dispose() => key.Dispose();
    }
}

public abstract record TrustOpening
{
    private TrustOpening() { } // closed: every case is in this file

    public sealed record Opened(TrustStore Trust) : TrustOpening;

    public sealed record Refused(Problem Problem) : TrustOpening;
}

using GitOps.Bundles;
using GitOps.Bundles.Publications;
using GitOps.ControlPlane.Trust;
using GitOps.Platform.Files;
using GitOps.Platform.Tls;

namespace GitOps.ControlPlane.Store;

/// <summary>
/// The fleet's root of trust and the key that signs publications. Keys are files of mode 0600 in the data directory; the
/// root names the publication key and the authorities of node certificates. The root key may lie here too: then what changes is
/// signed here, and nodes follow. Where people keep the root keys elsewhere, this only uses what their root names.
/// </summary>
public sealed class TrustStore : IDisposable
{
    private readonly KeySigner _signer;

    private TrustStore(KeySigner signer, byte[] bytes, RootStatement root, bool canSignRoots) =>
        (_signer, RootJson, Root, CanSignRoots) = (signer, bytes, root, canSignRoots);

    /// <summary>Signs publications and heads.</summary>
    public ISigner Signer => _signer;

    /// <summary>The newest root, as it goes into a node's identity folder (docs/contracts.md §9).</summary>
    public byte[] RootJson { get; }

    public RootStatement Root { get; }

    /// <summary>Whether the next root can be signed here.</summary>
    public bool CanSignRoots { get; }

    public static string RootKeyPath(string directory) => $"{directory}/root.key";

    public static string PublicationKeyPath(string directory) => $"{directory}/publication.key";

    /// <summary>A key that is used from the root on that names it.</summary>
    public static string NextPublicationKeyPath(string directory) => $"{directory}/publication.next.key";

    /// <summary>
    /// Loads the keys, or makes them at the first start, and puts the root that names them into the store. A root that names
    /// other keys than are here is followed by one that names these, if it can be signed here.
    /// </summary>
    /// <param name="directory">Where <c>root.key</c> and <c>publication.key</c> lie.</param>
    /// <param name="authorities">PEM certificates of the authorities that issue node and server certificates.</param>
    public static TrustOpening Open(IFileLayer layer, string directory, ContentStore store, IReadOnlyList<string> authorities)
    {
        layer.EnsureDirectory(directory, StoreFiles.DirectoryMode);
        var current = store.Root(store.LatestRoot) is { } bytes && RootStatement.ReadFirst(bytes) is RootReading.Trusted(var trusted) ? trusted : null;
        TakeNextPublicationKey(layer, directory, current);
        var isRootHere = current is null || layer.Stat(RootKeyPath(directory)) is not null;
        using var root = isRootHere ? new KeySigner(SigningKey.LoadOrCreate(layer, RootKeyPath(directory))) : null;
        var publication = new KeySigner(SigningKey.LoadOrCreate(layer, PublicationKeyPath(directory)));
        var own = authorities.Select(pem => pem.Trim() + "\n").ToEquatableArray();
        var canSign = root is not null && (current is null || (current.Threshold == 1 && current.RootKeys.Contains(root.Key)));
        if (Next(current, publication.Key, own, root?.Key, store.Fleet) is { } next)
        {
            if (!canSign)
            {
                publication.Dispose();
                return new TrustOpening.Refused(CannotSign(current!, publication.Key, directory));
            }

            store.WriteRoot(next.Version, next.Sign(root!));
            current = next;
        }

        store.SignAnew(current!.PublicationKeys, publication);
        return new TrustOpening.Opened(new TrustStore(publication, store.Root(store.LatestRoot)!, current!, canSign));
    }

    /// <summary>Takes the key that waits, once the root names it.</summary>
    public static void TakeNextPublicationKey(IFileLayer layer, string directory, RootStatement? root)
    {
        var waiting = NextPublicationKeyPath(directory);
        if (layer.Stat(waiting) is null || root is null)
        {
            return;
        }

        using var key = SigningKey.Load(layer, waiting);
        if (root.PublicationKeys.Any(listed => listed.Keyid == key.KeyId))
        {
            layer.Rename(waiting, PublicationKeyPath(directory));
            layer.FlushDirectory(directory);
        }
    }

    public void Dispose() => _signer.Dispose();

    /// <summary>Null when the root names what is used here; what else it names stays.</summary>
    private static RootStatement? Next(RootStatement? current, TrustedKey publication, EquatableArray<string> authorities, TrustedKey? root, string fleet)
    {
        if (current is null)
        {
            return new RootStatement
            {
                Fleet = fleet,
                Version = 1,
                Threshold = 1,
                RootKeys = [root!],
                PublicationKeys = [publication],
                Authorities = authorities,
            };
        }

        var namesKey = current.PublicationKeys.Contains(publication);
        var known = current.Authorities.Select(RootDraft.Fingerprint).ToHashSet();
        var added = authorities.Where(pem => !known.Contains(RootDraft.Fingerprint(pem))).ToList();
        return namesKey && added.Count == 0 ? null : current with
        {
            Version = current.Version + 1,
            PublicationKeys = namesKey ? current.PublicationKeys : [publication],
            Authorities = [.. current.Authorities, .. added],
        };
    }

    private static Problem CannotSign(RootStatement current, TrustedKey publication, string directory) => new(StoreCodes.RootKeyMissing,
        What: FormattableString.Invariant($"root {current.Version} does not name what is used here (publication key {publication.Keyid}), and ") +
            FormattableString.Invariant($"{directory} holds no key that could sign the next root: it takes {current.Threshold} of {current.RootKeys.Count} root keys"),
        Fix: "restore the keys from their backup, or have the next root signed where the root keys are: 'gitops trust', docs/trust.md");

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

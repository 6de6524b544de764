using GitOps.Bundles;
using GitOps.Bundles.Publications;
using GitOps.ControlPlane.Identity;
using GitOps.ControlPlane.Store;
using GitOps.Platform.Files;

namespace GitOps.ControlPlane.Trust;

/// <summary>What became of a root that people signed. Closed.</summary>
public abstract record RootPublished
{
    private RootPublished() { }

    /// <param name="LeftOver">A root key beside the control plane that counts for nothing any more; null: there is none.</param>
    public sealed record Done(long Version, string? LeftOver) : RootPublished;

    /// <summary>The control plane runs, and nothing was changed: it can be offered the root (<see cref="RootOffer"/>).</summary>
    public sealed record Running(RootFile Next) : RootPublished;

    /// <summary>Nothing was changed.</summary>
    public sealed record Refused(Problem Problem) : RootPublished;
}

/// <summary>
/// Puts the next root into the store of a control plane. It is judged as nodes judge it, and has to name the keys this control plane
/// uses. Safe to repeat after a crash: the same root again finishes what is unfinished.
/// </summary>
public static class RootPublishing
{
    /// <summary>To a control plane that is stopped.</summary>
    /// <param name="publicationKey">A file with the key that signs publications from now on; null: the one in use.</param>
    /// <exception cref="RootFiles.UnusableException">A file cannot be used.</exception>
    public static RootPublished Publish(IFileLayer layer, DataDirectory data, string rootPath, string? publicationKey)
    {
        var next = RootFiles.Read(layer, rootPath);
        if (FleetPin.Read(layer, data) is not { } fleet)
        {
            return new RootPublished.Refused(IdentityCodes.WithoutFleet(data));
        }

        switch (StoreLease.Take(data.Store))
        {
            case LeaseTaking.Refused:
                return new RootPublished.Running(next);
            case LeaseTaking.Held held:
                using (held)
                {
                    return Put(layer, data, fleet, next, publicationKey);
                }

            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    /// <summary>For whoever holds the lease of the store, which nobody else has open.</summary>
    internal static RootPublished Put(IFileLayer layer, DataDirectory data, string fleet, RootFile next, string? publicationKey) =>
        ContentStore.Open(layer, data.Store, fleet) switch
        {
            StoreOpening.Opened opened => Put(layer, data, opened.Store, next, publicationKey),
            StoreOpening.Refused(var problem) => new RootPublished.Refused(problem),
            var other => throw new System.Diagnostics.UnreachableException(other.ToString()),
        };

    private static RootPublished Put(IFileLayer layer, DataDirectory data, ContentStore store, RootFile next, string? publicationKey)
    {
        var current = store.Root(store.LatestRoot) is { } bytes && RootStatement.ReadFirst(bytes) is RootReading.Trusted(var trusted) ? trusted : null;
        using var key = RootFiles.ReadPrivate(layer, publicationKey ?? TrustStore.PublicationKeyPath(data.Keys), passphrase: null);
        if (Judge(layer, data, current, next, key.KeyId) is { } refused)
        {
            return new RootPublished.Refused(refused);
        }

        // The key waits beside the old one until the root that names it is there: the next start finishes what a crash leaves.
        key.Save(layer, TrustStore.NextPublicationKeyPath(data.Keys));
        if (store.LatestRoot < next.Root.Version)
        {
            store.WriteRoot(next.Root.Version, next.Envelope);
        }

        TrustStore.TakeNextPublicationKey(layer, data.Keys, next.Root);
        AtomicFile.Write(layer, data.Root, store.Root(store.LatestRoot)!, AtomicFile.Readable);
        return new RootPublished.Done(next.Root.Version, LeftOver(layer, data, next.Root));
    }

    /// <summary>Null when nodes would follow it, and it names the publication key and the authority in use.</summary>
    internal static Problem? Judge(IFileLayer layer, DataDirectory data, RootStatement? current, RootFile next, string publicationKey)
    {
        if (Refuse(current, next) is { } refused)
        {
            return refused;
        }

        if (next.Root.PublicationKeys.All(listed => listed.Keyid != publicationKey))
        {
            return new Problem(TrustCodes.KeyNotListed, $"root {next.Root.Version} does not name the publication key {publicationKey}",
                "name it with 'gitops trust root rotate-publication', or give the key that the root names with --publication-key");
        }

        var authority = RootFiles.ReadText(layer, $"{data.Authority}/ca.crt");
        return next.Root.Authorities.All(pem => RootDraft.Fingerprint(pem) != RootDraft.Fingerprint(authority))
            ? new Problem(TrustCodes.KeyNotListed, $"root {next.Root.Version} does not name the authority {RootDraft.Fingerprint(authority)} of this control plane",
                "add it with 'gitops trust root add-authority', or switch to another one first: 'gitops trust authority switch'")
            : null;
    }

    private static Problem? Refuse(RootStatement? current, RootFile next)
    {
        if (current is null)
        {
            return new Problem(TrustCodes.NotAccepted, "the store holds no root yet", "start 'gitops serve' once: it makes the first one");
        }

        if (next.Root == current)
        {
            return null; // again, after a crash
        }

        return current.ReadNext(next.Bytes) is RootReading.Refused(var why)
            ? new Problem(TrustCodes.NotAccepted, why.What, $"have it signed by {current.Threshold} of the keys of root {current.Version} " +
                $"and by {next.Root.Threshold} of its own ('gitops trust show' lists who signed)")
            : null;
    }

    internal static string? LeftOver(IFileLayer layer, DataDirectory data, RootStatement root)
    {
        var path = TrustStore.RootKeyPath(data.Keys);
        if (layer.Stat(path) is null)
        {
            return null;
        }

        using var key = RootFiles.ReadPrivate(layer, path, passphrase: null);
        return root.RootKeys.Any(listed => listed.Keyid == key.KeyId) ? null : path;
    }
}

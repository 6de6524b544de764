using GitOps.Bundles;
using GitOps.ControlPlane.Identity;
using GitOps.ControlPlane.Store;
using GitOps.Platform.Files;
using GitOps.Platform.Tls;

namespace GitOps.ControlPlane.Trust;

/// <summary>
/// Another certificate authority, without a visit to any node: it is made and waits; the next root names both; when nodes have
/// followed that, the control plane switches to it; when all have certificates of it, a root without the old one ends that.
/// </summary>
public static class AuthorityRollover
{
    /// <summary>Makes the authority that waits; again, it is the same.</summary>
    /// <returns>The path of its certificate.</returns>
    public static string Prepare(IFileLayer layer, DataDirectory data, TimeProvider time)
    {
        using var _ = CertificateAuthority.OpenOrCreate(layer, Waiting(data), "GitOps fleet authority", FleetAuthority.AuthorityValidity, time);
        return $"{Waiting(data)}/ca.crt";
    }

    /// <summary>
    /// From here on certificates come from the authority that waited. What the old one issued and what of it is withdrawn stays
    /// known. Safe to repeat after a crash.
    /// </summary>
    /// <returns>Null when it is done.</returns>
    public static Problem? Switch(IFileLayer layer, DataDirectory data)
    {
        switch (StoreLease.Take(data.Store))
        {
            case LeaseTaking.Refused(var taken):
                return taken;
            case LeaseTaking.Held held:
                using (held)
                {
                    using var issuing = CommandLock.TryTake(data.AuthorityLock, out var holder);
                    return issuing is null
                        ? new Problem(IdentityCodes.AuthorityBusy, $"the certificate authority is in use by {holder}", "try again in a moment")
                        : Replace(layer, data);
                }

            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    private static Problem? Replace(IFileLayer layer, DataDirectory data)
    {
        if (layer.Stat($"{Waiting(data)}/ca.crt") is null)
        {
            return new Problem(TrustCodes.BadFile, $"{Waiting(data)} holds no authority", "make it with 'gitops trust authority new'");
        }

        var root = RootFiles.Read(layer, data.Root).Root;
        var certificate = RootFiles.ReadText(layer, $"{Waiting(data)}/ca.crt");
        if (root.Authorities.All(pem => RootDraft.Fingerprint(pem) != RootDraft.Fingerprint(certificate)))
        {
            return new Problem(TrustCodes.KeyNotListed, $"root {root.Version} does not name the authority {RootDraft.Fingerprint(certificate)}",
                "publish a root with it first ('gitops trust root add-authority') and give nodes the time to follow it");
        }

        // Key and certificate do not change as one: after a crash in between nothing starts, and this again repairs it.
        foreach (var (name, mode) in new[] { ("ca.key", AtomicFile.Private), ("ca.crt", AtomicFile.Readable) })
        {
            AtomicFile.Write(layer, $"{data.Authority}/{name}", layer.Read($"{Waiting(data)}/{name}", 1 << 20)!, mode);
        }

        layer.RemoveTree(Waiting(data));
        return null;
    }

    private static string Waiting(DataDirectory data) => $"{data.Authority}.next";
}

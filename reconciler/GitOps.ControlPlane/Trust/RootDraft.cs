using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using GitOps.Bundles;
using GitOps.Bundles.Publications;

namespace GitOps.ControlPlane.Trust;

/// <summary>What an edit of a root to come led to. Closed.</summary>
public abstract record DraftEdit
{
    private DraftEdit() { }

    public sealed record Edited(RootStatement Root) : DraftEdit;

    public sealed record Refused(Problem Problem) : DraftEdit;
}

/// <summary>
/// The root after one that is published, while people put it together: a root file without signatures. Each edit gives a root
/// that its own keys can sign; whoever edits one that is signed takes the signatures off.
/// </summary>
public static class RootDraft
{
    /// <summary>A root file for people to sign.</summary>
    public static byte[] ToBytes(RootStatement root) => root.Sign().ToBytes();

    public static RootStatement After(RootStatement published) => published with { Version = published.Version + 1 };

    public static DraftEdit AddKey(RootStatement root, TrustedKey key) => root.RootKeys.Contains(key)
        ? Refuse($"{key.Keyid} is a root key already", "look at it with 'gitops trust show'")
        : Checked(root with { RootKeys = [.. root.RootKeys, key] });

    public static DraftEdit RemoveKey(RootStatement root, string keyid)
    {
        var left = root.RootKeys.Where(key => key.Keyid != keyid).ToEquatableArray();
        return left.Count == root.RootKeys.Count ? Refuse($"{keyid} is no root key", "look at it with 'gitops trust show'") : Checked(root with { RootKeys = left });
    }

    public static DraftEdit SetThreshold(RootStatement root, int threshold) => Checked(root with { Threshold = threshold });

    /// <param name="keep">Whether the keys that sign publications now go on counting beside it.</param>
    public static DraftEdit RotatePublication(RootStatement root, TrustedKey key, bool keep) =>
        Checked(root with { PublicationKeys = keep ? [.. root.PublicationKeys.Where(one => one != key), key] : [key] });

    public static DraftEdit AddAuthority(RootStatement root, string pem) => Fingerprint(pem) is not { } added
        ? Refuse("it is no PEM certificate", "name the ca.crt that 'gitops trust authority new' wrote")
        : root.Authorities.Any(one => Fingerprint(one) == added)
            ? Refuse($"the authority {added} is there already", "look at it with 'gitops trust show'")
            : Checked(root with { Authorities = [.. root.Authorities, pem.Trim() + "\n"] });

    /// <param name="fingerprint">SHA-256 of the certificate, in hex, as <see cref="Fingerprint"/> gives it.</param>
    public static DraftEdit RemoveAuthority(RootStatement root, string fingerprint)
    {
        var left = root.Authorities.Where(pem => Fingerprint(pem) != fingerprint).ToEquatableArray();
        return left.Count == root.Authorities.Count
            ? Refuse($"there is no authority {fingerprint}", "look at it with 'gitops trust show'")
            : Checked(root with { Authorities = left });
    }

    /// <summary>Adds a signature, once for each key.</summary>
    public static DsseEnvelope Sign(DsseEnvelope draft, RootStatement root, ISigner signer)
    {
        var added = root.Sign(signer).Signatures[0];
        return draft with { Signatures = [.. draft.Signatures.Where(one => one.Keyid != added.Keyid), added] };
    }

    /// <summary>SHA-256 of the certificate in lower-case hex; null when it is none.</summary>
    public static string? Fingerprint(string pem)
    {
        try
        {
            using var certificate = X509Certificate2.CreateFromPem(pem);
            return Convert.ToHexStringLower(certificate.GetCertHash(HashAlgorithmName.SHA256));
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            return null;
        }
    }

    private static DraftEdit Checked(RootStatement root) =>
        root.Threshold < 1 || root.Threshold > root.RootKeys.Count
            ? Refuse(
                string.Create(CultureInfo.InvariantCulture, $"{root.Threshold} of {root.RootKeys.Count} root keys could not sign the next root"),
                "add keys with 'gitops trust root add-key', or change the threshold first with 'gitops trust root threshold'")
        : root.PublicationKeys.IsEmpty || root.Authorities.IsEmpty
            ? Refuse("a root names a publication key and an authority at least", "add the new one before the old one goes")
        : new DraftEdit.Edited(root);

    private static DraftEdit.Refused Refuse(string what, string fix) => new(new Problem(TrustCodes.BadEdit, what, fix));
}

using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using GitOps.ControlPlane.Trust;

namespace GitOps.Cli.Output;

/// <summary>A root as people read it.</summary>
internal static class RootText
{
    public static string Of(RootFile file)
    {
        var signed = file.SignedBy().ToHashSet(StringComparer.Ordinal);
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"root {file.Root.Version} of fleet {file.Root.Fleet}: {file.Root.Threshold} of {file.Root.RootKeys.Count} root keys sign the next one");
        foreach (var key in file.Root.RootKeys)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"  root key     {key.Keyid}{(signed.Contains(key.Keyid) ? " (signed this root)" : "")}");
        }

        // Keys of the root before sign too; this file does not say which those are.
        foreach (var other in file.Envelope.Signatures.Where(signature => file.Root.RootKeys.All(key => key.Keyid != signature.Keyid)))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"  signed by    {other.Keyid} (no key of this root; 'gitops trust verify --after' judges it)");
        }

        foreach (var key in file.Root.PublicationKeys)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"  publication  {key.Keyid}");
        }

        foreach (var pem in file.Root.Authorities)
        {
            using var certificate = RootDraft.Fingerprint(pem) is null ? null : X509Certificate2.CreateFromPem(pem);
            text.AppendLine(certificate is null
                ? "  authority    cannot be read"
                : string.Create(CultureInfo.InvariantCulture, $"  authority    {RootDraft.Fingerprint(pem)} (until {certificate.NotAfter.ToUniversalTime():yyyy-MM-dd})"));
        }

        return text.ToString().TrimEnd();
    }
}

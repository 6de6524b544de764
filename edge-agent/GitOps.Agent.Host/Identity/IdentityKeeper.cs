using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using GitOps.Agent.Host.Configuration;
using GitOps.Platform.Age;
using GitOps.Platform.Files;
using GitOps.Platform.Identity;
using GitOps.Platform.Tls;

namespace GitOps.Agent.Host.Identity;

/// <summary>
/// The keys of a node and how one pair takes the place of another: a power cut at any moment leaves the one before or the next,
/// never half of each. A key that a certificate was asked for outlives a kill, so that asking again is asking for the same.
/// </summary>
internal sealed class IdentityKeeper(IFileLayer layer, AgentPaths paths)
{
    private const int LimitBytes = 64 * 1024;

    /// <summary>The pair in use, once a change that broke off is finished.</summary>
    /// <exception cref="CertificateFileException">There is none.</exception>
    public X509Certificate2 Load()
    {
        Settle();
        return CertificateFiles.LoadIdentity(layer, paths.Certificate, paths.Key);
    }

    /// <summary>The key that the next certificate is asked for: the one of the last try, or another one.</summary>
    public ECDsa NextKey()
    {
        Settle();
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        if (layer.Read(paths.NextKey, LimitBytes) is { } kept)
        {
            try
            {
                key.ImportFromPem(Encoding.UTF8.GetString(kept));
                return key;
            }
            catch (Exception damaged) when (damaged is CryptographicException or ArgumentException)
            {
                key.GenerateKey(ECCurve.NamedCurves.nistP256); // nobody has a certificate for it
            }
        }

        AtomicFile.Write(layer, paths.NextKey, Encoding.UTF8.GetBytes(key.ExportPkcs8PrivateKeyPem() + "\n"));
        return key;
    }

    /// <summary>The certificate and <see cref="NextKey"/> are in use from now on.</summary>
    public X509Certificate2 Take(string certificatePem)
    {
        AtomicFile.Write(layer, paths.NextCertificate, Encoding.UTF8.GetBytes(certificatePem), AtomicFile.Readable);
        return Load();
    }

    /// <summary>What secrets of this node are sealed to; the key is made where there is none.</summary>
    public string SealRecipient()
    {
        if (layer.Read(paths.SealKey, LimitBytes) is { } kept && AgeIdentity.TryParse(Encoding.UTF8.GetString(kept)) is { } known)
        {
            return known.Recipient.ToString();
        }

        var made = AgeIdentity.Generate();
        AtomicFile.Write(layer, paths.SealKey, Encoding.UTF8.GetBytes(made.ToSecretText() + "\n"));
        return made.Recipient.ToString();
    }

    /// <summary>No pointer below this generation is followed.</summary>
    public long Floor() => IdentityFolder.ReadFloor(layer, paths.Floor);

    /// <summary>Never less than before.</summary>
    public void RaiseFloor(long generation)
    {
        if (generation > Floor())
        {
            AtomicFile.Write(layer, paths.Floor, IdentityFolder.FloorText(generation), AtomicFile.Readable);
        }
    }

    private void Settle()
    {
        if (layer.Stat(paths.NextCertificate) is null)
        {
            return;
        }

        if (layer.Stat(paths.NextKey) is not null)
        {
            layer.Rename(paths.NextKey, paths.Key);
            layer.FlushDirectory(paths.Identity); // before the other: without it, the certificate would have lost its key
        }

        layer.Rename(paths.NextCertificate, paths.Certificate);
        layer.FlushDirectory(paths.Identity);
    }
}

using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using GitOps.Platform.Files;

namespace GitOps.Platform.Tls;

/// <summary>The key of an authority in a folder: <c>ca.key</c> (PKCS #8, owner only) beside <c>ca.crt</c>.</summary>
public sealed class KeyFileSigner : ICertificateSigner
{
    private readonly ECDsa _key;

    private KeyFileSigner(X509Certificate2 certificate, ECDsa key) => (Certificate, _key) = (certificate, key);

    public X509Certificate2 Certificate { get; }

    /// <summary>Opens the key of a folder, or makes one and its certificate where there is none.</summary>
    /// <param name="validity">How long a new authority's certificate is good for.</param>
    /// <exception cref="CertificateFileException">What is there is no key and its certificate.</exception>
    public static KeyFileSigner OpenOrCreate(IFileLayer layer, string folder, string name, TimeSpan validity, TimeProvider time)
    {
        var (keyPath, certificatePath) = ($"{folder}/ca.key", $"{folder}/ca.crt");
        layer.EnsureDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        // The certificate is written last: without it nothing was ever issued, and a lone key may be replaced.
        if (layer.Stat(certificatePath) is null)
        {
            Create(layer, keyPath, certificatePath, name, validity, time);
        }

        using var both = CertificateFiles.LoadIdentity(layer, certificatePath, keyPath);
        return both.GetECDsaPrivateKey() is { KeySize: 256 } key
            ? new KeyFileSigner(X509CertificateLoader.LoadCertificate(both.RawData), key)
            : throw new CertificateFileException($"{keyPath} is not an ECDSA P-256 key", null);
    }

    public byte[] Sign(byte[] content) => _key.SignData(content, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);

    public void Dispose()
    {
        _key.Dispose();
        Certificate.Dispose();
    }

    private static void Create(
        IFileLayer layer, string keyPath, string certificatePath, string name, TimeSpan validity, TimeProvider time)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var subject = new X500DistinguishedNameBuilder();
        subject.AddCommonName(name);
        var request = new CertificateRequest(subject.Build(), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, critical: true));
        request.CertificateExtensions.Add(
            new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        var now = time.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now - CertificateAuthority.Leeway, now + validity);
        AtomicFile.Write(layer, keyPath, Pem(key.ExportPkcs8PrivateKeyPem()));
        AtomicFile.Write(layer, certificatePath, Pem(certificate.ExportCertificatePem()), AtomicFile.Readable);
    }

    private static byte[] Pem(string text) => Encoding.UTF8.GetBytes(text + "\n");
}

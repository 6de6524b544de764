using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace GitOps.Platform.Tls;

/// <summary>
/// A request for a certificate (PKCS #10, RFC 2986) whose sender proved to have the key: ECDSA P-256, and nothing else of the
/// request counts. Its subject and extensions are what the sender says of itself.
/// </summary>
public sealed class SigningRequest
{
    private const string EllipticCurve = "1.2.840.10045.2.1"; // RFC 5480 §2.1.1

    /// <summary>OBJECT IDENTIFIER secp256r1.</summary>
    private static readonly byte[] P256 = [0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07];

    private SigningRequest(PublicKey key) => (PublicKey, KeyId) = (key, KeyIdOf(key));

    public PublicKey PublicKey { get; }

    /// <summary>SHA-256 of the SubjectPublicKeyInfo, hex.</summary>
    public string KeyId { get; }

    /// <summary>As <see cref="KeyId"/>, of a certificate.</summary>
    public static string KeyIdOf(X509Certificate2 certificate) => KeyIdOf(certificate.PublicKey);

    /// <summary>As <see cref="KeyId"/>, of a key pair.</summary>
    public static string KeyIdOf(ECDsa key) => KeyIdOf(new PublicKey(key));

    /// <summary>Null when it is none, its own signature is wrong or its key is another kind of key.</summary>
    public static SigningRequest? TryRead(string pem)
    {
        try
        {
            // The kind of key first: whoever is not known yet does not choose how long a signature takes to check.
            var claimed = Load(pem, CertificateRequestLoadOptions.SkipSignatureValidation).PublicKey;
            return claimed.Oid.Value == EllipticCurve && claimed.EncodedParameters?.RawData.AsSpan().SequenceEqual(P256) is true
                ? new SigningRequest(Load(pem, CertificateRequestLoadOptions.Default).PublicKey)
                : null;
        }
        catch (Exception malformed) when (malformed is CryptographicException or ArgumentException or NotSupportedException)
        {
            return null;
        }
    }

    /// <summary>A request of this key, PEM. Its subject is empty: whoever signs it knows who asks.</summary>
    public static string Create(ECDsa key) =>
        new CertificateRequest(new X500DistinguishedName(string.Empty), key, HashAlgorithmName.SHA256).CreateSigningRequestPem() + "\n";

    private static CertificateRequest Load(string pem, CertificateRequestLoadOptions options) =>
        CertificateRequest.LoadSigningRequestPem(pem, HashAlgorithmName.SHA256, options);

    internal static string KeyIdOf(PublicKey key) => Convert.ToHexStringLower(SHA256.HashData(key.ExportSubjectPublicKeyInfo()));
}

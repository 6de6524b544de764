using System.Security.Cryptography.X509Certificates;

namespace GitOps.Platform.Tls;

/// <summary>
/// The private key of a certificate authority, wherever it lies: a file (<see cref="KeyFileSigner"/>), a KMS, an HSM. The key
/// is ECDSA P-256. Thread-safe.
/// </summary>
public interface ICertificateSigner : IDisposable
{
    /// <summary>The authority's certificate, without its key.</summary>
    X509Certificate2 Certificate { get; }

    /// <summary>Signs with ECDSA and SHA-256; the signature as X.509 has it (DER, RFC 3279 §2.2.3).</summary>
    /// <exception cref="IOException">The key cannot be reached now.</exception>
    byte[] Sign(byte[] content);
}

using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace GitOps.Platform.Tls;

/// <summary>What .NET signs certificates and revocation lists with, over a key that it need not hold.</summary>
internal sealed class SignatureGenerator(ICertificateSigner signer) : X509SignatureGenerator
{
    /// <summary>SEQUENCE { ecdsa-with-SHA256 }, RFC 5758 §3.2.</summary>
    private static readonly byte[] EcdsaWithSha256 = [0x30, 0x0A, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02];

    public override byte[] GetSignatureAlgorithmIdentifier(HashAlgorithmName hashAlgorithm) => EcdsaWithSha256;

    public override byte[] SignData(byte[] data, HashAlgorithmName hashAlgorithm) => signer.Sign(data);

    protected override PublicKey BuildPublicKey() => signer.Certificate.PublicKey;
}

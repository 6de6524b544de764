using System.Security.Cryptography;

namespace GitOps.Bundles.Publications;

/// <summary>Signs; an implementation may keep its key in a file, a KMS or an HSM.</summary>
public interface ISigner
{
    TrustedKey Key { get; }

    /// <summary>ECDSA over P-256 with SHA-256, 64 bytes (IEEE P1363).</summary>
    byte[] Sign(ReadOnlySpan<byte> data);
}

/// <summary>A public key: its id is the SHA-256 of the SubjectPublicKeyInfo, in hex; <c>spki</c> is that, in base64.</summary>
public sealed record TrustedKey(string Keyid, string Spki)
{
    public static TrustedKey Of(ECDsa key)
    {
        var spki = key.ExportSubjectPublicKeyInfo();
        return new TrustedKey(Digest.Of(spki).Hex, Convert.ToBase64String(spki));
    }

    /// <summary>False for anything that is not a valid signature by this key, a broken key included.</summary>
    public bool Verifies(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        try
        {
            var spki = Convert.FromBase64String(Spki);
            if (Digest.Of(spki).Hex != Keyid)
            {
                return false;
            }

            using var key = ECDsa.Create();
            key.ImportSubjectPublicKeyInfo(spki, out _);
            return key.KeySize == 256 &&
                   key.VerifyData(data, signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        }
        catch (Exception e) when (e is FormatException or CryptographicException)
        {
            return false;
        }
    }
}

/// <summary>A signer whose P-256 key is in memory.</summary>
public sealed class EcdsaSigner(ECDsa key) : ISigner, IDisposable
{
    public TrustedKey Key { get; } = TrustedKey.Of(key);

    public byte[] Sign(ReadOnlySpan<byte> data) =>
        key.SignData(data, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);

    public void Dispose() => key.Dispose();
}

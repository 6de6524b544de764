using System.Security.Cryptography;
using System.Text;
using GitOps.Platform.Files;

namespace GitOps.Platform.Tls;

/// <summary>
/// An ECDSA P-256 key that signs publications. Signatures are SHA-256 in IEEE P1363 form; the key id is the SHA-256 of the
/// SubjectPublicKeyInfo, in hex.
/// </summary>
public sealed class SigningKey : IDisposable
{
    private readonly ECDsa _key;

    private SigningKey(ECDsa key)
    {
        _key = key;
        PublicKey = key.ExportSubjectPublicKeyInfo();
        KeyId = Convert.ToHexStringLower(SHA256.HashData(PublicKey.Span));
    }

    /// <summary>DER SubjectPublicKeyInfo.</summary>
    public ReadOnlyMemory<byte> PublicKey { get; }

    /// <summary>Names the key in a signature.</summary>
    public string KeyId { get; }

    /// <summary>A new key, in memory only.</summary>
    public static SigningKey Create() => new(ECDsa.Create(ECCurve.NamedCurves.nistP256));

    /// <summary>Reads a PKCS #8 PEM file.</summary>
    public static SigningKey Load(IFileLayer layer, string path)
    {
        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(CertificateFiles.ReadText(layer, path));
            return key.KeySize == 256
                ? new SigningKey(key)
                : throw new CertificateFileException($"{path} holds a key of {key.KeySize} bits, not of 256", null);
        }
        catch (Exception failure) when (failure is CryptographicException or ArgumentException)
        {
            key.Dispose();
            throw new CertificateFileException($"{path} is not a PEM file of an ECDSA P-256 key", failure);
        }
    }

    /// <summary>Reads the key, or makes and saves one where there is no file.</summary>
    public static SigningKey LoadOrCreate(IFileLayer layer, string path)
    {
        if (layer.Stat(path) is not null)
        {
            return Load(layer, path);
        }

        var key = Create();
        key.Save(layer, path);
        return key;
    }

    /// <summary>Writes the private key, readable by its owner only.</summary>
    public void Save(IFileLayer layer, string path) =>
        AtomicFile.Write(layer, path, Encoding.UTF8.GetBytes(_key.ExportPkcs8PrivateKeyPem() + "\n"));

    /// <summary>Signs; 64 bytes.</summary>
    public byte[] Sign(ReadOnlySpan<byte> content) => _key.SignData(content, HashAlgorithmName.SHA256);

    /// <summary>Whether a signature of <see cref="Sign"/> form is by the key of this SubjectPublicKeyInfo.</summary>
    public static bool Verify(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> content, ReadOnlySpan<byte> signature)
    {
        try
        {
            using var key = ECDsa.Create();
            key.ImportSubjectPublicKeyInfo(publicKey, out _);
            return key.KeySize == 256 && key.VerifyData(content, signature, HashAlgorithmName.SHA256);
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    public void Dispose() => _key.Dispose();
}

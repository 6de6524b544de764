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
    /// <summary>OWASP's number of rounds for PBKDF2 with SHA-256.</summary>
    private static readonly PbeParameters Encryption = new(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, iterationCount: 600_000);

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

    /// <summary>The public key, PEM.</summary>
    public string PublicKeyPem => _key.ExportSubjectPublicKeyInfoPem() + "\n";

    /// <summary>Reads a PKCS #8 PEM file.</summary>
    /// <param name="passphrase">Of an encrypted one; null: it is not encrypted.</param>
    public static SigningKey Load(IFileLayer layer, string path, string? passphrase = null)
    {
        var key = ECDsa.Create();
        try
        {
            var pem = CertificateFiles.ReadText(layer, path);
            if (passphrase is null)
            {
                key.ImportFromPem(pem);
            }
            else
            {
                key.ImportFromEncryptedPem(pem, passphrase);
            }

            return key.KeySize == 256
                ? new SigningKey(key)
                : throw new CertificateFileException($"{path} holds a key of {key.KeySize} bits, not of 256", null);
        }
        catch (Exception failure) when (failure is CryptographicException or ArgumentException)
        {
            key.Dispose();
            throw new CertificateFileException(
                $"{path} is not a PEM file of an ECDSA P-256 key{(passphrase is null ? "" : " with this passphrase")}", failure);
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
    /// <param name="passphrase">Encrypts it (PBES2, AES-256, PBKDF2 with SHA-256); null: it is not encrypted.</param>
    public void Save(IFileLayer layer, string path, string? passphrase = null) => AtomicFile.Write(layer, path, Encoding.UTF8.GetBytes(
        (passphrase is null ? _key.ExportPkcs8PrivateKeyPem() : _key.ExportEncryptedPkcs8PrivateKeyPem(passphrase, Encryption)) + "\n"));

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

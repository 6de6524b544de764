using System.Security.Cryptography;
using System.Text;
using GitOps.Bundles;
using GitOps.Bundles.Publications;
using GitOps.Platform.Files;
using GitOps.Platform.Tls;

namespace GitOps.ControlPlane.Trust;

/// <summary>A root file as it lies on a disk, signed or not.</summary>
public sealed record RootFile(DsseEnvelope Envelope, RootStatement Root, byte[] Bytes)
{
    /// <summary>Root keys of it that signed it.</summary>
    public IEnumerable<string> SignedBy() => Root.RootKeys
        .Where(key => Envelope.Open(RootStatement.PayloadType, [key], threshold: 1) is SignedPayload.Opened).Select(key => key.Keyid);
}

/// <summary>Reads and writes roots and keys where people keep them.</summary>
public static class RootFiles
{
    /// <summary>A file cannot be used.</summary>
    public sealed class UnusableException(string path, string because)
        : Exception($"{path}: {because}")
    {
        public Problem Problem { get; } = new(TrustCodes.BadFile, $"{path}: {because}",
            "name a file that 'gitops trust' wrote; of a key with a passphrase, name the file that holds it with --passphrase-file");
    }

    /// <summary>What a root file says; who signed it is not looked at.</summary>
    /// <exception cref="UnusableException">It is none.</exception>
    public static RootFile Read(IFileLayer layer, string path) =>
        Bytes(layer, path) is var bytes && DsseEnvelope.TryRead(bytes) is { } envelope && RootStatement.TryPeek(envelope) is { } root
            ? new RootFile(envelope, root, bytes)
            : throw new UnusableException(path, "it is no root of format 1");

    /// <summary>Readable by everybody: there is no secret in it.</summary>
    public static void Write(IFileLayer layer, string path, ReadOnlySpan<byte> root) => AtomicFile.Write(layer, path, root, AtomicFile.Readable);

    /// <summary>A public key in PEM, or that of a private key without a passphrase.</summary>
    /// <exception cref="UnusableException">It is none on P-256.</exception>
    public static TrustedKey ReadPublic(IFileLayer layer, string path)
    {
        using var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(Encoding.UTF8.GetString(Bytes(layer, path)));
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new UnusableException(path, "it is no PEM file of an ECDSA key");
        }

        return key.KeySize == 256 ? TrustedKey.Of(key) : throw new UnusableException(path, $"it holds a key of {key.KeySize} bits, not of 256");
    }

    /// <param name="passphrase">Null: the key is not encrypted.</param>
    /// <exception cref="UnusableException">It is no private key on P-256, or the passphrase is another one.</exception>
    public static SigningKey ReadPrivate(IFileLayer layer, string path, string? passphrase)
    {
        try
        {
            return SigningKey.Load(layer, path, passphrase);
        }
        catch (Exception e) when (e is CertificateFileException or FileLayerException)
        {
            throw new UnusableException(path, e.Message);
        }
    }

    /// <summary>The first line of a file.</summary>
    /// <exception cref="UnusableException">It is empty or not there.</exception>
    public static string ReadPassphrase(IFileLayer layer, string path) =>
        Encoding.UTF8.GetString(Bytes(layer, path)).Split('\n')[0].TrimEnd('\r') is { Length: > 0 } passphrase
            ? passphrase
            : throw new UnusableException(path, "its first line is empty");

    public static string ReadText(IFileLayer layer, string path) => Encoding.UTF8.GetString(Bytes(layer, path));

    private static byte[] Bytes(IFileLayer layer, string path)
    {
        try
        {
            return layer.Read(path, DsseEnvelope.MaxBytes) ?? throw new UnusableException(path, "there is no such file");
        }
        catch (FileLayerException e)
        {
            throw new UnusableException(path, e.Message);
        }
    }
}

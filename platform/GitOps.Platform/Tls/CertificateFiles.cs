using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using GitOps.Platform.Files;

namespace GitOps.Platform.Tls;

/// <summary>
/// Reads PEM certificates and keys through the file layer. What is missing or malformed is a
/// <see cref="CertificateFileException"/>.
/// </summary>
public static class CertificateFiles
{
    private const int LimitBytes = 1 << 20;

    /// <summary>A certificate and its private key, ready to be shown to a peer.</summary>
    public static X509Certificate2 LoadIdentity(IFileLayer layer, string certificatePath, string keyPath)
    {
        var (certificate, key) = (ReadText(layer, certificatePath), ReadText(layer, keyPath));
        try
        {
            return X509Certificate2.CreateFromPem(certificate, key);
        }
        catch (Exception failure) when (failure is CryptographicException or ArgumentException) // the latter: not a pair
        {
            throw new CertificateFileException(
                $"{certificatePath} and {keyPath} are not a PEM certificate and its PKCS #8 key", failure);
        }
    }

    /// <summary>The certificates of a PEM file: the authorities a peer is checked against. At least one.</summary>
    public static IReadOnlyList<X509Certificate2> LoadAuthorities(IFileLayer layer, string path)
    {
        X509Certificate2Collection certificates = [];
        try
        {
            certificates.ImportFromPem(ReadText(layer, path));
        }
        catch (CryptographicException failure)
        {
            throw new CertificateFileException($"{path} is not a PEM file of certificates", failure);
        }

        return certificates.Count > 0
            ? [.. certificates]
            : throw new CertificateFileException($"{path} holds no certificate", null);
    }

    internal static string ReadText(IFileLayer layer, string path) =>
        layer.Read(path, LimitBytes) is { } bytes
            ? Encoding.UTF8.GetString(bytes)
            : throw new CertificateFileException($"there is no file {path}", null);
}

/// <summary>A certificate or key file that is missing or is not what its name says.</summary>
public sealed class CertificateFileException(string message, Exception? innerException) : IOException(message, innerException);

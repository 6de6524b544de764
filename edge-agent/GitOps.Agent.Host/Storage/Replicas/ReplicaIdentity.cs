using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using GitOps.Bundles.Units;
using GitOps.Platform.Files;

namespace GitOps.Agent.Host.Storage.Replicas;

/// <summary>Who the node is among replicas: a certificate and a key of its own, made when they are first asked for, and kept.</summary>
internal sealed class ReplicaIdentity(IFileLayer files, string directory)
{
    /// <summary>The name that Syncthing looks for in the certificate of a peer; the peer is known by the hash of all of it.</summary>
    private const string Name = "syncthing";

    private readonly Lock _lock = new();

    /// <summary>No name of a sync begins like this.</summary>
    private string Place => $"{directory}/.replica.pem";

    /// <returns>The id, and certificate and key as PEM.</returns>
    /// <exception cref="FileLayerException">It cannot be read or kept.</exception>
    public (string Id, byte[] Pem) Get()
    {
        lock (_lock)
        {
            if (files.Read(Place, 64 * 1024) is { } kept && TryRead(kept) is { } id)
            {
                return (id, kept);
            }

            files.EnsureDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            var made = Make();
            AtomicFile.Write(files, Place, made);
            return (TryRead(made)!, made);
        }
    }

    private static string? TryRead(byte[] pem)
    {
        try
        {
            var text = Encoding.ASCII.GetString(pem);
            using var certificate = X509Certificate2.CreateFromPem(text, text);
            return ReplicaId.Of(SHA256.HashData(certificate.RawData));
        }
        catch (CryptographicException)
        {
            return null; // a disk that lost what was flushed: the others learn of another id from Git alone
        }
    }

    private static byte[] Make()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={Name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(Name);
        request.CertificateExtensions.Add(names.Build());
        // Nobody looks at its dates: it is made before the clock is right, and known by its hash.
        using var certificate = request.CreateSelfSigned(new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero), new(2120, 1, 1, 0, 0, 0, TimeSpan.Zero));
        return Encoding.ASCII.GetBytes($"{certificate.ExportCertificatePem()}\n{key.ExportPkcs8PrivateKeyPem()}\n");
    }
}

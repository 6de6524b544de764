using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Serialization;
using GitOps.Platform.Files;

namespace GitOps.Platform.Tls;

/// <summary>A certificate fresh from the authority, with the only copy of its key.</summary>
public sealed record IssuedCertificate(string CertificatePem, string KeyPem, IssuedRecord Record)
{
    /// <summary>Ready to be shown to a peer.</summary>
    public X509Certificate2 ToIdentity() => X509Certificate2.CreateFromPem(CertificatePem, KeyPem);

    /// <summary>Writes both files, the key first and for its owner only.</summary>
    public void Save(IFileLayer layer, string certificatePath, string keyPath)
    {
        AtomicFile.Write(layer, keyPath, Encoding.UTF8.GetBytes(KeyPem));
        AtomicFile.Write(layer, certificatePath, Encoding.UTF8.GetBytes(CertificatePem), AtomicFile.Readable);
    }

    // The generated text would print the key into a log.
    public override string ToString() => $"certificate {Record.Serial} of {Record.Subject}";
}

/// <summary>A certificate for a key that somebody else keeps.</summary>
public sealed record SignedCertificate(string Pem, IssuedRecord Record);

/// <summary>One line of an authority's log.</summary>
public sealed record IssuedRecord(string Serial, string Subject, DateTimeOffset IssuedAt, DateTimeOffset ValidUntil)
{
    /// <summary>SHA-256 of the SubjectPublicKeyInfo, hex; null for what older releases issued.</summary>
    public string? Key { get; init; }

    /// <summary>What secrets of the node are sealed to (<c>age1…</c>); null where it has no such key.</summary>
    public string? SealRecipient { get; init; }

    /// <summary>The node whose identity it is; null for a server's, which belongs to no fleet.</summary>
    [JsonIgnore]
    public string? Node
    {
        get
        {
            var subject = new X500DistinguishedName(Subject);
            return PeerVerifier.PartOf(subject, PeerVerifier.Organization) is null
                ? null
                : PeerVerifier.PartOf(subject, PeerVerifier.CommonName);
        }
    }
}

[JsonSourceGenerationOptions(
    GenerationMode = JsonSourceGenerationMode.Metadata,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(IssuedRecord))]
internal sealed partial class TlsJson : JsonSerializerContext;

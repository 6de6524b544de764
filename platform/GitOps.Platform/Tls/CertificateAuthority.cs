using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using GitOps.Platform.Files;

namespace GitOps.Platform.Tls;

/// <summary>
/// A certificate authority: a key, wherever it lies, and <c>issued.log</c> in a folder, which names every certificate before
/// it is handed out. One writer at a time.
/// </summary>
public sealed class CertificateAuthority : IDisposable
{
    private const string ServerUsage = "1.3.6.1.5.5.7.3.1"; // RFC 5280 §4.2.1.12
    private const string ClientUsage = "1.3.6.1.5.5.7.3.2";

    /// <summary>A certificate is good from a little before its issue: clocks of a fleet differ.</summary>
    internal static readonly TimeSpan Leeway = TimeSpan.FromHours(1);

    private readonly ICertificateSigner _signer;
    private readonly IssuedLog _issued;
    private readonly TimeProvider _time;

    private CertificateAuthority(ICertificateSigner signer, IssuedLog issued, TimeProvider time) =>
        (_signer, _issued, _time) = (signer, issued, time);

    /// <summary>The authority's own certificate, without its key.</summary>
    public X509Certificate2 Certificate => _signer.Certificate;

    /// <summary>The authority's certificate, for peers.</summary>
    public string CertificatePem => Certificate.ExportCertificatePem() + "\n";

    /// <summary>What was issued so far, oldest first; what expired may be left out.</summary>
    public IReadOnlyList<IssuedRecord> Issued => _issued.All;

    /// <summary>Opens the authority of a folder, or creates one where there is none.</summary>
    /// <param name="validity">How long a new authority's certificate is good for.</param>
    public static CertificateAuthority OpenOrCreate(
        IFileLayer layer, string folder, string name, TimeSpan validity, TimeProvider time) =>
        Open(KeyFileSigner.OpenOrCreate(layer, folder, name, validity, time), layer, folder, time);

    /// <summary>An authority with a key of any kind; <paramref name="folder"/> holds its log.</summary>
    /// <param name="signer">Disposed with the authority.</param>
    public static CertificateAuthority Open(ICertificateSigner signer, IFileLayer layer, string folder, TimeProvider time) =>
        new(signer, new IssuedLog(layer, LogPath(folder), time), time);

    /// <summary>Where the log of a folder lies.</summary>
    public static string LogPath(string folder) => $"{folder}/issued.log";

    /// <summary>What a node was issued, oldest first; the newest is among them, whether it expired or not.</summary>
    public IReadOnlyList<IssuedRecord> IssuedTo(string node) => _issued.Of(node);

    /// <summary>A certificate a server shows; names are DNS names or IP addresses, the first one is its subject.</summary>
    public IssuedCertificate IssueServer(IReadOnlyList<string> names, TimeSpan validity)
    {
        var alternatives = new SubjectAlternativeNameBuilder();
        foreach (var name in names)
        {
            if (IPAddress.TryParse(name, out var address))
            {
                alternatives.AddIpAddress(address);
            }
            else
            {
                alternatives.AddDnsName(name);
            }
        }

        var subject = new X500DistinguishedNameBuilder();
        subject.AddCommonName(names[0]);
        return Issue(key => Issue(subject.Build(), key, [alternatives.Build(), Usage(ServerUsage)], validity, null));
    }

    /// <summary>A node's identity with a key made here: <c>CN=node, O=fleet uid</c>, for use as a client only.</summary>
    public IssuedCertificate IssueNode(string node, string fleetUid, TimeSpan validity, string? sealRecipient = null) =>
        Issue(key => Issue(NodeName(node, fleetUid), key, [Usage(ClientUsage)], validity, sealRecipient));

    /// <summary>A node's identity for a key that the node keeps: the same certificate otherwise.</summary>
    /// <param name="sealRecipient">What the node's secrets are sealed to; kept beside the certificate.</param>
    public SignedCertificate SignNode(SigningRequest request, string node, string fleetUid, TimeSpan validity, string? sealRecipient = null) =>
        Issue(NodeName(node, fleetUid), request.PublicKey, [Usage(ClientUsage)], validity, sealRecipient);

    /// <summary>
    /// The list of what is revoked (RFC 5280 §5), PEM, for programs that know no other. It is good as long as the authority:
    /// a list that expires would lock everybody out.
    /// </summary>
    public string RevocationListPem(IEnumerable<(string Serial, DateTimeOffset At)> revoked)
    {
        var builder = new CertificateRevocationListBuilder();
        foreach (var (serial, at) in revoked)
        {
            builder.AddEntry(Convert.FromHexString(serial), at);
        }

        var now = _time.GetUtcNow();
        var from = new[] { now - Leeway, new DateTimeOffset(Certificate.NotBefore.ToUniversalTime()) }.Max();
        var until = new DateTimeOffset(Certificate.NotAfter.ToUniversalTime());
        var list = builder.Build(
            Certificate.SubjectName, new SignatureGenerator(_signer), now.ToUnixTimeMilliseconds(), until, HashAlgorithmName.SHA256,
            X509AuthorityKeyIdentifierExtension.CreateFromCertificate(Certificate, true, false), from);
        return PemEncoding.WriteString("X509 CRL", list) + "\n";
    }

    public void Dispose() => _signer.Dispose();

    private static X509EnhancedKeyUsageExtension Usage(string oid) => new([new Oid(oid)], critical: false);

    private static X500DistinguishedName NodeName(string node, string fleetUid)
    {
        var subject = new X500DistinguishedNameBuilder();
        subject.AddCommonName(node);
        subject.AddOrganizationName(fleetUid);
        return subject.Build();
    }

    private static IssuedCertificate Issue(Func<PublicKey, SignedCertificate> sign)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var signed = sign(new PublicKey(key));
        return new IssuedCertificate(signed.Pem, key.ExportPkcs8PrivateKeyPem() + "\n", signed.Record);
    }

    private SignedCertificate Issue(
        X500DistinguishedName subject, PublicKey key, X509Extension[] extensions, TimeSpan validity, string? sealRecipient)
    {
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        request.CertificateExtensions.Add(
            X509AuthorityKeyIdentifierExtension.CreateFromCertificate(Certificate, true, false));
        foreach (var extension in extensions)
        {
            request.CertificateExtensions.Add(extension);
        }

        var serial = RandomNumberGenerator.GetBytes(16);
        serial[0] = (byte)((serial[0] & 0x7F) | 0x40); // positive and never shortened, RFC 5280 §4.1.2.2
        var now = _time.GetUtcNow();
        // No certificate outlives its authority: a chain is judged as a whole.
        var until = new[] { now + validity, new DateTimeOffset(Certificate.NotAfter.ToUniversalTime()) }.Min();
        var record = new IssuedRecord(Convert.ToHexStringLower(serial), subject.Name, now, until)
        {
            Key = SigningRequest.KeyIdOf(key),
            SealRecipient = sealRecipient,
        };
        _issued.Append(record);
        // A short life does not begin long before itself: it is renewed by how much of it is over.
        var from = new[] { now - (validity / 24 < Leeway ? validity / 24 : Leeway), new DateTimeOffset(Certificate.NotBefore.ToUniversalTime()) }.Max();
        using var certificate = request.Create(Certificate.SubjectName, new SignatureGenerator(_signer), from, until, serial);
        return new SignedCertificate(certificate.ExportCertificatePem() + "\n", record);
    }
}

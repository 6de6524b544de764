using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using GitOps.Platform.Files;

namespace GitOps.Platform.Tls;

/// <summary>
/// A certificate authority in a folder: <c>ca.key</c> (owner only), <c>ca.crt</c>, and <c>issued.log</c>, which names every
/// certificate before it is handed out. One writer at a time.
/// </summary>
public sealed class CertificateAuthority : IDisposable
{
    private const int LogLimitBytes = 64 << 20;
    private const string ServerUsage = "1.3.6.1.5.5.7.3.1"; // RFC 5280 §4.2.1.12
    private const string ClientUsage = "1.3.6.1.5.5.7.3.2";

    /// <summary>A certificate is good from a little before its issue: clocks of a fleet differ.</summary>
    private static readonly TimeSpan Leeway = TimeSpan.FromHours(1);

    private readonly DurableLog _issued;
    private readonly TimeProvider _time;

    private CertificateAuthority(X509Certificate2 certificate, DurableLog issued, TimeProvider time) =>
        (Certificate, _issued, _time) = (certificate, issued, time);

    /// <summary>The authority's own certificate with its key.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>The authority's certificate, for peers.</summary>
    public string CertificatePem => Certificate.ExportCertificatePem() + "\n";

    /// <summary>Opens the authority of a folder, or creates one where there is none.</summary>
    /// <param name="validity">How long a new authority's certificate is good for.</param>
    public static CertificateAuthority OpenOrCreate(
        IFileLayer layer, string folder, string name, TimeSpan validity, TimeProvider time)
    {
        var (keyPath, certificatePath) = ($"{folder}/ca.key", $"{folder}/ca.crt");
        layer.EnsureDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        // The certificate is written last: without it nothing was ever issued, and a lone key may be replaced.
        if (layer.Stat(certificatePath) is null)
        {
            Create(layer, keyPath, certificatePath, name, validity, time);
        }

        var certificate = CertificateFiles.LoadIdentity(layer, certificatePath, keyPath);
        return new CertificateAuthority(certificate, DurableLog.Open(layer, $"{folder}/issued.log", LogLimitBytes), time);
    }

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
        return Issue(subject.Build(), [alternatives.Build(), Usage(ServerUsage)], validity);
    }

    /// <summary>A node's identity: <c>CN=node, O=fleet uid</c>, for use as a client only.</summary>
    public IssuedCertificate IssueNode(string node, string fleetUid, TimeSpan validity)
    {
        var subject = new X500DistinguishedNameBuilder();
        subject.AddCommonName(node);
        subject.AddOrganizationName(fleetUid);
        return Issue(subject.Build(), [Usage(ClientUsage)], validity);
    }

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
        var list = builder.Build(Certificate, now.ToUnixTimeMilliseconds(), until, HashAlgorithmName.SHA256, rsaSignaturePadding: null, from);
        return PemEncoding.WriteString("X509 CRL", list) + "\n";
    }

    /// <summary>What was issued so far, oldest first.</summary>
    public IEnumerable<IssuedRecord> Issued =>
        _issued.Records.Select(record => JsonSerializer.Deserialize(record.Span, TlsJson.Default.IssuedRecord)!);

    public void Dispose() => Certificate.Dispose();

    private static X509EnhancedKeyUsageExtension Usage(string oid) => new([new Oid(oid)], critical: false);

    private static void Create(
        IFileLayer layer, string keyPath, string certificatePath, string name, TimeSpan validity, TimeProvider time)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var subject = new X500DistinguishedNameBuilder();
        subject.AddCommonName(name);
        var request = new CertificateRequest(subject.Build(), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, critical: true));
        request.CertificateExtensions.Add(
            new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        var now = time.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now - Leeway, now + validity);
        AtomicFile.Write(layer, keyPath, Pem(key.ExportPkcs8PrivateKeyPem()));
        AtomicFile.Write(layer, certificatePath, Pem(certificate.ExportCertificatePem()), AtomicFile.Readable);
    }

    private static byte[] Pem(string text) => Encoding.UTF8.GetBytes(text + "\n");

    private IssuedCertificate Issue(X500DistinguishedName subject, X509Extension[] extensions, TimeSpan validity)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
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
        var record = new IssuedRecord(Convert.ToHexStringLower(serial), subject.Name, now, until);
        _issued.Append(JsonSerializer.SerializeToUtf8Bytes(record, TlsJson.Default.IssuedRecord));
        var from = new[] { now - Leeway, new DateTimeOffset(Certificate.NotBefore.ToUniversalTime()) }.Max();
        using var certificate = request.Create(Certificate, from, until, serial);
        return new IssuedCertificate(
            certificate.ExportCertificatePem() + "\n", key.ExportPkcs8PrivateKeyPem() + "\n", record);
    }
}

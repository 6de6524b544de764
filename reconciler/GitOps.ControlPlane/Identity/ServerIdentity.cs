using System.Net;
using System.Security.Cryptography.X509Certificates;
using GitOps.Platform.Files;
using GitOps.Platform.Tls;

namespace GitOps.ControlPlane.Identity;

/// <summary>
/// The certificate the control plane shows to nodes. It is renewed while in use, once two thirds of its life are over, and
/// whenever the configured names are no longer those in it. Thread-safe.
/// </summary>
public sealed class ServerIdentity
{
    private static readonly TimeSpan Validity = TimeSpan.FromDays(90);

    /// <summary>After a renewal that failed (a full disk): the certificate in use is good for weeks.</summary>
    private static readonly TimeSpan RetryAfter = TimeSpan.FromMinutes(10);

    private readonly FleetAuthority _authority;
    private readonly IFileLayer _layer;
    private readonly DataDirectory _data;
    private readonly IReadOnlyList<string> _names;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private X509Certificate2 _certificate;
    private DateTimeOffset _renewAt;

    private ServerIdentity(
        FleetAuthority authority, IFileLayer layer, DataDirectory data, IReadOnlyList<string> names, TimeProvider time)
    {
        (_authority, _layer, _data, _names, _time) = (authority, layer, data, names, time);
        _certificate = Load() ?? Renew();
        _renewAt = RenewalOf(_certificate);
    }

    /// <summary>The certificate with its key, good now.</summary>
    public X509Certificate2 Certificate
    {
        get
        {
            lock (_lock)
            {
                if (_time.GetUtcNow() >= _renewAt)
                {
                    RenewInUse();
                }

                return _certificate;
            }
        }
    }

    /// <summary>Loads what is in the data directory, or issues a certificate for the names.</summary>
    /// <param name="names">DNS names and addresses that nodes reach the server by; at least one.</param>
    public static ServerIdentity Open(
        FleetAuthority authority, IFileLayer layer, DataDirectory data, IReadOnlyList<string> names, TimeProvider time) =>
        new(authority, layer, data, names, time);

    private static DateTimeOffset RenewalOf(X509Certificate2 certificate)
    {
        var (from, until) = (certificate.NotBefore.ToUniversalTime(), certificate.NotAfter.ToUniversalTime());
        return new DateTimeOffset(from + ((until - from) * 2 / 3));
    }

    private void RenewInUse()
    {
        try
        {
            // The one before is not disposed: handshakes may be using it.
            _certificate = Renew();
            _renewAt = RenewalOf(_certificate);
        }
        catch (IOException)
        {
            _renewAt = _time.GetUtcNow() + RetryAfter;
        }
    }

    private X509Certificate2? Load()
    {
        if (_layer.Stat(_data.ServerCertificate) is null || _layer.Stat(_data.ServerKey) is null)
        {
            return null;
        }

        try
        {
            var found = CertificateFiles.LoadIdentity(_layer, _data.ServerCertificate, _data.ServerKey);
            return IsOfAuthority(found) && NamesOf(found).SetEquals(_names.Select(Normal)) && _time.GetUtcNow() < RenewalOf(found)
                ? found
                : null;
        }
        catch (CertificateFileException)
        {
            return null; // torn by a crash between key and certificate: a new pair replaces both
        }
    }

    private bool IsOfAuthority(X509Certificate2 certificate) =>
        new PeerVerifier([_authority.Certificate], PeerRole.Server, _time.GetUtcNow).Verify(certificate) is PeerVerdict.Accepted;

    private X509Certificate2 Renew()
    {
        var issued = _authority.Issue(authority => authority.IssueServer(_names, Validity));
        issued.Save(_layer, _data.ServerCertificate, _data.ServerKey);
        return issued.ToIdentity();
    }

    private static string Normal(string name) =>
        IPAddress.TryParse(name, out var address) ? address.ToString() : name.ToLowerInvariant();

    private static HashSet<string> NamesOf(X509Certificate2 certificate) =>
    [
        .. certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().SelectMany(names =>
            names.EnumerateDnsNames().Select(Normal).Concat(names.EnumerateIPAddresses().Select(a => a.ToString()))),
    ];
}

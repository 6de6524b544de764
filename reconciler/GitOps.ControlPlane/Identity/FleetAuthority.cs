using System.Security.Cryptography.X509Certificates;
using GitOps.Platform.Files;
using GitOps.Platform.Tls;

namespace GitOps.ControlPlane.Identity;

/// <summary>
/// The fleet's certificate authority. Each certificate is issued under a lock that other programs respect too, and is
/// in the authority's log before anybody holds it.
/// </summary>
public sealed class FleetAuthority
{
    /// <summary>How long a new authority is good for: replacing it means visiting every node.</summary>
    private static readonly TimeSpan AuthorityValidity = TimeSpan.FromDays(3652);

    private static readonly Lock Issuing = new();
    private readonly IFileLayer _layer;
    private readonly DataDirectory _data;
    private readonly TimeProvider _time;

    private FleetAuthority(IFileLayer layer, DataDirectory data, TimeProvider time)
    {
        (_layer, _data, _time) = (layer, data, time);
        data.Ensure(layer);
        (CertificatePem, Certificate) = Locked(authority =>
            (authority.CertificatePem, X509Certificate2.CreateFromPem(authority.CertificatePem)));
    }

    public string CertificatePem { get; }

    /// <summary>Without its key.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>Opens the authority of a data directory, or creates one.</summary>
    /// <exception cref="AuthorityBusyException">Another program issues right now.</exception>
    public static FleetAuthority Open(IFileLayer layer, DataDirectory data, TimeProvider time) => new(layer, data, time);

    /// <summary>Issues a certificate.</summary>
    /// <exception cref="AuthorityBusyException">Another program issues right now.</exception>
    public IssuedCertificate Issue(Func<CertificateAuthority, IssuedCertificate> issue) => Locked(issue);

    /// <summary>Every certificate issued so far, oldest first.</summary>
    public IReadOnlyList<IssuedRecord> Issued() => Locked(authority => authority.Issued.ToList());

    private T Locked<T>(Func<CertificateAuthority, T> use)
    {
        lock (Issuing)
        {
            using var held = CommandLock.TryTake(_data.AuthorityLock, out var holder) ?? throw new AuthorityBusyException(holder);
            using var authority = CertificateAuthority.OpenOrCreate(
                _layer, _data.Authority, "GitOps fleet authority", AuthorityValidity, _time);
            return use(authority);
        }
    }
}

/// <summary>Another program holds the certificate authority; trying again in a moment helps.</summary>
public sealed class AuthorityBusyException(string holder) : IOException($"the certificate authority is in use by {holder}");

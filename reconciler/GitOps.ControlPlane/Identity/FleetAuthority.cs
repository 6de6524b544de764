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
        Withdrawals = new Withdrawals(layer, data);
    }

    public string CertificatePem { get; }

    /// <summary>Without its key.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>What was issued and is not good any more.</summary>
    public Withdrawals Withdrawals { get; }

    /// <summary>Opens the authority of a data directory, or creates one.</summary>
    /// <exception cref="AuthorityBusyException">Another program issues right now.</exception>
    public static FleetAuthority Open(IFileLayer layer, DataDirectory data, TimeProvider time) => new(layer, data, time);

    /// <summary>Issues a certificate.</summary>
    /// <exception cref="AuthorityBusyException">Another program issues right now.</exception>
    public IssuedCertificate Issue(Func<CertificateAuthority, IssuedCertificate> issue) => Locked(issue);

    /// <summary>Every certificate issued so far, oldest first.</summary>
    public IReadOnlyList<IssuedRecord> Issued() => Locked(authority => authority.Issued.ToList());

    /// <summary>What is revoked, for a broker that is not ours (RFC 5280, PEM).</summary>
    /// <exception cref="AuthorityBusyException">Another program issues right now.</exception>
    public string RevocationListPem() => Locked(authority => authority.RevocationListPem(
        Withdrawals.Revoked.Select(certificate => (certificate.Serial, certificate.At))));

    /// <summary>The node's certificate that is good now; null when it has none.</summary>
    /// <exception cref="AuthorityBusyException">Another program issues right now.</exception>
    public IssuedRecord? CurrentOf(string node) => Locked(authority => authority.Issued.LastOrDefault(issued =>
        issued.Node == node && issued.ValidUntil > _time.GetUtcNow() && Withdrawals.Find(issued.Serial) is null));

    /// <summary>Revokes the certificates a node had before this one, and takes it back into the fleet.</summary>
    /// <exception cref="AuthorityBusyException">Another program issues right now.</exception>
    public void Replace(string node, string serial) => Withdraw((withdrawn, issued) => withdrawn
        .Withdraw(Of(issued, node).Where(c => c.Serial != serial), Withdrawal.Revoked, $"replaced by {serial}", _time.GetUtcNow())
        .BringBack(node));

    /// <summary>
    /// Takes a node out of the fleet: its certificates are good for reading that and for saying so, or revoked at once.
    /// </summary>
    /// <exception cref="AuthorityBusyException">Another program issues right now.</exception>
    public void Retire(string node, Withdrawal how, string because) => Withdraw((withdrawn, issued) => withdrawn
        .Withdraw(Of(issued, node), how, because, _time.GetUtcNow())
        .Remove(node));

    /// <summary>The node has left: what is retired of it is revoked.</summary>
    /// <exception cref="AuthorityBusyException">Another program issues right now.</exception>
    public void Revoke(string node, string because) => Withdraw((withdrawn, issued) => withdrawn.Withdraw(
        Of(issued, node).Where(c => withdrawn.Certificates.Any(w => w.Serial == c.Serial)), Withdrawal.Revoked, because, _time.GetUtcNow()));

    private void Withdraw(Func<WithdrawnCertificates, IEnumerable<IssuedRecord>, WithdrawnCertificates> change) => Locked(authority =>
    {
        var before = _layer.Read(_data.Withdrawn, Withdrawals.LimitBytes) is { } bytes
            ? WithdrawnCertificates.Read(_data.Withdrawn, bytes)
            : WithdrawnCertificates.None;
        var after = change(before, authority.Issued);
        if (after != before)
        {
            AtomicFile.Write(_layer, _data.Withdrawn, after.ToBytes());
        }

        return after;
    });

    private static IEnumerable<(string Serial, string Node, DateTimeOffset ValidUntil)> Of(
        IEnumerable<IssuedRecord> issued, string node) =>
        issued.Where(record => record.Node == node).Select(record => (record.Serial, node, record.ValidUntil));

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

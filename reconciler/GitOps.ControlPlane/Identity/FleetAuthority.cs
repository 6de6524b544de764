using System.Collections.Frozen;
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
    /// <summary>How long a new authority is good for; docs/trust.md replaces it before.</summary>
    internal static readonly TimeSpan AuthorityValidity = TimeSpan.FromDays(3652);

    /// <summary>Another program issues for some milliseconds; one that takes longer is not waited for.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);
    private static readonly Lock Issuing = new();
    private readonly IFileLayer _layer;
    private readonly DataDirectory _data;
    private readonly TimeProvider _time;
    private CertificateAuthority? _open;
    private FileStat? _log;
    private volatile Recipients? _recipients;

    private FleetAuthority(IFileLayer layer, DataDirectory data, TimeProvider time)
    {
        (_layer, _data, _time) = (layer, data, time);
        data.Ensure(layer);
        layer.EnsureDirectory(data.Authority, DataDirectory.OwnerOnly);
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
    public T Issue<T>(Func<CertificateAuthority, T> issue) => Locked(issue);

    /// <summary>Every certificate issued so far, oldest first.</summary>
    public IReadOnlyList<IssuedRecord> Issued() => Locked(authority => authority.Issued.ToList());

    /// <summary>What is revoked, for a broker that is not ours (RFC 5280, PEM).</summary>
    /// <exception cref="AuthorityBusyException">Another program issues right now.</exception>
    public string RevocationListPem() => Locked(authority => authority.RevocationListPem(
        Withdrawals.Revoked.Select(certificate => (certificate.Serial, certificate.At))));

    /// <summary>The node's certificate that is good now; null when it has none.</summary>
    /// <exception cref="AuthorityBusyException">Another program issues right now.</exception>
    public IssuedRecord? CurrentOf(string node) => Locked(authority => authority.IssuedTo(node).LastOrDefault(issued =>
        issued.ValidUntil > _time.GetUtcNow() && Withdrawals.Find(issued.Serial) is null));

    /// <summary>The newest certificate a node was given, whatever became of it.</summary>
    /// <exception cref="AuthorityBusyException">Another program issues right now.</exception>
    public IssuedRecord? NewestOf(string node) => Locked(authority => Newest(authority, node));

    /// <summary>As <see cref="NewestOf"/>; while another program issues, as of the last look.</summary>
    public IssuedRecord? KnownOf(string node)
    {
        try
        {
            return NewestOf(node);
        }
        catch (AuthorityBusyException)
        {
            lock (Issuing)
            {
                return _open is { } open ? Newest(open, node) : null;
            }
        }
    }

    /// <summary>What secrets of each node are sealed to, as its newest certificate was asked for; the same object until one is issued.</summary>
    /// <exception cref="AuthorityBusyException">Another program issues right now.</exception>
    public IReadOnlyDictionary<string, string> SealRecipients() => _recipients is { } known && known.Log == Log() ? known.OfNodes : Locked(authority =>
    {
        Dictionary<string, string?> newest = new(StringComparer.Ordinal);
        foreach (var issued in authority.Issued)
        {
            if (issued.Node is { } node)
            {
                newest[node] = issued.SealRecipient;
            }
        }

        _recipients = new Recipients(Log(), newest.Where(pair => pair.Value is not null)
            .ToFrozenDictionary(pair => pair.Key, pair => pair.Value!, StringComparer.Ordinal));
        return _recipients.OfNodes;
    });

    /// <summary>Judges a node and gives it a certificate, or not, while nobody else issues or withdraws anything.</summary>
    /// <exception cref="AuthorityBusyException">Another program issues right now.</exception>
    public T Judge<T>(string node, Func<NodeDesk, T> judge) => Locked(authority => judge(new NodeDesk(this, authority, node)));

    /// <summary>
    /// Revokes the certificates a node had before this one, but for those of the same key, and takes it back into the fleet.
    /// </summary>
    /// <exception cref="AuthorityBusyException">Another program issues right now.</exception>
    public void Replace(string node, IssuedRecord by) => Judge(node, desk => desk.Replace(by));

    /// <summary>
    /// Takes a node out of the fleet: its certificates are good for reading that and for saying so, or revoked at once.
    /// </summary>
    /// <exception cref="AuthorityBusyException">Another program issues right now.</exception>
    public void Retire(string node, Withdrawal how, string because) => Withdraw((withdrawn, authority) => withdrawn
        .Withdraw(authority.IssuedTo(node).Select(c => Of(c, node)), how, because, _time.GetUtcNow())
        .Remove(node));

    /// <summary>The node has left: what is retired of it is revoked.</summary>
    /// <exception cref="AuthorityBusyException">Another program issues right now.</exception>
    public void Revoke(string node, string because) => Withdraw((withdrawn, authority) => withdrawn.Withdraw(
        authority.IssuedTo(node).Where(c => withdrawn.Certificates.Any(w => w.Serial == c.Serial)).Select(c => Of(c, node)),
        Withdrawal.Revoked, because, _time.GetUtcNow()));

    private void Withdraw(Func<WithdrawnCertificates, CertificateAuthority, WithdrawnCertificates> change) =>
        Locked(authority => WithdrawIn(authority, change));

    private WithdrawnCertificates WithdrawIn(CertificateAuthority authority, Func<WithdrawnCertificates, CertificateAuthority, WithdrawnCertificates> change)
    {
        var before = _layer.Read(_data.Withdrawn, Withdrawals.LimitBytes) is { } bytes
            ? WithdrawnCertificates.Read(_data.Withdrawn, bytes)
            : WithdrawnCertificates.None;
        var after = change(before, authority);
        if (after != before)
        {
            AtomicFile.Write(_layer, _data.Withdrawn, after.ToBytes());
        }

        return after;
    }

    private static IssuedRecord? Newest(CertificateAuthority authority, string node) => authority.IssuedTo(node) is [.., var newest] ? newest : null;

    private static (string Serial, string Node, DateTimeOffset ValidUntil) Of(IssuedRecord issued, string node) =>
        (issued.Serial, node, issued.ValidUntil);

    private T Locked<T>(Func<CertificateAuthority, T> use)
    {
        lock (Issuing)
        {
            using var held = Take();
            if (_open is null || Log() != _log)
            {
                // Read again only where another program wrote meanwhile: the log of a large fleet has a hundred thousand lines.
                Close();
                _open = CertificateAuthority.OpenOrCreate(_layer, _data.Authority, "GitOps fleet authority", AuthorityValidity, _time);
            }

            try
            {
                var result = use(_open);
                _log = Log();
                return result;
            }
            catch
            {
                Close(); // what is on disk counts, whatever was in between
                throw;
            }
        }
    }

    /// <summary>One node, while the authority is held for it.</summary>
    public sealed class NodeDesk
    {
        private readonly FleetAuthority _owner;
        private readonly CertificateAuthority _authority;
        private readonly string _node;

        internal NodeDesk(FleetAuthority owner, CertificateAuthority authority, string node) => (_owner, _authority, _node) = (owner, authority, node);

        /// <summary>Whatever became of it, oldest first; the newest is among them.</summary>
        public IReadOnlyList<IssuedRecord> Issued => _authority.IssuedTo(_node);

        public bool IsRemoved => _owner.Withdrawals.IsRemoved(_node);

        public WithdrawnCertificate? Withdrawn(string serial) => _owner.Withdrawals.Find(serial);

        public SignedCertificate Sign(SigningRequest key, string fleet, TimeSpan life, string sealRecipient) =>
            _authority.SignNode(key, _node, fleet, life, sealRecipient);

        /// <inheritdoc cref="FleetAuthority.Replace"/>
        public WithdrawnCertificates Replace(IssuedRecord by) => _owner.WithdrawIn(_authority, (withdrawn, authority) => withdrawn
            .Withdraw(
                Issued.Where(issued => issued.Serial != by.Serial && (by.Key is null || issued.Key != by.Key)).Select(c => Of(c, _node)),
                Withdrawal.Revoked, $"replaced by {by.Serial}", _owner._time.GetUtcNow())
            .BringBack(_node));
    }

    private sealed record Recipients(FileStat? Log, FrozenDictionary<string, string> OfNodes);

    private CommandLock Take()
    {
        var start = _time.GetTimestamp();
        while (true)
        {
            if (CommandLock.TryTake(_data.AuthorityLock, out var holder) is { } held)
            {
                return held;
            }

            if (_time.GetElapsedTime(start) > Patience)
            {
                throw new AuthorityBusyException(holder);
            }

            Thread.Sleep(Pause);
        }
    }

    private FileStat? Log() => _layer.Stat(CertificateAuthority.LogPath(_data.Authority));

    private void Close()
    {
        _open?.Dispose();
        _open = null;
    }
}

/// <summary>Another program holds the certificate authority; trying again in a moment helps.</summary>
public sealed class AuthorityBusyException(string holder) : IOException($"the certificate authority is in use by {holder}");

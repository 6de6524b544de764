using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace GitOps.Platform.Tls;

/// <summary>
/// Judges a peer's certificate against exactly the given authorities, as they are at that moment, whatever the machine trusts otherwise. One judge for
/// Kestrel, HttpClient and MQTT, so that the same peer is never accepted by one and refused by another. Thread-safe.
/// </summary>
/// <param name="at">The time a certificate's validity is judged at.</param>
public sealed class PeerVerifier(Func<IReadOnlyList<X509Certificate2>> authorities, PeerRole role, Func<X509Certificate2, DateTimeOffset> at)
{
    internal const string CommonName = "2.5.4.3"; // RFC 5280, appendix A
    internal const string Organization = "2.5.4.10";

    private readonly Oid _usage = new(role == PeerRole.Server ? "1.3.6.1.5.5.7.3.1" : "1.3.6.1.5.5.7.3.2");

    /// <param name="now">
    /// The time validity is judged at: that of the machine, or a trusted floor while the machine's clock is not trusted.
    /// </param>
    public PeerVerifier(Func<IReadOnlyList<X509Certificate2>> authorities, PeerRole role, Func<DateTimeOffset> now)
        : this(authorities, role, _ => now())
    {
    }

    /// <summary>As the others, with authorities that stay.</summary>
    public PeerVerifier(IReadOnlyList<X509Certificate2> authorities, PeerRole role, Func<DateTimeOffset> now)
        : this(() => authorities, role, _ => now())
    {
    }

    /// <summary>Called when a peer is refused for nothing but the time.</summary>
    public Action? RefusedByTime { get; init; }

    /// <summary>Why a certificate is refused although its authority issued it and its time is not over; null: it is not.</summary>
    public Func<X509Certificate2, string?> RevokedBecause { get; init; } = _ => null;

    /// <summary>Judges a certificate.</summary>
    /// <param name="sent">Certificates the peer sent along, for the way to the authority.</param>
    /// <param name="name">The host name or address it was reached by; for servers.</param>
    public PeerVerdict Verify(X509Certificate2? certificate, X509Certificate2Collection? sent = null, string? name = null)
    {
        if (certificate is null)
        {
            return new PeerVerdict.Refused("it showed no certificate");
        }

        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        var trusted = authorities();
        chain.ChainPolicy.CustomTrustStore.AddRange(trusted.ToArray());
        chain.ChainPolicy.ExtraStore.AddRange(sent ?? []);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck; // no list to fetch offline; who knows what is revoked asks below
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationTimeIgnored = false;
        chain.ChainPolicy.VerificationTime = at(certificate).UtcDateTime;
        chain.ChainPolicy.ApplicationPolicy.Add(_usage);
        if (!chain.Build(certificate))
        {
            return Refuse(certificate, chain, trusted);
        }

        if (role == PeerRole.Server && name is not null && !certificate.MatchesHostname(name))
        {
            return new PeerVerdict.Refused($"it was reached as '{name}', and its certificate is for {NamesOf(certificate)}");
        }

        if (RevokedBecause(certificate) is { } because)
        {
            return new PeerVerdict.Refused($"its certificate {certificate.SerialNumber} is revoked: {because}");
        }

        return Claim(certificate);
    }

    /// <summary>Who a certificate says its owner is, for one that was judged otherwise.</summary>
    public static PeerVerdict.Accepted Claim(X509Certificate2 certificate) =>
        new(certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false), PartOf(certificate.SubjectName, Organization));

    /// <summary>The same as a callback of SslStream, HttpClient and MQTTnet; refusals go to <paramref name="refused"/>.</summary>
    public RemoteCertificateValidationCallback AsCallback(string? name, Action<PeerVerdict.Refused>? refused = null) =>
        (_, certificate, chain, _) =>
        {
            var sent = chain is null ? null : new X509Certificate2Collection(chain.ChainPolicy.ExtraStore);
            var verdict = Verify(certificate as X509Certificate2, sent, name);
            if (verdict is PeerVerdict.Refused because)
            {
                refused?.Invoke(because);
            }

            return verdict is PeerVerdict.Accepted;
        };

    private PeerVerdict.Refused Refuse(X509Certificate2 certificate, X509Chain chain, IReadOnlyList<X509Certificate2> authorities)
    {
        var isByTime = chain.ChainStatus.All(one => one.Status == X509ChainStatusFlags.NotTimeValid);
        if (isByTime)
        {
            RefusedByTime?.Invoke();
        }

        return new PeerVerdict.Refused(Explain(certificate, chain, authorities)) { IsByTime = isByTime };
    }

    private string Explain(X509Certificate2 certificate, X509Chain chain, IReadOnlyList<X509Certificate2> trusted)
    {
        var status = chain.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, (all, one) => all | one.Status);
        if (status.HasFlag(X509ChainStatusFlags.PartialChain) || status.HasFlag(X509ChainStatusFlags.UntrustedRoot))
        {
            var names = string.Join(" or ", trusted.Select(authority => $"'{authority.Subject}'"));
            return $"its certificate comes from '{certificate.Issuer}', not from {names}"
                + (trusted.Any(a => a.Subject == certificate.Issuer) ? " (the same name, another key)" : "");
        }

        if (status.HasFlag(X509ChainStatusFlags.NotTimeValid))
        {
            var (from, to) = (certificate.NotBefore.ToUniversalTime(), certificate.NotAfter.ToUniversalTime());
            return FormattableString.Invariant(
                $"its certificate is good from {from:u} to {to:u}, and it is {at(certificate).UtcDateTime:u}");
        }

        if (status.HasFlag(X509ChainStatusFlags.NotValidForUsage))
        {
            return $"its certificate is not one for a {(role == PeerRole.Server ? "server" : "client")}";
        }

        return $"its certificate does not hold: {status}";
    }

    private static string NamesOf(X509Certificate2 certificate)
    {
        var names = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>()
            .SelectMany(a => a.EnumerateDnsNames().Concat(a.EnumerateIPAddresses().Select(address => address.ToString())));
        return string.Join(", ", names.Select(name => $"'{name}'").DefaultIfEmpty("no name"));
    }

    internal static string? PartOf(X500DistinguishedName name, string oid) =>
        name.EnumerateRelativeDistinguishedNames()
            .Where(part => !part.HasMultipleElements && part.GetSingleElementType().Value == oid)
            .Select(part => part.GetSingleElementValue())
            .FirstOrDefault();
}

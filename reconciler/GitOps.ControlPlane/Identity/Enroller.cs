using System.Security.Cryptography.X509Certificates;
using GitOps.Bundles;
using GitOps.Bundles.Enrolment;
using GitOps.Bundles.Publications;
using GitOps.Manifests.Kinds;
using GitOps.Platform.Age;
using GitOps.Platform.Tls;
using Microsoft.Extensions.Logging;

namespace GitOps.ControlPlane.Identity;

/// <summary>What certificates of a fleet are like, and where its nodes find it.</summary>
/// <param name="Identity">How long certificates last, asked for each.</param>
/// <param name="Root">The newest root of trust, as the store holds it.</param>
/// <param name="GenerationOf">Of a node's newest pointer; null: it has none.</param>
/// <param name="IsSuspended">Whether somebody said that a node's certificate is not to be renewed now; null: it is not known yet.</param>
public sealed record EnrolmentTerms(
    string Fleet, Func<IdentityPolicy> Identity, Func<Uri> Server, Func<Uri?> Broker, Func<byte[]> Root, Func<string, long?> GenerationOf,
    Func<string, bool?> IsSuspended);

/// <summary>What became of a request for a certificate. Closed.</summary>
public abstract record Enrolled
{
    private Enrolled() { }

    /// <param name="Json">The answer.</param>
    public sealed record Done(byte[] Json) : Enrolled;

    public sealed record Unreadable(Problem Problem) : Enrolled;

    public sealed record Refused(Problem Problem) : Enrolled;

    /// <summary>The node has an identity, and the token is not for replacing it.</summary>
    public sealed record Taken(Problem Problem) : Enrolled;

    public sealed record TryAgain(Problem Problem) : Enrolled;
}

/// <summary>
/// Makes machines nodes of the fleet, for a token, and keeps them so, for the certificate they have. The key is the machine's
/// own; of its request only that key counts. The same request again is answered again, for an answer may be lost.
/// </summary>
public sealed class Enroller(
    EnrolmentTerms terms, EnrolmentTokens tokens, FleetAuthority authority, IdentityAlarms alarms, TimeProvider time, ILogger<Enroller> logger)
{
    /// <summary>A machine became a node, or a node has another key for its secrets. From any thread.</summary>
    public event Action? Issued;

    /// <summary>The authorities that issue nodes' and servers' certificates.</summary>
    public byte[] Authorities() => EnrolmentJson.Write(new AuthoritiesAnswer([authority.CertificatePem]));

    /// <summary>A machine presents a token.</summary>
    /// <param name="from">Its address, for the audit trail.</param>
    public async Task<Enrolled> EnrolAsync(ReadOnlyMemory<byte> body, string from, CancellationToken cancellationToken)
    {
        if (EnrolmentJson.TryReadEnrolRequest(body.Span) is not { } request || Key(request.Csr, request.SealRecipient) is not { } key)
        {
            return Unreadable();
        }

        if (tokens.Find(request.Token, key.KeyId) is not { } token || (request.Node is { } asked && asked != token.Node))
        {
            return NotGood();
        }

        try
        {
            if (!token.Replaces && authority.CurrentOf(token.Node) is { } current && current.Key != key.KeyId)
            {
                return new Enrolled.Taken(HasIdentity(token.Node, current));
            }

            if (!await tokens.UseAsync(token, key.KeyId, from, cancellationToken).ConfigureAwait(false))
            {
                return NotGood();
            }

            // Judged once more, with nobody in between: a node may be removed, or replaced, at any moment.
            var (signed, refused) = authority.Judge<(SignedCertificate?, Enrolled?)>(token.Node, desk =>
            {
                if (token.UsedKey is not null && !IsStillOf(desk, key.KeyId, token.UsedAt))
                {
                    return (null, NotGood());
                }

                if (!token.Replaces && Current(desk) is { } other && other.Key != key.KeyId)
                {
                    return (null, new Enrolled.Taken(HasIdentity(token.Node, other)));
                }

                var made = desk.Sign(key, terms.Fleet, terms.Identity().CertificateLife, request.SealRecipient);
                desk.Replace(made.Record);
                return (made, null);
            });
            if (signed is null)
            {
                return refused!;
            }

            await alarms.ClearAsync(token.Node).ConfigureAwait(false);
            Issued?.Invoke();
            EnrolLog.Enrolled(logger, token.Node, token.Id, from, signed.Record.Serial);
            return new Enrolled.Done(EnrolmentJson.Write(new EnrolAnswer(
                terms.Fleet, token.Node, signed.Pem, [authority.CertificatePem], DsseEnvelope.TryRead(terms.Root())!,
                terms.GenerationOf(token.Node) ?? 0, Address(terms.Server()))
            {
                Broker = terms.Broker() is { } broker ? Address(broker) : null,
            }));
        }
        catch (IOException failure)
        {
            return TryAgain(failure);
        }
    }

    /// <summary>A node presents the certificate it has, which may have expired within the grace.</summary>
    /// <param name="certificate">Of this fleet's authority, and a key that the peer proved to have.</param>
    public async Task<Enrolled> RenewAsync(string node, X509Certificate2 certificate, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        if (EnrolmentJson.TryReadRenewRequest(body.Span) is not { } request || Key(request.Csr, request.SealRecipient) is not { } key)
        {
            return Unreadable();
        }

        var isSuspended = terms.IsSuspended(node);
        if (isSuspended is null)
        {
            return new Enrolled.TryAgain(new Problem(IdentityCodes.RegistrationsAway,
                $"whether the registration of {node} is suspended is not known: the registrations were not read yet", "try again in a minute"));
        }

        if (isSuspended is true)
        {
            return new Enrolled.Refused(new Problem(IdentityCodes.RenewalRefused,
                $"the registration of {node} is suspended", "set its spec.suspended to false; what runs on the node goes on meanwhile"));
        }

        var serial = Withdrawals.SerialOf(certificate);
        try
        {
            var renewal = authority.Judge(node, desk => Renew(desk, node, certificate, key, request.SealRecipient));
            if (renewal.Signed is not { } signed)
            {
                return new Enrolled.Refused(renewal.Refused!);
            }

            if (renewal.Successor is { } successor)
            {
                await alarms.RaiseAsync(
                    node, $"the certificate {serial} was renewed again with another key, although {successor} had taken its place").ConfigureAwait(false);
            }

            if (renewal.IsSealedElsewhere)
            {
                Issued?.Invoke();
            }

            EnrolLog.Renewed(logger, node, serial, signed.Record.Serial);
            return new Enrolled.Done(EnrolmentJson.Write(new RenewAnswer(signed.Pem, [authority.CertificatePem], terms.GenerationOf(node) ?? 0)));
        }
        catch (IOException failure)
        {
            return TryAgain(failure);
        }
    }

    private Renewal Renew(FleetAuthority.NodeDesk desk, string node, X509Certificate2 certificate, SigningRequest key, string sealRecipient)
    {
        var serial = Withdrawals.SerialOf(certificate);
        if (desk.Withdrawn(serial) is { } withdrawn)
        {
            return new Renewal { Refused = NotRenewed(node, $"the certificate {serial} of {node} is withdrawn: {withdrawn.Because}") };
        }

        // What ended is not in the list of what is withdrawn: a machine that was off must not come back over that.
        if (desk.IsRemoved)
        {
            return new Renewal { Refused = NotRenewed(node, $"{node} was taken out of the fleet") };
        }

        var newest = desk.Issued is [.., var last] ? last : null;
        var successor = newest is not null && newest.Serial != serial && newest.Key != key.KeyId ? newest : null;
        if (successor is not null && certificate.NotAfter.ToUniversalTime() < time.GetUtcNow().UtcDateTime)
        {
            return new Renewal { Refused = NotRenewed(node, $"the certificate {serial} has ended, and {successor.Serial} has taken its place") };
        }

        // Whoever has an older certificate does not decide whom the node's secrets are sealed to.
        var recipient = successor?.SealRecipient ?? sealRecipient;
        return new Renewal
        {
            Signed = desk.Sign(key, terms.Fleet, terms.Identity().CertificateLife, recipient),
            Successor = successor?.Serial,
            IsSealedElsewhere = recipient != newest?.SealRecipient,
        };
    }

    /// <summary>
    /// Whether a machine whose answer was lost may have another one: since it used the token up, nobody else became the node, and the
    /// node was neither removed nor revoked. What a renewal gave is of another key, and then the answer was not lost.
    /// </summary>
    private static bool IsStillOf(FleetAuthority.NodeDesk desk, string key, DateTimeOffset? usedAt) =>
        !desk.IsRemoved && desk.Issued.Where(issued => issued.IssuedAt >= usedAt).All(issued => issued.Key == key && desk.Withdrawn(issued.Serial) is null);

    private IssuedRecord? Current(FleetAuthority.NodeDesk desk) =>
        desk.Issued.LastOrDefault(issued => issued.ValidUntil > time.GetUtcNow() && desk.Withdrawn(issued.Serial) is null);

    /// <summary>What a judgement came to.</summary>
    private sealed record Renewal
    {
        public SignedCertificate? Signed { get; init; }

        public Problem? Refused { get; init; }

        /// <summary>Serial of a certificate that had taken the place of the one presented.</summary>
        public string? Successor { get; init; }

        public bool IsSealedElsewhere { get; init; }
    }

    /// <summary>Whether this certificate, which nothing but its age speaks against, may still ask for the next one.</summary>
    public bool IsWithinGrace(X509Certificate2 certificate) =>
        time.GetUtcNow() is var now && now >= certificate.NotBefore.ToUniversalTime() && now < certificate.NotAfter.ToUniversalTime() + terms.Identity().RenewalGrace;

    /// <summary>Why a certificate does not ask for the next one.</summary>
    public Problem TooLate(X509Certificate2 certificate) => NotRenewed(
        certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false),
        FormattableString.Invariant($"the certificate ended at {certificate.NotAfter.ToUniversalTime():u}, more than {terms.Identity().RenewalGrace.TotalDays:0.##} days ago"));

    private static SigningRequest? Key(string csr, string sealRecipient) =>
        AgeRecipient.TryParse(sealRecipient) is null ? null : SigningRequest.TryRead(csr);

    private static string Address(Uri address) => address.ToString().TrimEnd('/');

    private static Problem NotRenewed(string node, string what) =>
        new(IdentityCodes.RenewalRefused, what, $"enrol the machine again: 'gitops enroll create {node} --replace', then 'gitops-agent enroll --force' there");

    private static Problem HasIdentity(string node, IssuedRecord current) => new(IdentityCodes.NodeHasIdentity,
        FormattableString.Invariant($"{node} has the certificate {current.Serial}, good until {current.ValidUntil:u}"),
        $"where this machine takes its place: 'gitops enroll create {node} --replace'; the identity before is then revoked");

    private static Enrolled.Unreadable Unreadable() => new(new Problem(IdentityCodes.BadRequest,
        "the request has no PKCS #10 of an ECDSA P-256 key, signed by that key, or no sealRecipient of age", "enrol with a 'gitops-agent' of this release"));

    private static Enrolled.Refused NotGood() => new(new Problem(IdentityCodes.TokenRefused,
        "the token is not good for this", "make another: gitops enroll create NODE"));

    private static Enrolled.TryAgain TryAgain(IOException failure) => new(new Problem(IdentityCodes.AuthorityBusy,
        failure is AuthorityBusyException ? failure.Message : "the control plane cannot keep what it issues now", "try again in a moment"));
}

internal static partial class EnrolLog
{
    [LoggerMessage(145, LogLevel.Information, "{Node} enrolled with token {Token} from {Address}, certificate {Serial}")]
    public static partial void Enrolled(ILogger logger, string node, string token, string address, string serial);

    [LoggerMessage(146, LogLevel.Information, "{Node} renewed its certificate {Before}: {Serial}")]
    public static partial void Renewed(ILogger logger, string node, string before, string serial);

    [LoggerMessage(149, LogLevel.Warning, "PUB149: two machines seem to have the identity of {Node}: {What}")]
    public static partial void Copied(ILogger logger, string node, string what);
}

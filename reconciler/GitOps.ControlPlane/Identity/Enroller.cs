using System.Security.Cryptography.X509Certificates;
using GitOps.Bundles;
using GitOps.Bundles.Enrolment;
using GitOps.Bundles.Publications;
using GitOps.Platform.Age;
using GitOps.Platform.Tls;
using Microsoft.Extensions.Logging;

namespace GitOps.ControlPlane.Identity;

/// <summary>What certificates of a fleet are like, and where its nodes find it.</summary>
/// <param name="Root">The newest root of trust, as the store holds it.</param>
/// <param name="GenerationOf">Of a node's newest pointer; null: it has none.</param>
/// <param name="IsSuspended">Whether somebody said that a node's certificate is not to be renewed now.</param>
public sealed record EnrolmentTerms(
    string Fleet, TimeSpan CertificateLife, TimeSpan RenewalGrace, Func<Uri> Server, Func<Uri?> Broker, Func<byte[]> Root, Func<string, long?> GenerationOf,
    Func<string, bool> IsSuspended);

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
    /// <summary>A node was given a certificate. From any thread.</summary>
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

            var signed = Sign(key, token.Node, request.SealRecipient);
            authority.Replace(token.Node, signed.Record);
            await alarms.ClearAsync(token.Node, cancellationToken).ConfigureAwait(false);
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

        var serial = Withdrawals.SerialOf(certificate);
        if (authority.Withdrawals.Find(serial) is { } withdrawn)
        {
            return new Enrolled.Refused(NotRenewed(node, $"the certificate {serial} of {node} is withdrawn: {withdrawn.Because}"));
        }

        // What ended is not in the list of what is withdrawn: a machine that was off must not come back over that.
        if (authority.Withdrawals.IsRemoved(node))
        {
            return new Enrolled.Refused(NotRenewed(node, $"{node} was taken out of the fleet"));
        }

        if (terms.IsSuspended(node))
        {
            return new Enrolled.Refused(new Problem(IdentityCodes.RenewalRefused,
                $"the registration of {node} is suspended", "set its spec.suspended to false; what runs on the node goes on meanwhile"));
        }

        try
        {
            var newest = authority.NewestOf(node);
            var hasSuccessor = newest is not null && newest.Serial != serial && newest.Key != key.KeyId;
            if (hasSuccessor && certificate.NotAfter.ToUniversalTime() < time.GetUtcNow().UtcDateTime)
            {
                return new Enrolled.Refused(NotRenewed(node, $"the certificate {serial} has ended, and {newest!.Serial} has taken its place"));
            }

            var signed = Sign(key, node, request.SealRecipient);
            if (hasSuccessor)
            {
                await alarms.RaiseAsync(
                    node,
                    $"the certificate {serial} was renewed again with another key, although {newest!.Serial} had taken its place",
                    cancellationToken).ConfigureAwait(false);
            }

            EnrolLog.Renewed(logger, node, serial, signed.Record.Serial);
            return new Enrolled.Done(EnrolmentJson.Write(new RenewAnswer(signed.Pem, [authority.CertificatePem], terms.GenerationOf(node) ?? 0)));
        }
        catch (IOException failure)
        {
            return TryAgain(failure);
        }
    }

    /// <summary>Whether this certificate, which nothing but its age speaks against, may still ask for the next one.</summary>
    public bool IsWithinGrace(X509Certificate2 certificate) =>
        time.GetUtcNow() is var now && now >= certificate.NotBefore.ToUniversalTime() && now < certificate.NotAfter.ToUniversalTime() + terms.RenewalGrace;

    /// <summary>Why a certificate does not ask for the next one.</summary>
    public Problem TooLate(X509Certificate2 certificate) => NotRenewed(
        certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false),
        FormattableString.Invariant($"the certificate ended at {certificate.NotAfter.ToUniversalTime():u}, more than {terms.RenewalGrace.TotalDays:0.##} days ago"));

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

    private SignedCertificate Sign(SigningRequest key, string node, string sealRecipient) =>
        authority.Issue(ca => ca.SignNode(key, node, terms.Fleet, terms.CertificateLife, sealRecipient));
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

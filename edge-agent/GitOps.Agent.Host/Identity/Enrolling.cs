using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using GitOps.Agent.Host.Configuration;
using GitOps.Agent.Host.Transport;
using GitOps.Bundles;
using GitOps.Bundles.Enrolment;
using GitOps.Bundles.Publications;
using GitOps.Platform.Files;
using GitOps.Platform.Http;
using GitOps.Platform.Identity;
using GitOps.Platform.Tls;

namespace GitOps.Agent.Host.Identity;

/// <summary>What became of an enrolment. Closed.</summary>
internal abstract record EnrolOutcome
{
    private EnrolOutcome() { } // closed: every case is in this file

    public sealed record Done(string Node, string Fleet, DateTimeOffset Until) : EnrolOutcome;

    public sealed record Refused(Problem Problem) : EnrolOutcome;

    public sealed record Unreachable(Problem Problem) : EnrolOutcome;

    public sealed record TryAgain(Problem Problem) : EnrolOutcome;
}

/// <summary>What a person says to make a machine a node.</summary>
/// <param name="AuthoritySha256">SHA-256 of the authority's certificate (DER), hex in lower case.</param>
/// <param name="Node">Who it is to be; null: whoever the token is for.</param>
/// <param name="Folder">Absolute.</param>
internal sealed record EnrolOrder(Uri Server, string Token, string AuthoritySha256, string? Node, string Folder, bool Force)
{
    // The generated text would print the token.
    public override string ToString() => $"enrol {Folder} at {Server}";
}

/// <summary>
/// Makes this machine a node: keys are made here and never leave it, the control plane is known by the fingerprint of its
/// authority, and the identity folder is written whole or not at all. Keys outlive a kill beside the folder, so that a second
/// run with the same token asks for the same.
/// </summary>
internal sealed class Enrolling(IFileLayer layer, TimeProvider time)
{
    private const int LimitBytes = 64 * 1024;

    public async Task<EnrolOutcome> RunAsync(EnrolOrder order, CancellationToken cancellationToken)
    {
        if (!order.Force && IdentityFolder.IsIn(layer, order.Folder))
        {
            return Refuse(AgentCodes.IdentityThere, $"{order.Folder} has an identity already", "keep it; or replace it with --force, for a token made with --replace");
        }

        var (authority, missed) = await FindAuthorityAsync(order, cancellationToken);
        if (authority is null)
        {
            return missed!;
        }

        using (authority)
        {
            var pending = $"{FilePath.Parent(order.Folder)}/.{Path.GetFileName(order.Folder)}.enrolling";
            layer.EnsureDirectory(FilePath.Parent(order.Folder), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            layer.EnsureDirectory(pending, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            var keeper = new IdentityKeeper(layer, new AgentPaths(pending, pending));
            using var key = keeper.NextKey();
            var request = new EnrolRequest(order.Token, SigningRequest.Create(key), keeper.SealRecipient()) { Node = order.Node };
            using var http = new NodeHttp(new NodeHttpOptions(order.Server) { Verifier = Verifier(authority) }, time);
            switch (await http.PostJsonAsync("v1/enroll", EnrolmentJson.Write(request), cancellationToken))
            {
                case HttpAnswer.Content(var body, _):
                    return EnrolmentJson.TryReadEnrolAnswer(body.Span) is { } answer
                        ? Take(order, answer, authority, key, pending)
                        : Refuse(AgentCodes.NotEnrolled, $"{order.Server} answers with what is no enrolment of a format this agent reads", "check --url, or take a newer agent");
                case HttpAnswer.Refused(var status, var detail):
                    return Refuse(AgentCodes.NotEnrolled, $"{order.Server} answers {status}: {detail}",
                        "make another token: 'gitops enroll create NODE', with --replace where this machine takes the place of another");
                case HttpAnswer.NotFound:
                    return Refuse(AgentCodes.NotEnrolled, $"{order.Server} enrols nobody", "check --url: the node API of a control plane of this release");
                case HttpAnswer.Unreachable { WrongPeer: { } wrong }:
                    return Refuse(AgentCodes.WrongAuthority, $"{order.Server} is not who it should be: {wrong}", Help(wrong));
                case HttpAnswer.Unreachable away:
                    return Away(order, away);
                case var other:
                    throw new System.Diagnostics.UnreachableException(other.ToString());
            }
        }
    }

    /// <summary>The authority is public and judged by its fingerprint alone: whoever tells it need not be known yet, and is told nothing.</summary>
    private async Task<(X509Certificate2? Authority, EnrolOutcome? Missed)> FindAuthorityAsync(EnrolOrder order, CancellationToken cancellationToken)
    {
        using var http = new NodeHttp(new NodeHttpOptions(order.Server) { IsJudgedByContent = true }, time);
        switch (await http.GetAsync("v1/enroll", etag: null, cancellationToken))
        {
            case HttpAnswer.Content(var body, _) when EnrolmentJson.TryReadAuthorities(body.Span) is { } answer:
                var found = answer.Authorities.Select(Parse).FirstOrDefault(a => a is not null && FingerprintOf(a) == order.AuthoritySha256);
                return found is not null ? (found, null) : (null, Refuse(AgentCodes.WrongAuthority,
                    $"{order.Server} has no authority with the fingerprint {order.AuthoritySha256}",
                    "compare --ca-sha256 and --url with what 'gitops enroll create' printed; where both are right, somebody is in between"));
            case HttpAnswer.Unreachable away:
                return (null, Away(order, away));
            default:
                return (null, Refuse(AgentCodes.NotEnrolled, $"{order.Server} enrols nobody", "check --url: the node API of a control plane of this release"));
        }
    }

    private EnrolOutcome Take(EnrolOrder order, EnrolAnswer answer, X509Certificate2 authority, ECDsa key, string pending)
    {
        if (Parse(answer.Certificate) is not { } certificate || SigningRequest.KeyIdOf(certificate) != SigningRequest.KeyIdOf(key) ||
            PeerVerifier.Claim(certificate) != new PeerVerdict.Accepted(answer.Node, answer.Fleet) ||
            !answer.Authorities.Select(Parse).Any(a => a is not null && a.RawData.AsSpan().SequenceEqual(authority.RawData)) ||
            RootStatement.ReadFirst(answer.Root.ToBytes()) is not RootReading.Trusted(var root) || root.Fleet != answer.Fleet ||
            !Uri.TryCreate(answer.Server, UriKind.Absolute, out var server) || (answer.Broker is not null && !Uri.TryCreate(answer.Broker, UriKind.Absolute, out _)))
        {
            return Refuse(AgentCodes.NotEnrolled, $"what {order.Server} answers contradicts itself or what was asked", "see the control plane's log");
        }

        using (certificate)
        {
            IdentityFolder.Write(layer, order.Folder, new IdentityFiles(
                answer.Fleet, answer.Node, key.ExportPkcs8PrivateKeyPem() + "\n", answer.Certificate, string.Concat(answer.Authorities),
                answer.Root.ToBytes(), server)
            {
                Broker = answer.Broker is { } broker ? new Uri(broker) : null,
                SealKey = Encoding.UTF8.GetString(layer.Read($"{pending}/{IdentityFolder.SealKey}", LimitBytes)!).Trim(),
                GenerationFloor = answer.GenerationFloor,
            });
            layer.RemoveTree(pending);
            return new EnrolOutcome.Done(answer.Node, answer.Fleet, new DateTimeOffset(certificate.NotAfter.ToUniversalTime()));
        }
    }

    /// <summary>A clock in 1970 does not make it wrong: it is at least as late as the authority.</summary>
    private PeerVerifier Verifier(X509Certificate2 authority)
    {
        var clock = new TlsClock(time, new DateTimeOffset(authority.NotBefore.ToUniversalTime()));
        return new PeerVerifier([authority], PeerRole.Server, () => clock.Now);
    }

    private string Help(string wrong) => wrong.Contains("is good from", StringComparison.Ordinal)
        ? FormattableString.Invariant($"this machine's clock says {time.GetUtcNow():u}: set it, and try again")
        : "check --url: it must be a name that the control plane's 'names' has, and the control plane that the fingerprint is of";

    private static string FingerprintOf(X509Certificate2 certificate) => Convert.ToHexStringLower(SHA256.HashData(certificate.RawData));

    private static X509Certificate2? Parse(string pem)
    {
        try
        {
            return X509Certificate2.CreateFromPem(pem);
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    private static EnrolOutcome Away(EnrolOrder order, HttpAnswer.Unreachable away) => away.RetryAfter is { } wait
        ? new EnrolOutcome.TryAgain(new Problem(AgentCodes.NotEnrolled, away.Because, FormattableString.Invariant($"try again in {wait.TotalSeconds:0} s")))
        : new EnrolOutcome.Unreachable(new Problem(AgentCodes.Unreachable, away.Because, $"check --url, cable, DNS and firewall: the machine needs to reach {order.Server}"));

    private static EnrolOutcome.Refused Refuse(ErrorCode code, string what, string fix) => new(new Problem(code, what, fix));
}

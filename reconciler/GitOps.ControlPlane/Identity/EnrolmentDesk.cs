using System.Security.Cryptography;
using GitOps.Bundles;

namespace GitOps.ControlPlane.Identity;

/// <summary>What became of something a person asked about tokens. Closed.</summary>
public abstract record TokenAnswer
{
    private TokenAnswer() { } // closed: every case is in this file

    /// <param name="Text">The token itself, where it was made just now.</param>
    public sealed record Done(EnrolmentToken Token, string? Text) : TokenAnswer
    {
        // The generated text would print the token into a log.
        public override string ToString() => $"token {Token.Id} for {Token.Node}";
    }

    public sealed record Unknown(Problem Problem) : TokenAnswer;

    public sealed record Refused(Problem Problem) : TokenAnswer;

    public sealed record TryAgain(Problem Problem) : TokenAnswer;
}

/// <summary>Where people make and end enrolment tokens, and learn what the machine needs besides. Thread-safe.</summary>
/// <param name="server">Where machines reach the node API.</param>
public sealed class EnrolmentDesk(EnrolmentTokens tokens, FleetAuthority authority, Func<Uri> server, TimeProvider time)
{
    /// <summary>Where machines reach the node API.</summary>
    public Uri Server => server();

    /// <summary>What a machine pins: SHA-256 of the authority's certificate (DER), hex.</summary>
    public string AuthoritySha256 => authority.Certificate.GetCertHashString(HashAlgorithmName.SHA256).ToLowerInvariant();

    public DateTimeOffset Now => time.GetUtcNow();

    /// <summary>The newest first.</summary>
    public IReadOnlyList<EnrolmentToken> List() => tokens.List();

    /// <param name="replaces">Whether the identity that the node has is revoked when the token is used.</param>
    public async Task<TokenAnswer> CreateAsync(string node, TimeSpan life, bool replaces, string actor, CancellationToken cancellationToken)
    {
        if (!Label.IsValid(node))
        {
            return new TokenAnswer.Refused(new Problem(IdentityCodes.BadNodeName,
                $"'{node}' is not a node's name", "use 1 to 63 of a-z, 0-9 and inner hyphens, as in the EdgeNode's metadata.name"));
        }

        try
        {
            if (!replaces && authority.CurrentOf(node) is { } current)
            {
                return new TokenAnswer.Refused(new Problem(IdentityCodes.NodeHasIdentity,
                    FormattableString.Invariant($"{node} has the certificate {current.Serial}, good until {current.ValidUntil:u}"),
                    "another machine takes its place with --replace: the identity it has is revoked when the token is used"));
            }
        }
        catch (AuthorityBusyException busy)
        {
            return new TokenAnswer.TryAgain(new Problem(IdentityCodes.AuthorityBusy, busy.Message, "try again in a moment"));
        }

        var (token, text) = await tokens.CreateAsync(node, life, replaces, actor, cancellationToken).ConfigureAwait(false);
        return new TokenAnswer.Done(token, text);
    }

    public async Task<TokenAnswer> RevokeAsync(string id, string actor, CancellationToken cancellationToken) =>
        tokens.List().FirstOrDefault(token => token.Id == id) is { } kept && kept.Origin.StartsWith(EnrolmentToken.RegistrationsOf(""), StringComparison.Ordinal)
            ? new TokenAnswer.Refused(new Problem(IdentityCodes.TokenElsewhere,
                $"token {id} is that of an {kept.Origin}, which would bring it back", "suspend the object, or delete it"))
            : await tokens.RevokeAsync(id, actor, cancellationToken).ConfigureAwait(false) is { } token
            ? new TokenAnswer.Done(token, Text: null)
            : new TokenAnswer.Unknown(new Problem(IdentityCodes.NoSuchToken, $"there is no token '{id}'", "'gitops enroll list' shows those there are"));
}

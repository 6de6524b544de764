using GitOps.ControlPlane.Identity;

namespace GitOps.ControlPlane.Api;

/// <summary>An enrolment token, without its text.</summary>
/// <param name="State"><c>open</c>, <c>used</c>, <c>expired</c> or <c>revoked</c>.</param>
/// <param name="Origin">Who made it.</param>
public sealed record EnrolmentDocument(string Id, string Node, string State, string Origin, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt)
{
    public int Format { get; init; } = 1;

    /// <summary>Whether an identity that the node has is revoked when the token is used.</summary>
    public bool Replaces { get; init; }

    public DateTimeOffset? UsedAt { get; init; }

    public DateTimeOffset? RevokedAt { get; init; }

    internal static EnrolmentDocument Of(EnrolmentToken token, DateTimeOffset now) =>
        new(token.Id, token.Node, token.StateAt(now), token.Origin, token.CreatedAt, token.ExpiresAt)
        {
            Replaces = token.Replaces,
            UsedAt = token.UsedAt,
            RevokedAt = token.RevokedAt,
        };
}

/// <summary>What <c>POST /api/v1/enrolments</c> answers: what the machine needs. The token is shown here and never again.</summary>
/// <param name="Server">Where it enrols.</param>
/// <param name="AuthoritySha256">What it trusts: SHA-256 of the authority's certificate (DER), hex.</param>
public sealed record NewEnrolmentDocument(EnrolmentDocument Enrolment, string Token, string Server, string AuthoritySha256)
{
    public int Format { get; init; } = 1;
}

/// <summary>What <c>GET /api/v1/enrolments</c> answers, newest first.</summary>
public sealed record EnrolmentPage(IReadOnlyList<EnrolmentDocument> Enrolments)
{
    public int Format { get; init; } = 1;
}

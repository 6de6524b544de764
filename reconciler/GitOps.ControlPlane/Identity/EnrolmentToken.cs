using System.Security.Cryptography;
using GitOps.Manifests.Registrations;

namespace GitOps.ControlPlane.Identity;

/// <summary>
/// Lets one machine become one node, once. Its text is shown when it is made and kept nowhere: what is kept is a hash of it.
/// </summary>
/// <param name="Id">Names it to people; says nothing of its text.</param>
/// <param name="Hash"><see cref="EnrolmentText.HashOf"/> of its text.</param>
/// <param name="Origin">Who made it, for people.</param>
/// <param name="Replaces">Whether an identity that the node has is revoked when this one is used.</param>
public sealed record EnrolmentToken(
    string Id, string Node, string Hash, string Origin, bool Replaces, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt)
{
    /// <summary>How long a token is good for when nobody says otherwise.</summary>
    public static readonly TimeSpan DefaultLife = TimeSpan.FromDays(1);

    /// <summary>Longer, it is a password that lies about.</summary>
    public static readonly TimeSpan LongestLife = TimeSpan.FromDays(90);

    /// <summary>The <see cref="Origin"/> of what the objects of a namespace say; their beginning, of an empty one.</summary>
    public static string RegistrationsOf(string ns) => $"EdgeRegistration of {ns}";

    public DateTimeOffset? UsedAt { get; init; }

    /// <summary>The key that was enrolled with it (<see cref="Platform.Tls.SigningRequest.KeyId"/>).</summary>
    public string? UsedKey { get; init; }

    public DateTimeOffset? RevokedAt { get; init; }

    /// <summary>256 random bits.</summary>
    public static string New() => EnrolmentText.Of(RandomNumberGenerator.GetBytes(EnrolmentText.SecretBytes));

    /// <summary>Whether a machine with this key may use it now: nobody did, or that very machine whose answer was lost.</summary>
    public bool IsGoodFor(string key, DateTimeOffset now) =>
        RevokedAt is null && now < ExpiresAt && (UsedKey is null || UsedKey == key);

    public string StateAt(DateTimeOffset now) =>
        RevokedAt is not null ? "revoked" : UsedAt is not null ? "used" : now >= ExpiresAt ? "expired" : "open";
}

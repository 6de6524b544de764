using System.Security.Cryptography;
using System.Text;

namespace GitOps.ControlPlane.Api;

/// <summary>Who says that the repository changed, and so how it signs.</summary>
public enum WebhookKind
{
    /// <summary><c>X-Hub-Signature-256: sha256=HEX</c>, HMAC-SHA256 of the body.</summary>
    GitHub,

    /// <summary><c>X-Gitlab-Token</c>: the secret itself.</summary>
    GitLab,

    /// <summary><c>X-Gitea-Signature: HEX</c>, HMAC-SHA256 of the body; Forgejo too.</summary>
    Gitea,

    /// <summary><c>X-Signature-256: sha256=HEX</c>, HMAC-SHA256 of the body; every event is a push.</summary>
    Generic,
}

/// <summary>What a webhook call is.</summary>
public enum WebhookVerdict
{
    /// <summary>Something was pushed: time to look.</summary>
    Push,

    /// <summary>Genuine, and about something else.</summary>
    Ignored,

    /// <summary>Not signed with the secret.</summary>
    Refused,
}

/// <summary>
/// Judges webhook calls as each forge documents. Comparing takes the same time wherever a difference is. A replayed call is
/// harmless: it makes the control plane look at the repository, and nothing else.
/// </summary>
public static class Webhook
{
    /// <param name="secret">What forge and control plane share; not empty.</param>
    /// <param name="header">Looks a request header up; null when there is none.</param>
    /// <param name="hmac">HMAC-SHA256 of the body under the secret, 32 bytes.</param>
    public static WebhookVerdict Judge(WebhookKind kind, string secret, Func<string, string?> header, ReadOnlySpan<byte> hmac) =>
        kind switch
        {
            WebhookKind.GitHub => Judge(
                IsSignature(header("X-Hub-Signature-256"), "sha256=", hmac), header("X-GitHub-Event") is "push"),
            WebhookKind.GitLab => Judge(
                IsSecret(header("X-Gitlab-Token"), secret), header("X-Gitlab-Event") is "Push Hook" or "Tag Push Hook"),
            WebhookKind.Gitea => Judge(
                IsSignature(header("X-Gitea-Signature"), string.Empty, hmac), header("X-Gitea-Event") is "push"),
            WebhookKind.Generic => Judge(IsSignature(header("X-Signature-256"), "sha256=", hmac), isPush: true),
            _ => throw new System.Diagnostics.UnreachableException(kind.ToString()),
        };

    private static WebhookVerdict Judge(bool isGenuine, bool isPush) =>
        !isGenuine ? WebhookVerdict.Refused : isPush ? WebhookVerdict.Push : WebhookVerdict.Ignored;

    private static bool IsSignature(string? presented, string prefix, ReadOnlySpan<byte> hmac)
    {
        if (presented is null || !presented.StartsWith(prefix, StringComparison.Ordinal))
        {
            return false;
        }

        Span<byte> decoded = stackalloc byte[HMACSHA256.HashSizeInBytes];
        return presented.Length == prefix.Length + (2 * decoded.Length) &&
               Convert.FromHexString(presented.AsSpan(prefix.Length), decoded, out _, out _) == System.Buffers.OperationStatus.Done &&
               CryptographicOperations.FixedTimeEquals(decoded, hmac);
    }

    /// <summary>By hash, so that the secret's length does not show either.</summary>
    private static bool IsSecret(string? presented, string secret) =>
        presented is not null && CryptographicOperations.FixedTimeEquals(
            SHA256.HashData(Encoding.UTF8.GetBytes(presented)), SHA256.HashData(Encoding.UTF8.GetBytes(secret)));
}

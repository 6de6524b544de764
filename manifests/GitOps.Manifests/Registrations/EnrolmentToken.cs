using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace GitOps.Manifests.Registrations;

/// <summary>
/// What a machine presents once to become a node: <c>get1_</c> and 256 bits as base64url without padding. The prefix lets
/// scanners of leaked secrets know it.
/// </summary>
public static class EnrolmentToken
{
    public const string Prefix = "get1_";

    /// <summary>Length of what makes the token unguessable, in bytes.</summary>
    public const int SecretBytes = 32;

    /// <exception cref="ArgumentException">It is not <see cref="SecretBytes"/> long.</exception>
    public static string Of(ReadOnlySpan<byte> secret) => secret.Length == SecretBytes
        ? Prefix + Base64Url.EncodeToString(secret)
        : throw new ArgumentException($"{SecretBytes} bytes are needed, these are {secret.Length}", nameof(secret));

    /// <summary>What is kept of a token: <c>sha256:</c> and the hash of its UTF-8 in lower-case hex. It tells nothing of the token.</summary>
    public static string HashOf(string token) => $"sha256:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token)))}";
}

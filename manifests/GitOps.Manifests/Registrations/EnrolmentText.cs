using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace GitOps.Manifests.Registrations;

/// <summary>
/// What a machine presents once to become a node: <c>get1_</c> and 256 bits as base64url without padding. The prefix lets
/// scanners of leaked secrets know it.
/// </summary>
public static class EnrolmentText
{
    public const string Prefix = "get1_";

    private const string HashPrefix = "sha256:";
    private static readonly SearchValues<char> Hex = SearchValues.Create("0123456789abcdef");

    /// <summary>Length of what makes the token unguessable, in bytes.</summary>
    public const int SecretBytes = 32;

    /// <exception cref="ArgumentException">It is not <see cref="SecretBytes"/> long.</exception>
    public static string Of(ReadOnlySpan<byte> secret) => secret.Length == SecretBytes
        ? Prefix + Base64Url.EncodeToString(secret)
        : throw new ArgumentException($"{SecretBytes} bytes are needed, these are {secret.Length}", nameof(secret));

    /// <summary>What is kept of a token: <c>sha256:</c> and the hash of its UTF-8 in lower-case hex. It tells nothing of the token.</summary>
    public static string HashOf(string token) => HashPrefix + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token)));

    /// <summary>Whether a text is one that <see cref="HashOf"/> may have made.</summary>
    public static bool IsHash(string text) =>
        text.Length == HashPrefix.Length + (2 * SHA256.HashSizeInBytes) && text.StartsWith(HashPrefix, StringComparison.Ordinal) &&
        !text.AsSpan(HashPrefix.Length).ContainsAnyExcept(Hex);
}

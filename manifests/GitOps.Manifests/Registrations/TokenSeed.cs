using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace GitOps.Manifests.Registrations;

/// <summary>
/// Enrolment tokens out of one secret, by HKDF-SHA256 (RFC 5869): the same secret, fleet, node and epoch give the same token, so
/// a program that runs again changes nothing, and a higher epoch voids the token before. Who holds one token knows nothing of another.
/// </summary>
public static class TokenSeed
{
    /// <summary>Fewer characters could be guessed: as base64 or hex they hold at least 128 bits.</summary>
    public const int MinCharacters = 32;

    private static readonly byte[] Salt = Encoding.ASCII.GetBytes("gitops.edge/enrolment/v1");

    /// <summary>The token of a node.</summary>
    /// <param name="seed">Its UTF-8 is the key; at least <see cref="MinCharacters"/>.</param>
    /// <param name="fleet">The fleet's uid.</param>
    /// <param name="epoch">1 at first.</param>
    /// <exception cref="ArgumentException">The seed is too short; the message does not repeat it.</exception>
    public static string TokenOf(string seed, string fleet, string node, int epoch) =>
        EnrolmentText.Of(Derive(seed, string.Create(CultureInfo.InvariantCulture, $"enrol\0{fleet}\0{node}\0{epoch}")));

    /// <summary>Another secret out of the same seed, named by its purpose; 256 bits as lower-case hex.</summary>
    /// <exception cref="ArgumentException">The seed is too short; the message does not repeat it.</exception>
    public static string SecretOf(string seed, string purpose) => Convert.ToHexStringLower(Derive(seed, $"secret\0{purpose}"));

    private static byte[] Derive(string seed, string purpose) => seed.Length >= MinCharacters
        ? HKDF.DeriveKey(
            HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(seed), EnrolmentText.SecretBytes, Salt, Encoding.UTF8.GetBytes(purpose))
        : throw new ArgumentException(
            $"the seed has {seed.Length} characters, fewer than {MinCharacters}: 'openssl rand -hex 32' makes one", nameof(seed));
}

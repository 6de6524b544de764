using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using GitOps.Bundles;

namespace GitOps.Manifests.Kinds;

/// <summary>A public key of SSH that may sign, as a line of OpenSSH's allowed_signers or authorized_keys holds it.</summary>
/// <param name="Blob">The key itself, in base64.</param>
/// <param name="Fingerprint">As ssh-keygen prints it: <c>SHA256:</c> and base64 without padding.</param>
/// <param name="From">Null: always.</param>
/// <param name="Until">Null: for ever.</param>
public sealed record SshSignerKey(string Type, string Blob, string Fingerprint, DateTimeOffset? From, DateTimeOffset? Until);

/// <summary>What the text of a signer's key is. Closed.</summary>
public abstract record SignerKeys
{
    private const string PgpHead = "-----BEGIN PGP PUBLIC KEY BLOCK-----";
    private const string PgpFoot = "-----END PGP PUBLIC KEY BLOCK-----";

    /// <summary>sshd(8) and ssh-keygen(1); DSA is no longer signed with.</summary>
    private static readonly string[] SshTypes =
    [
        "ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521",
        "sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com",
    ];

    private SignerKeys() { }

    /// <summary>Armored as RFC 4880 says; what is in the armor only GnuPG tells.</summary>
    public sealed record OpenPgp(string Armored) : SignerKeys;

    public sealed record Ssh(EquatableArray<SshSignerKey> Keys) : SignerKeys;

    /// <summary>Somebody's secret: it is in the history now.</summary>
    public sealed record Private : SignerKeys;

    /// <param name="Because">What is wrong, in words.</param>
    public sealed record Unusable(string Because) : SignerKeys;

    public static SignerKeys Read(string text)
    {
        if (text.Contains("PRIVATE KEY", StringComparison.Ordinal))
        {
            return new Private();
        }

        var trimmed = text.Trim();
        if (trimmed.StartsWith(PgpHead, StringComparison.Ordinal))
        {
            return trimmed.EndsWith(PgpFoot, StringComparison.Ordinal)
                ? new OpenPgp(trimmed + "\n")
                : new Unusable($"it begins with '{PgpHead}' and does not end with '{PgpFoot}'");
        }

        List<SshSignerKey> keys = [];
        foreach (var line in trimmed.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Where(line => line[0] != '#'))
        {
            switch (ReadLine(line))
            {
                case (var key, null):
                    keys.Add(key!);
                    break;
                case (_, { } because):
                    return new Unusable(because);
            }
        }

        return keys.Count > 0 ? new Ssh(keys.ToEquatableArray()) : new Unusable("it holds no key");
    }

    /// <summary><c>[principals [options]] type key [comment]</c>; the principals count for nothing, a signer has a name here.</summary>
    private static (SshSignerKey? Key, string? Because) ReadLine(string line)
    {
        var words = line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        var at = Array.FindIndex(words, word => SshTypes.Contains(word, StringComparer.Ordinal));
        if (at is < 0 or > 2 || at + 1 >= words.Length)
        {
            return (null, $"'{Excerpt.Of(line)}' is neither an armored OpenPGP public key nor an SSH public key such as 'ssh-ed25519 AAAA…'");
        }

        if (FingerprintOf(words[at], words[at + 1]) is not { } fingerprint)
        {
            return (null, $"'{Excerpt.Of(words[at + 1])}' is no key of type {words[at]}");
        }

        var key = new SshSignerKey(words[at], words[at + 1], fingerprint, From: null, Until: null);
        return at < 2 ? (key, null) : WithOptions(key, words[1]);
    }

    private static (SshSignerKey? Key, string? Because) WithOptions(SshSignerKey key, string options)
    {
        foreach (var option in SplitOptions(options))
        {
            var (name, value) = option.Split('=', 2) is [var left, var right] ? (left.ToLowerInvariant(), right.Trim('"')) : (option.ToLowerInvariant(), "");
            switch (name)
            {
                case "namespaces" when value.Split(',').Contains("git", StringComparer.Ordinal):
                    break;
                case "valid-after" when TryReadTime(value, out var from):
                    key = key with { From = from };
                    break;
                case "valid-before" when TryReadTime(value, out var until):
                    key = key with { Until = until };
                    break;
                default:
                    return (null, $"the option '{Excerpt.Of(option)}' cannot be kept; namespaces=\"git\", valid-after=\"YYYYMMDD\" and valid-before=\"YYYYMMDD\" can");
            }
        }

        return (key, null);
    }

    /// <summary>At commas outside of quotes.</summary>
    private static IEnumerable<string> SplitOptions(string options)
    {
        var (start, isQuoted) = (0, false);
        for (var i = 0; i < options.Length; i++)
        {
            isQuoted ^= options[i] == '"';
            if (options[i] == ',' && !isQuoted)
            {
                yield return options[start..i];
                start = i + 1;
            }
        }

        yield return options[start..];
    }

    /// <summary>ssh-keygen(1); in UTC, with or without the Z, so that the place of the control plane changes nothing.</summary>
    private static bool TryReadTime(string text, out DateTimeOffset time) => DateTimeOffset.TryParseExact(
        text.TrimEnd('Z'), ["yyyyMMdd", "yyyyMMddHHmm", "yyyyMMddHHmmss"], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out time);

    /// <summary>Null when it is no key of the type: RFC 4253 has the type's name, with its length, at its beginning.</summary>
    private static string? FingerprintOf(string type, string base64)
    {
        var blob = new byte[base64.Length];
        if (!Convert.TryFromBase64String(base64, blob, out var length) || length < 4 + type.Length ||
            BinaryPrimitives.ReadUInt32BigEndian(blob) != type.Length || Encoding.ASCII.GetString(blob, 4, type.Length) != type)
        {
            return null;
        }

        return "SHA256:" + Convert.ToBase64String(SHA256.HashData(blob.AsSpan(0, length))).TrimEnd('=');
    }
}

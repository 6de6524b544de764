using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Storage.Syncing;

/// <summary>What is secret about a remote, as read on the node.</summary>
public sealed record RemoteSecrets(string? Password, string? PrivateKey, string? AccessKeyId, string? SecretAccessKey);

/// <summary>
/// A remote as rclone is told of it: by environment variables only, which nobody but its own user can read, never on the
/// command line. Names after rclone's documentation: <c>RCLONE_CONFIG_(remote)_(option)</c>.
/// </summary>
public static class RcloneRemote
{
    private const string Prefix = "RCLONE_CONFIG_R_";

    /// <summary>The place, as an argument.</summary>
    public static string Address(SyncRemote remote) => remote.Kind switch
    {
        RemoteKind.S3 => remote.Path is { } prefix ? $"r:{remote.Bucket}/{prefix}" : $"r:{remote.Bucket}",
        _ => $"r:{remote.Path}",
    };

    /// <param name="salt">16 random bytes, for the form rclone expects a password in.</param>
    /// <param name="knownHosts">A file with the key of the host, where there is one.</param>
    public static IReadOnlyDictionary<string, string?> Environment(SyncRemote remote, RemoteSecrets secrets, byte[] salt, string? knownHosts)
    {
        Dictionary<string, string?> variables = new(StringComparer.Ordinal);
        switch (remote.Kind)
        {
            case RemoteKind.Local:
                Set("TYPE", "local");
                break;
            case RemoteKind.S3:
                Set("TYPE", "s3");
                Set("PROVIDER", remote.Url is null ? "AWS" : "Other");
                Set("ENDPOINT", remote.Url);
                Set("REGION", remote.Region);
                Set("ACCESS_KEY_ID", secrets.AccessKeyId);
                Set("SECRET_ACCESS_KEY", secrets.SecretAccessKey);
                Set("NO_CHECK_BUCKET", "true"); // a bucket that is missing is never made
                break;
            case RemoteKind.Sftp:
                Set("TYPE", "sftp");
                Set("HOST", remote.Host);
                Set("PORT", remote.Port?.ToString(CultureInfo.InvariantCulture));
                Set("USER", remote.User);
                Set("PASS", secrets.Password is { } password ? Obscure(password, salt) : null);
                Set("KEY_PEM", secrets.PrivateKey?.Replace("\r", "", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal));
                Set("KNOWN_HOSTS_FILE", knownHosts);
                Set("SHELL_TYPE", "none"); // no command is run there: many servers allow none
                break;
            case RemoteKind.WebDav:
                Set("TYPE", "webdav");
                Set("URL", remote.Url);
                Set("VENDOR", "other");
                Set("USER", remote.User);
                Set("PASS", secrets.Password is { } word ? Obscure(word, salt) : null);
                break;
            default:
                throw new System.Diagnostics.UnreachableException($"unknown remote {remote.Kind}");
        }

        return variables;

        void Set(string name, string? value)
        {
            if (value is not null)
            {
                variables[Prefix + name] = value;
            }
        }
    }

    /// <summary>The line of a known_hosts file; null for a remote without a host key.</summary>
    public static string? KnownHost(SyncRemote remote) => remote.HostKey is not { } key ? null
        : remote.Port is { } port and not 22 ? string.Create(CultureInfo.InvariantCulture, $"[{remote.Host}]:{port} {key}\n")
        : $"{remote.Host} {key}\n";

    /// <summary>
    /// A password in the form rclone expects it in its configuration: AES-CTR under a key that is public in its source, which
    /// protects from a glance and from nothing else.
    /// </summary>
    public static string Obscure(string password, byte[] salt)
    {
        using var aes = Aes.Create();
        aes.Key = PublicKey;
        var text = Encoding.UTF8.GetBytes(password);
        var counter = salt.ToArray();
        for (var at = 0; at < text.Length; at += 16)
        {
            var stream = aes.EncryptEcb(counter, PaddingMode.None);
            for (var i = 0; i < 16 && at + i < text.Length; i++)
            {
                text[at + i] ^= stream[i];
            }

            for (var i = 15; i >= 0 && ++counter[i] == 0; i--)
            {
                // the counter is one number of 128 bits, big-endian
            }
        }

        return Convert.ToBase64String([.. salt, .. text]).TrimEnd('=').Replace('+', '-').Replace('/', '_');
    }

    private static readonly byte[] PublicKey =
    [
        0x9c, 0x93, 0x5b, 0x48, 0x73, 0x0a, 0x55, 0x4d, 0x6b, 0xfd, 0x7c, 0x63, 0xc8, 0x86, 0xa9, 0x2b,
        0xd3, 0x90, 0x19, 0x8e, 0xb8, 0x12, 0x8a, 0xfb, 0xf4, 0xde, 0x16, 0x2b, 0x8b, 0x95, 0xf6, 0x38,
    ];
}

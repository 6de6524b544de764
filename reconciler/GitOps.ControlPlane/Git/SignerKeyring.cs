using GitOps.Bundles;
using GitOps.Manifests.Kinds;
using GitOps.Platform.Processes;
using GitOps.Reconciler.Guards;

namespace GitOps.ControlPlane.Git;

/// <summary>
/// The keys of some signers as gpg and ssh-keygen read them: in a directory of its own, closed to others and gone
/// afterwards. No keyring, configuration, agent or key server of a user or the machine has a part in it.
/// </summary>
internal sealed class SignerKeyring : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    /// <summary>gpg(1): whoever is in the keyring is listed in Git; nothing is fetched, nothing is started.</summary>
    private const string GpgConfiguration = "batch\nno-tty\ntrust-model always\nno-auto-key-locate\nno-auto-key-retrieve\nno-autostart\ndisable-dirmngr\n";

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("gitops-keys-"); // mode 0700
    private readonly List<KnownKey> _keys = [];

    private SignerKeyring()
    {
    }

    public IReadOnlyList<KnownKey> Keys => _keys;

    /// <summary>What git is told with <c>-c</c>: signatures other than these two kinds have no program.</summary>
    public IReadOnlyList<string> GitConfiguration =>
    [
        "-c", "gpg.program=gpg", "-c", "gpg.openpgp.program=gpg", "-c", "gpg.x509.program=/bin/false",
        "-c", "gpg.ssh.program=ssh-keygen", "-c", $"gpg.ssh.allowedSignersFile={AllowedSigners}", "-c", "gpg.minTrustLevel=undefined",
    ];

    public string GnupgHome => _directory.FullName;

    private string AllowedSigners => Path.Combine(_directory.FullName, "allowed_signers");

    /// <summary>Reads the keys of all signers, or says which cannot be used.</summary>
    public static async Task<(SignerKeyring? Keyring, Problem? Problem)> OpenAsync(
        CommitSigning signing, ICommandRunner commands, CancellationToken cancellationToken)
    {
        var keyring = new SignerKeyring();
        try
        {
            var problem = await keyring.FillAsync(signing, commands, cancellationToken).ConfigureAwait(false);
            if (problem is not null)
            {
                keyring.Dispose();
            }

            return problem is null ? (keyring, null) : (null, problem);
        }
        catch
        {
            keyring.Dispose();
            throw;
        }
    }

    public void Dispose() => MirrorFiles.Delete(_directory.FullName);

    private async Task<Problem?> FillAsync(CommitSigning signing, ICommandRunner commands, CancellationToken cancellationToken)
    {
        await File.WriteAllTextAsync(Path.Combine(GnupgHome, "gpg.conf"), GpgConfiguration, cancellationToken).ConfigureAwait(false);
        List<(CommitSigner Signer, SshSignerKey Key)> ssh = [];
        foreach (var signer in signing.Signers)
        {
            switch (SignerKeys.Read(signer.Key))
            {
                case SignerKeys.Ssh(var keys):
                    _keys.AddRange(keys.Select(key => new KnownKey(key.Fingerprint, signer, key.From, key.Until)));
                    ssh.AddRange(keys.Select(key => (signer, key)));
                    break;
                case SignerKeys.OpenPgp(var armored):
                    if (await ImportAsync(signer, armored, commands, cancellationToken).ConfigureAwait(false) is { } problem)
                    {
                        return problem;
                    }

                    break;
                default:
                    return Unusable(signer, "it is no public key");
            }
        }

        var lines = ssh.Select(one => $"signer namespaces=\"git\" {one.Key.Type} {one.Key.Blob}\n");
        await File.WriteAllTextAsync(AllowedSigners, string.Concat(lines), cancellationToken).ConfigureAwait(false);
        return ssh.Count == 0 ? null : await ReadAsync(ssh, commands, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Whether ssh-keygen reads them: that a key begins as one is no proof that anything can be signed with it.</summary>
    private async Task<Problem?> ReadAsync(
        IReadOnlyList<(CommitSigner Signer, SshSignerKey Key)> keys, ICommandRunner commands, CancellationToken cancellationToken)
    {
        var file = Path.Combine(GnupgHome, "keys.pub");
        await File.WriteAllTextAsync(file, string.Concat(keys.Select(one => $"{one.Key.Type} {one.Key.Blob}\n")), cancellationToken).ConfigureAwait(false);
        var result = await RunAsync(["ssh-keygen", "-l", "-f", file], commands, cancellationToken).ConfigureAwait(false);
        var read = GpgStatus.Listed(result.Output);
        var (signer, key) = keys.FirstOrDefault(one => !read.Contains(one.Key.Fingerprint));
        return key is null ? null
            : result.Succeeded || result.Error.Contains("is not a public key file", StringComparison.Ordinal)
                ? Unusable(signer, $"ssh-keygen does not read {key.Fingerprint}")
                : Unchecked("ssh-keygen", result);
    }

    private async Task<Problem?> ImportAsync(CommitSigner signer, string armored, ICommandRunner commands, CancellationToken cancellationToken)
    {
        var file = Path.Combine(GnupgHome, "import.asc");
        await File.WriteAllTextAsync(file, armored, cancellationToken).ConfigureAwait(false);
        var result = await RunAsync(["gpg", "--homedir", GnupgHome, "--status-fd", "1", "--import", file], commands, cancellationToken).ConfigureAwait(false);
        if (result.ExitCode == 127 || result.TimedOut)
        {
            return Unchecked("gpg", result);
        }

        var primary = GpgStatus.Imported(result.Output).ToList();
        _keys.AddRange(primary.Select(fingerprint => new KnownKey(fingerprint, signer)));
        return primary.Count > 0 ? null : Unusable(signer, "gpg finds no usable key in it");
    }

    private Task<CommandResult> RunAsync(string[] arguments, ICommandRunner commands, CancellationToken cancellationToken) => commands.RunAsync(
        new Command(arguments)
        {
            InheritsEnvironment = false,
            WorkingDirectory = "/",
            Environment = new Dictionary<string, string?> { ["LC_ALL"] = "C", ["GNUPGHOME"] = GnupgHome },
            Deadline = Deadline,
        },
        cancellationToken);

    private static Problem Unchecked(string program, CommandResult result) => new(PublishCodes.SignaturesUnchecked,
        What: result.TimedOut ? $"{program} did not answer within {Deadline}" : $"{program} does not run: {result.Error.Trim()}",
        Fix: "install GnuPG (gpg) and OpenSSH's ssh-keygen beside the control plane, and give the user it runs as a line in /etc/passwd");

    private static Problem Unusable(CommitSigner signer, string because) => new(PublishCodes.SignerKeyUnusable,
        What: $"the key of signer '{signer.Name}' cannot be used: {because}",
        Fix: "export it again with 'gpg --armor --export KEY', or copy the .pub file; 'gpg --show-keys FILE' and 'ssh-keygen -l -f FILE' read what is right");
}

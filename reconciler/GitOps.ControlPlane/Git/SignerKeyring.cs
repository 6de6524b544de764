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
    private static readonly TimeSpan ImportDeadline = TimeSpan.FromSeconds(60);

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
        List<string> ssh = [];
        foreach (var signer in signing.Signers)
        {
            switch (SignerKeys.Read(signer.Key))
            {
                case SignerKeys.Ssh(var keys):
                    _keys.AddRange(keys.Select(key => new KnownKey(key.Fingerprint, signer, key.From, key.Until)));
                    ssh.AddRange(keys.Select(key => $"signer namespaces=\"git\" {key.Type} {key.Blob}\n"));
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

        await File.WriteAllTextAsync(AllowedSigners, string.Concat(ssh), cancellationToken).ConfigureAwait(false);
        return null;
    }

    private async Task<Problem?> ImportAsync(CommitSigner signer, string armored, ICommandRunner commands, CancellationToken cancellationToken)
    {
        var file = Path.Combine(GnupgHome, "import.asc");
        await File.WriteAllTextAsync(file, armored, cancellationToken).ConfigureAwait(false);
        var result = await commands.RunAsync(
            new Command(["gpg", "--homedir", GnupgHome, "--status-fd", "1", "--import", file])
            {
                InheritsEnvironment = false,
                WorkingDirectory = "/",
                Environment = new Dictionary<string, string?> { ["LC_ALL"] = "C", ["GNUPGHOME"] = GnupgHome },
                Deadline = ImportDeadline,
            },
            cancellationToken).ConfigureAwait(false);
        if (result.ExitCode == 127 || result.TimedOut)
        {
            return new Problem(PublishCodes.SignaturesUnchecked,
                What: result.TimedOut ? $"gpg did not read the key of signer '{signer.Name}' within {ImportDeadline}" : "there is no gpg program",
                Fix: "install GnuPG (gpg) beside the control plane; OpenPGP keys need it");
        }

        var primary = GpgStatus.Imported(result.Output).ToList();
        _keys.AddRange(primary.Select(fingerprint => new KnownKey(fingerprint, signer)));
        return primary.Count > 0 ? null : Unusable(signer, "gpg finds no usable key in it");
    }

    private static Problem Unusable(CommitSigner signer, string because) => new(PublishCodes.SignerKeyUnusable,
        What: $"the key of signer '{signer.Name}' cannot be used: {because}",
        Fix: "export it again with 'gpg --armor --export KEY', and see that 'gpg --show-keys FILE' reads it");
}

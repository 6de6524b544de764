using System.Diagnostics;
using Xunit;

namespace GitOps.TestKit.Git;

/// <summary>A key that signs commits.</summary>
/// <param name="Public">As a Fleet lists it.</param>
/// <param name="Fingerprint">Of the primary OpenPGP key, or as ssh-keygen prints it.</param>
/// <param name="GitArguments">What makes <c>git commit</c> sign with it.</param>
public sealed record CommitKey(string Public, string Fingerprint, IReadOnlyList<string> GitArguments)
{
    public override string ToString() => Fingerprint;
}

/// <summary>Keys made by the real gpg and ssh-keygen, in a directory of their own.</summary>
public sealed class CommitKeys : IDisposable
{
    private readonly TempDirectory _directory = new();

    public CommitKey Ssh(string name)
    {
        var file = _directory[name];
        Run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", $"{name}@example.com", "-f", file);
        return new CommitKey(
            File.ReadAllText(file + ".pub").Trim(), Run("ssh-keygen", "-l", "-f", file + ".pub").Split(' ')[1],
            ["-c", "gpg.format=ssh", "-c", "gpg.ssh.program=ssh-keygen", "-c", $"user.signingkey={file}", "-c", "commit.gpgSign=true"]);
    }

    /// <param name="at">When it is made and signs, as gpg takes it: 20200101T000000; null: now.</param>
    /// <param name="expires">How long it is good, as gpg takes it: 1y; 0: for ever.</param>
    public CommitKey OpenPgp(string name, string? at = null, string expires = "0")
    {
        string[] time = at is null ? [] : ["--faked-system-time", $"{at}!"]; // it stands still: a key that took long to make is not of the future
        Gpg([.. time, "--pinentry-mode", "loopback", "--passphrase", "", "--quick-gen-key", $"{name} <{name}@example.com>", "ed25519", "sign", expires]);
        var fingerprint = Gpg("--with-colons", "--list-keys", $"{name}@example.com").Split('\n').First(line => line.StartsWith("fpr:", StringComparison.Ordinal)).Split(':')[9];
        var program = _directory[$"{name}.sh"];
        File.WriteAllText(program, $"#!/bin/sh\nexec gpg --homedir '{_directory.Path}' {string.Join(' ', time)} \"$@\"\n");
        Run("chmod", "500", program);
        return new CommitKey(
            Gpg("--armor", "--export", fingerprint), fingerprint,
            ["-c", "gpg.format=openpgp", "-c", $"gpg.program={program}", "-c", $"user.signingkey={fingerprint}", "-c", "commit.gpgSign=true"]);
    }

    /// <summary>The key with its revocation, as its owner publishes it.</summary>
    public CommitKey Revoked(CommitKey key)
    {
        var certificate = Path.Combine(_directory.Path, "openpgp-revocs.d", key.Fingerprint + ".rev");
        File.WriteAllText(certificate, File.ReadAllText(certificate).Replace(":-----BEGIN", "-----BEGIN", StringComparison.Ordinal));
        Gpg("--import", certificate);
        return key with { Public = Gpg("--armor", "--export", key.Fingerprint) };
    }

    public void Dispose()
    {
        Run("gpgconf", "--homedir", _directory.Path, "--kill", "all"); // the agent that signing started
        _directory.Dispose();
    }

    private string Gpg(params string[] arguments) => Run("gpg", ["--homedir", _directory.Path, "--batch", "--quiet", "--yes", .. arguments]);

    private static string Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}: {error.Result}");
        return output;
    }
}

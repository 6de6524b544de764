using GitOps.Bundles;
using GitOps.Platform.Processes;

namespace GitOps.ControlPlane.Git;

/// <summary>Makes a problem an operator can act on from what git said on standard error (C locale).</summary>
internal static class GitFaults
{
    /// <summary>In this order: several fit one message, and the first says most.</summary>
    private static readonly (ErrorCode Code, string[] Signs, string Fix)[] Known =
    [
        // Not "sha256" alone: ssh prints fingerprints with it.
        (GitCodes.Unsupported,
            ["mismatched algorithms", "unsupported hash", "hash algorithm", "object format", "shallow update not allowed", "promisor", "partial clone"],
            "follow a full SHA-1 repository: git clone without --depth and --filter"),
        (GitCodes.ServerCertificate, ["certificate", "ssl peer", "server verification failed"],
            "set the authority file (git.authorityFile) to the PEM of the server's authority, or correct the server's certificate"),
        (GitCodes.Authentication,
            ["authentication failed", "could not read username", "could not read password", "terminal prompts disabled", "permission denied",
                "returned error: 401", "returned error: 403", "host key verification failed", "access denied", "dubious ownership"],
            "check the key or token file and what it may read; for ssh also the known hosts file"),
        (GitCodes.Unreachable,
            ["could not resolve host", "could not resolve hostname", "connection refused", "connection timed out", "network is unreachable",
                "no route to host", "failed to connect", "couldn't connect", "connection reset", "operation timed out", "connection closed",
                "operation too slow", "early eof", "the remote end hung up", "returned error: 5"],
            "check the address, the network and the server"),
        (GitCodes.NoSuchReference, ["couldn't find remote ref", "not our ref", "no such remote ref", "unadvertised object"],
            "push the branch or tag, or correct the reference in the configuration"),
        (GitCodes.NotARepository, ["does not appear to be a git repository", "not a git repository", "repository not found", "not found", "does not exist"],
            "check the address; a private repository may look as if it did not exist until the credentials are right"),
        (GitCodes.Damaged,
            ["is corrupt", "bad object", "inflate", "unable to read tree", "unable to parse object", "missing necessary objects", "is empty",
                "invalid sha1 pointer", "reference broken", "bad tree", "index file", "unable to read"],
            "nothing to do: the mirror is fetched anew; check the disk when it happens again"),
    ];

    public static Problem ToProblem(CommandResult result, GitSource source, string mirror)
    {
        if (result.ExitCode == 127)
        {
            return new Problem(GitCodes.NoGit, What: "there is no git program", Fix: "install git 2.34 or newer");
        }

        if (result.TimedOut)
        {
            return new Problem(GitCodes.TooSlow,
                What: $"{source.DisplayAddress} was not fetched within {source.Deadline}",
                Fix: "check the network and the server; a very large repository needs a longer deadline for its first fetch");
        }

        var said = Said(result.Error);
        if (said.Contains($"not a git repository: '{mirror}'", StringComparison.OrdinalIgnoreCase))
        {
            return Problem(Known[^1].Code, said, Known[^1].Fix);
        }

        foreach (var (code, signs, fix) in Known)
        {
            // A server's own damage is no reason to throw our mirror away.
            var text = code == GitCodes.Damaged ? Local(result.Error) : result.Error;
            if (signs.Any(sign => text.Contains(sign, StringComparison.OrdinalIgnoreCase)))
            {
                return Problem(code, said, fix);
            }
        }

        return Problem(GitCodes.Failed, said, "run 'git ls-remote' on the same address by hand; it says more");

        Problem Problem(ErrorCode code, string text, string fix) => new(code,
            What: $"{source.Reference} of {source.DisplayAddress}: {text.Replace(source.Address, source.DisplayAddress, StringComparison.Ordinal)}",
            fix);
    }

    /// <summary>The line that says what happened: the first fatal one.</summary>
    private static string Said(string error)
    {
        var lines = error.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var line = lines.FirstOrDefault(l => l.Contains("fatal:", StringComparison.Ordinal)) ??
                   lines.FirstOrDefault(l => l.Contains("error:", StringComparison.Ordinal)) ??
                   lines.FirstOrDefault() ?? "git said nothing";
        // "Could not read from remote repository" is what ssh's reason ends in; the reason stands before it.
        return line.Contains("Could not read from remote repository", StringComparison.Ordinal) ? lines[0] : line;
    }

    private static string Local(string error) =>
        string.Join('\n', error.Split('\n').Where(line => !line.StartsWith("remote:", StringComparison.Ordinal)));
}

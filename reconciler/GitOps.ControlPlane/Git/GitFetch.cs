using GitOps.Bundles;

namespace GitOps.ControlPlane.Git;

/// <summary>One fetch of what a source names into a mirror's one reference.</summary>
internal sealed class GitFetch(GitSource source)
{
    private const string Tracked = "refs/gitops/tracked";
    private static readonly string[] ConfigurationFiles = ["config", ".git/config"];

    /// <summary>A partial clone lacks objects and would fetch them from somewhere else while it is read.</summary>
    public Problem? LocalRemoteIsPartial()
    {
        var configuration = ConfigurationFiles
            .Select(name => Path.Combine(source.LocalPath ?? "/", name))
            .FirstOrDefault(path => source.LocalPath is not null && File.Exists(path));
        return configuration is not null && File.ReadLines(configuration).Take(1000)
                .Any(line => line.Contains("partialclone", StringComparison.OrdinalIgnoreCase) || line.Contains("promisor", StringComparison.OrdinalIgnoreCase))
            ? new Problem(GitCodes.Unsupported,
                What: $"{source.DisplayAddress} is a partial clone",
                Fix: "follow a full SHA-1 repository: git clone without --filter")
            : null;
    }

    /// <summary>Makes an empty bare repository; null when it is there.</summary>
    public async Task<FetchOutcome?> InitialiseAsync(GitProgram git, CancellationToken cancellationToken)
    {
        MirrorFiles.Delete(git.Directory);
        var made = await git.RunAsync(["init", "--quiet", "--bare", "--template=", "--object-format=sha1"], cancellationToken).ConfigureAwait(false);
        return made.Succeeded ? null : new FetchOutcome.Failed(GitFaults.ToProblem(made, source, git.Directory));
    }

    /// <summary>Brings what is followed into a mirror.</summary>
    public async Task<FetchOutcome> RunAsync(GitProgram git, CancellationToken cancellationToken)
    {
        if (source.Reference is GitReference.Commit(var pinned) &&
            await ResolveAsync(git, pinned, cancellationToken).ConfigureAwait(false) is { } present)
        {
            return new FetchOutcome.Fetched(present);
        }

        // No forced-update check: it walks history. No FETCH_HEAD: it is written even when nothing is new.
        string[] arguments =
        [
            "fetch", "--quiet", "--force", "--no-tags", "--no-write-fetch-head", "--no-show-forced-updates", "--no-auto-maintenance",
            "--no-recurse-submodules", "--end-of-options", source.Address, $"{source.Reference.Remote}:{Tracked}",
        ];
        var fetched = await git.RunRemoteAsync(arguments, cancellationToken).ConfigureAwait(false);
        if (!fetched.Succeeded)
        {
            if (fetched.TimedOut || fetched.WasKilled)
            {
                MirrorFiles.RemoveRefLocks(git.Directory);
            }

            return new FetchOutcome.Failed(GitFaults.ToProblem(fetched, source, git.Directory));
        }

        return await ResolveAsync(git, Tracked, cancellationToken).ConfigureAwait(false) is { } commit
            ? new FetchOutcome.Fetched(commit)
            : new FetchOutcome.Failed(new Problem(GitCodes.NoSuchReference,
                What: $"{source.Reference} of {source.DisplayAddress} names no commit",
                Fix: "follow a branch, or a tag of a commit"));
    }

    /// <summary>The commit a name stands for here, tags peeled; null when it is none.</summary>
    private static async Task<string?> ResolveAsync(GitProgram git, string name, CancellationToken cancellationToken)
    {
        var answer = await git
            .RunAsync(["rev-parse", "--verify", "--quiet", "--end-of-options", $"{name}^{{commit}}"], cancellationToken)
            .ConfigureAwait(false);
        // --end-of-options is echoed by some versions: the id is the last line.
        return answer.Succeeded ? answer.Output.TrimEnd().Split('\n')[^1] : null;
    }
}

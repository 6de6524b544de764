using GitOps.Bundles;
using GitOps.Platform.Processes;

namespace GitOps.ControlPlane.Git;

/// <summary>What a revision's name stands for. Closed.</summary>
public abstract record RevisionLookup
{
    private RevisionLookup() { }

    /// <param name="Commit">Full id.</param>
    public sealed record Found(string Commit) : RevisionLookup;

    public sealed record Failed(Problem Problem) : RevisionLookup;
}

/// <summary>Reads revisions of a repository on this machine, such as the clone a person works in. Changes nothing in it.</summary>
/// <param name="folder">Anywhere inside the work tree, or a bare repository.</param>
public sealed class LocalRepository(string folder, ICommandRunner commands, TimeProvider time)
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(2);

    /// <summary>A branch, a tag, <c>HEAD~1</c>, or anything else git-rev-parse understands.</summary>
    public async Task<RevisionLookup> FindAsync(string revision, CancellationToken cancellationToken)
    {
        var result = await commands.RunAsync(
            new Command(["git", "-C", folder, "rev-parse", "--verify", "--quiet", "--end-of-options", $"{revision}^{{commit}}"]), cancellationToken);
        return result.Succeeded
            ? new RevisionLookup.Found(result.Output.Trim())
            : new RevisionLookup.Failed(new Problem(GitCodes.NoSuchReference,
                What: $"'{revision}' is no revision of the repository at {folder}{(result.Error.Trim() is { Length: > 0 } why ? $": {why}" : "")}",
                Fix: "'git log --oneline' lists revisions; fetch what only the server has"));
    }

    /// <summary>Where two branches parted, as a pull request compares them.</summary>
    public async Task<RevisionLookup> FindMergeBaseAsync(string one, string other, CancellationToken cancellationToken)
    {
        var result = await commands.RunAsync(
            new Command(["git", "-C", folder, "merge-base", "--end-of-options", one, other]), cancellationToken);
        return result.Succeeded
            ? new RevisionLookup.Found(result.Output.Trim())
            : new RevisionLookup.Failed(new Problem(GitCodes.NoSuchReference,
                What: $"'{one}' and '{other}' have no common ancestor in the repository at {folder}{(result.Error.Trim() is { Length: > 0 } why ? $": {why}" : "")}",
                Fix: "a shallow clone lacks it: 'git fetch --unshallow', or compare with two dots"));
    }

    /// <summary>The files of a commit, as the control plane would read them.</summary>
    /// <param name="previous">A revision read before: what has the same id in it is taken from there.</param>
    public async Task<SourceReading> ReadAsync(string commit, SourceFolder? previous, CancellationToken cancellationToken)
    {
        var directory = await commands.RunAsync(new Command(["git", "-C", folder, "rev-parse", "--absolute-git-dir"]), cancellationToken);
        var git = new GitProgram(commands, directory.Output.Trim(), new GitSource(folder, new GitReference.Commit(commit)));
        await using var objects = new GitObjects(git);
        return await new SourceTree(objects, new SourceLimits(), Deadline, time).ReadAsync(commit, previous, cancellationToken);
    }
}

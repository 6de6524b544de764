using GitOps.Bundles;
using GitOps.Platform.Processes;

namespace GitOps.ControlPlane.Git;

/// <summary>
/// A bare mirror of the fleet repository, never a work tree. All work is done by the git program in subprocesses that have
/// a deadline and are killed with all they started. A fetch that finds nothing writes nothing. A damaged mirror is fetched
/// anew beside and swapped in. One user at a time.
/// </summary>
public sealed class GitMirror : IAsyncDisposable
{
    private const string Published = "refs/gitops/published";
    private readonly string _directory;
    private readonly GitSource _source;
    private readonly ICommandRunner _commands;
    private readonly GitProgram _git;
    private readonly GitFetch _fetch;
    private readonly MirrorMaintenance _maintenance;
    private readonly SemaphoreSlim _gate = new(1);
    private bool _isPrepared;
    private string? _tip;

    /// <param name="directory">The mirror's own; <c>.new</c> and <c>.old</c> beside it are used while it is replaced.</param>
    public GitMirror(string directory, GitSource source, ICommandRunner commands)
    {
        (_directory, _source, _commands) = (directory, source, commands);
        _git = new GitProgram(commands, directory, source);
        _fetch = new GitFetch(source);
        _maintenance = new MirrorMaintenance(_git);
        Objects = new GitObjects(_git);
    }

    /// <summary>Fetches what is followed.</summary>
    public async Task<FetchOutcome> FetchAsync(CancellationToken cancellationToken)
    {
        if (!_source.IsUsable)
        {
            return new FetchOutcome.Failed(new Problem(GitCodes.BadAddress,
                What: $"'{_source.DisplayAddress}' is no address of a repository",
                Fix: "use a path, file://, http://, https://, ssh:// or user@host:path"));
        }

        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var outcome = await TryFetchAsync(cancellationToken).ConfigureAwait(false);
            if (outcome is FetchOutcome.Failed { Problem.Code: var code } && code == GitCodes.Damaged.Id)
            {
                outcome = await ReplaceAsync(cancellationToken).ConfigureAwait(false);
            }

            if (outcome is FetchOutcome.Fetched(var commit) && commit != _tip)
            {
                _tip = commit;
                _maintenance.CountFetch();
            }

            return outcome;
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task<FetchOutcome> TryFetchAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await PrepareAsync(cancellationToken).ConfigureAwait(false) ??
                   await _fetch.RunAsync(_git, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return new FetchOutcome.Failed(new Problem(GitCodes.Failed,
                What: $"{_source.Reference} of {_source.DisplayAddress}: {failure.Message}",
                Fix: "check the data directory's disk and owner, and the token file"));
        }
    }

    /// <summary>Fetches everything anew beside the mirror and swaps it in: reading found it damaged.</summary>
    public async Task<FetchOutcome> RebuildAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await ReplaceAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Keeps a commit from being collected, whatever becomes of the branch.</summary>
    public async Task PinAsync(string commit, CancellationToken cancellationToken)
    {
        // That it fails is no harm now: without the pin, a rewritten branch is still noticed, only not diffed against.
        _ = await _git.RunAsync(["update-ref", Published, Checked(commit)], cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Whether one commit is the other or an ancestor of it. A commit that is not in the mirror is no ancestor of one that
    /// is there with its whole history.
    /// </summary>
    public async Task<Ancestry> IsAncestorAsync(string old, string next, CancellationToken cancellationToken)
    {
        var answer = await _git
            .RunAsync(["merge-base", "--is-ancestor", Checked(old), Checked(next)], cancellationToken)
            .ConfigureAwait(false);
        if (answer is { TimedOut: false, ExitCode: 0 or 1 })
        {
            return new Ancestry.Known(answer.ExitCode == 0);
        }

        return !answer.TimedOut && !await ContainsAsync(old, cancellationToken).ConfigureAwait(false)
            ? new Ancestry.Known(false)
            : new Ancestry.Unknown(GitFaults.ToProblem(answer, _source, _directory));
    }

    /// <summary>Whether the mirror holds a commit.</summary>
    public async Task<bool> ContainsAsync(string commit, CancellationToken cancellationToken) =>
        (await _git.RunAsync(["cat-file", "-e", $"{Checked(commit)}^{{commit}}"], cancellationToken).ConfigureAwait(false)).Succeeded;

    /// <summary>
    /// Whether one commit is among the nearest ancestors of the other, as nearly every push has it; that it is not says
    /// nothing. Costs no process.
    /// </summary>
    public async Task<bool> IsNearAncestorAsync(string old, string next, CancellationToken cancellationToken)
    {
        if (!await Objects.TryOpenAsync().ConfigureAwait(false))
        {
            return false;
        }

        try
        {
            return await NearAncestry.IsOfAsync(Objects, Checked(old), Checked(next), cancellationToken).ConfigureAwait(false);
        }
        catch (GitObjectsException)
        {
            return false; // whoever asks git itself is told what is wrong
        }
    }

    /// <summary>What it holds; read by one reader at a time.</summary>
    public GitObjects Objects { get; }

    /// <summary>Git on the mirror.</summary>
    internal GitProgram Program => _git;

    internal ICommandRunner Commands => _commands;

    /// <summary>Stops maintenance and waits for its processes to be gone.</summary>
    public async ValueTask DisposeAsync()
    {
        await Objects.DisposeAsync().ConfigureAwait(false);
        await _maintenance.DisposeAsync().ConfigureAwait(false);
        _gate.Dispose();
    }

    /// <summary>The upkeep of the mirror, for tests to hurry and await.</summary>
    internal MirrorMaintenance Maintenance => _maintenance;

    private static string Checked(string commit) =>
        GitReference.IsCommitId(commit) ? commit : throw new ArgumentException($"'{commit}' is no commit id", nameof(commit));

    /// <summary>Once per process: leftovers of a killed one go, a missing mirror is made. Null when it is ready.</summary>
    private async Task<FetchOutcome?> PrepareAsync(CancellationToken cancellationToken)
    {
        if (_isPrepared && File.Exists(Path.Combine(_directory, "HEAD")))
        {
            return null;
        }

        MirrorFiles.Delete(_directory + ".new");
        MirrorFiles.Delete(_directory + ".old");
        if (_fetch.LocalRemoteIsPartial() is { } problem)
        {
            return new FetchOutcome.Failed(problem);
        }

        if (File.Exists(Path.Combine(_directory, "HEAD")))
        {
            MirrorFiles.RemoveStale(_directory);
            _maintenance.CountLoose();
        }
        else if (await _fetch.InitialiseAsync(_git, cancellationToken).ConfigureAwait(false) is { } failed)
        {
            return failed;
        }

        _isPrepared = true;
        return null;
    }

    private async Task<FetchOutcome> ReplaceAsync(CancellationToken cancellationToken)
    {
        await _maintenance.StopAsync().ConfigureAwait(false);
        await Objects.DisposeAsync().ConfigureAwait(false);
        var beside = new GitProgram(_commands, _directory + ".new", _source);
        var outcome = await _fetch.InitialiseAsync(beside, cancellationToken).ConfigureAwait(false) ??
                      await _fetch.RunAsync(beside, cancellationToken).ConfigureAwait(false);
        if (outcome is FetchOutcome.Fetched)
        {
            // A kill between the two moves leaves no mirror; the next start makes one.
            MirrorFiles.Delete(_directory + ".old");
            if (Directory.Exists(_directory))
            {
                Directory.Move(_directory, _directory + ".old");
            }

            Directory.Move(beside.Directory, _directory);
            _isPrepared = true;
        }

        MirrorFiles.Delete(_directory + ".old");
        MirrorFiles.Delete(beside.Directory);
        return outcome;
    }
}

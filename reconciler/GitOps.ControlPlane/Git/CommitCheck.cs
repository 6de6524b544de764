using GitOps.Bundles;
using GitOps.Manifests.Kinds;
using GitOps.Platform.Processes;
using GitOps.Reconciler.Guards;

namespace GitOps.ControlPlane.Git;

/// <summary>What the signatures of a push say. Closed.</summary>
public abstract record CommitVerdict
{
    private CommitVerdict() { }

    public sealed record Accepted : CommitVerdict;

    /// <summary>A listed key is missing: it stays so until somebody pushes or another revision is published.</summary>
    public sealed record Held(Problem Problem) : CommitVerdict;

    /// <summary>They could not be checked; to be tried again.</summary>
    public sealed record Failed(Problem Problem) : CommitVerdict;
}

/// <summary>Has git, gpg and ssh-keygen check the signatures of commits in a mirror.</summary>
public sealed class CommitCheck(GitMirror mirror, TimeProvider time)
{
    private readonly ICommandRunner _commands = mirror.Commands;

    /// <summary>A signature takes some hundredths of a second.</summary>
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(5);

    private const int OutputLimitBytes = 64 << 20;

    /// <summary>git mktree of nothing.</summary>
    private const string EmptyTree = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

    /// <param name="published">Null when nothing is: then the newest commit answers for all, whatever the mode.</param>
    public async Task<CommitVerdict> CheckAsync(string? published, string tip, CommitSigning signing, CancellationToken cancellationToken)
    {
        var (keyring, unusable) = await SignerKeyring.OpenAsync(signing, _commands, cancellationToken).ConfigureAwait(false);
        if (keyring is null)
        {
            return new CommitVerdict.Failed(unusable!);
        }

        using var _ = keyring;
        try
        {
            var since = published is not null && await mirror.ContainsAsync(published, cancellationToken).ConfigureAwait(false) ? published : null;
            var isEach = signing.Mode == SigningMode.Every && since is not null;
            var signatures = isEach ? await SignaturesAsync(keyring, [tip, $"^{since}"], cancellationToken).ConfigureAwait(false) : [];
            if (signatures.Count == 0)
            {
                signatures = await SignaturesAsync(keyring, ["--no-walk", tip], cancellationToken).ConfigureAwait(false);
            }

            List<SignedCommit> commits = [];
            foreach (var signature in signatures)
            {
                var isLimited = SignatureGuard.SignerOf(signature, keyring.Keys, time.GetUtcNow()) is { Paths.IsEmpty: false };
                commits.Add(new SignedCommit(signature,
                    isLimited ? await PathsAsync(keyring, signature.Commit, tip, since, isEach, cancellationToken).ConfigureAwait(false) : null));
            }

            return SignatureGuard.Check(commits, signing, keyring.Keys, time.GetUtcNow()) is { } problem
                ? new CommitVerdict.Held(problem)
                : new CommitVerdict.Accepted();
        }
        catch (UncheckedException failure)
        {
            return new CommitVerdict.Failed(failure.Problem);
        }
    }

    /// <summary>Whether signatures could be checked with the keys that a revision brings; null when they can.</summary>
    public async Task<CommitVerdict?> TryKeysAsync(CommitSigning signing, CancellationToken cancellationToken)
    {
        var (keyring, problem) = await SignerKeyring.OpenAsync(signing, _commands, cancellationToken).ConfigureAwait(false);
        keyring?.Dispose();
        return problem is null ? null
            : problem.Code == PublishCodes.SignerKeyUnusable.Id ? new CommitVerdict.Held(problem)
            : new CommitVerdict.Failed(problem);
    }

    /// <summary>Oldest first.</summary>
    private async Task<IReadOnlyList<CommitSignature>> SignaturesAsync(
        SignerKeyring keyring, IEnumerable<string> which, CancellationToken cancellationToken)
    {
        var result = await RunAsync(
            keyring, ["log", "--topo-order", "--reverse", "--no-show-signature", "--no-color", $"--format={GpgStatus.Format}", .. which, "--"], cancellationToken)
            .ConfigureAwait(false);
        return GpgStatus.Commits(result) ?? throw Unchecked("git answered something else than was asked");
    }

    /// <summary>
    /// What the signer of a commit answers for. Its own changes, where each commit is signed: of a merge that is where it differs
    /// from what git makes of its parents. Else, and for the newest commit of a history that was rewritten, all that differs from
    /// what is published.
    /// </summary>
    private async Task<IReadOnlyList<string>> PathsAsync(
        SignerKeyring keyring, string commit, string tip, string? since, bool isEach, CancellationToken cancellationToken)
    {
        List<string> paths = [];
        if (isEach)
        {
            paths.AddRange(await OwnPathsAsync(keyring, commit, cancellationToken).ConfigureAwait(false));
        }

        if (commit == tip && (!isEach || await IsRewrittenAsync(since!, tip, cancellationToken).ConfigureAwait(false)))
        {
            paths.AddRange(Split(await RunAsync(
                keyring, ["diff-tree", "-r", "--name-only", "--no-renames", "-z", since ?? EmptyTree, tip, "--"], cancellationToken).ConfigureAwait(false)));
        }

        return [.. paths.Distinct(StringComparer.Ordinal)];
    }

    private async Task<IEnumerable<string>> OwnPathsAsync(SignerKeyring keyring, string commit, CancellationToken cancellationToken)
    {
        var parents = (await RunAsync(keyring, ["rev-parse", $"{commit}^@"], cancellationToken).ConfigureAwait(false))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries);
        // Git joins two parents again, not three: then all that differs from any of them counts.
        string[] how = parents.Length > 2 ? ["--diff-merges=separate"] : ["--remerge-diff"];
        return Split(await RunAsync(
            keyring, ["show", "--no-show-signature", "--no-color", "--format=", "--name-only", "--no-renames", "-z", .. how, commit, "--"], cancellationToken)
            .ConfigureAwait(false));
    }

    private async Task<bool> IsRewrittenAsync(string since, string tip, CancellationToken cancellationToken) =>
        await mirror.IsAncestorAsync(since, tip, cancellationToken).ConfigureAwait(false) switch
        {
            Ancestry.Known(var isAncestor) => !isAncestor,
            Ancestry.Unknown(var problem) => throw new UncheckedException(problem),
            var other => throw new System.Diagnostics.UnreachableException(other.ToString()),
        };

    private async Task<string> RunAsync(SignerKeyring keyring, IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        var command = mirror.Program.ToCommand([.. keyring.GitConfiguration, .. arguments]);
        var environment = new Dictionary<string, string?>(command.Environment, StringComparer.Ordinal) { ["GNUPGHOME"] = keyring.GnupgHome };
        var result = await _commands
            .RunAsync(command with { Environment = environment, Deadline = Deadline, OutputLimitBytes = OutputLimitBytes }, cancellationToken)
            .ConfigureAwait(false);
        return result.Succeeded && !result.IsCut ? result.Output
            : throw Unchecked(
                result.TimedOut ? $"the signatures were not checked within {Deadline}"
                : result.IsCut ? "there are too many commits since the published one"
                : result.Error.Trim());
    }

    private static string[] Split(string names) => names.Split('\0', StringSplitOptions.RemoveEmptyEntries);

    private static UncheckedException Unchecked(string what) => new(new Problem(PublishCodes.SignaturesUnchecked,
        What: $"the signatures of the commits could not be checked: {what}",
        Fix: "install git 2.35 or newer, gpg and ssh-keygen beside the control plane, and see what they say to 'git log --show-signature'"));

    private sealed class UncheckedException(Problem problem) : Exception(problem.What)
    {
        public Problem Problem { get; } = problem;
    }
}

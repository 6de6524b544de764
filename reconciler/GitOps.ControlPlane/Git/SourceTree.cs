using System.Collections.Immutable;
using GitOps.Bundles;
using GitOps.Manifests;

namespace GitOps.ControlPlane.Git;

/// <summary>What is read of one revision at most.</summary>
public sealed record SourceLimits
{
    /// <summary>An agent's executable has to fit.</summary>
    public long FileBytes { get; init; } = 64 << 20;

    public long TreeBytes { get; init; } = 512 << 20;

    public int Files { get; init; } = 200_000;

    public int Depth { get; init; } = 32;
}

public abstract record SourceReading
{
    private SourceReading() { } // closed: every case is in this file

    /// <summary>The whole tree. An error among the findings means that the revision must not be published.</summary>
    public sealed record Read(SourceFolder Root, ImmutableArray<Finding> Findings) : SourceReading;

    /// <summary>The mirror lacks an object or cannot be read: the world's doing, not the commit's.</summary>
    public sealed record Failed(Problem Problem) : SourceReading;
}

/// <summary>Reads a commit's files from the objects of a repository, within limits, without a work tree.</summary>
/// <param name="objects">Those of the repository; somebody else's to dispose.</param>
public sealed class SourceTree(GitObjects objects, SourceLimits limits, TimeSpan deadline, TimeProvider time)
{
    public SourceTree(GitMirror mirror, SourceLimits limits, TimeSpan deadline, TimeProvider time)
        : this(mirror.Objects, limits, deadline, time)
    {
    }

    /// <param name="previous">A revision read before: what has the same id in it is taken from there.</param>
    public async Task<SourceReading> ReadAsync(string commit, SourceFolder? previous, CancellationToken cancellationToken)
    {
        if (!await objects.TryOpenAsync().ConfigureAwait(false))
        {
            return new SourceReading.Failed(new Problem(GitCodes.NoGit, What: "there is no git program", Fix: "install git 2.34 or newer"));
        }

        using var timer = new CancellationTokenSource(deadline, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        try
        {
            var root = await new SourceTreeReader(objects, limits).ReadAsync(commit, previous, stop.Token).ConfigureAwait(false);
            var findings = root.AllFindings().ToArray();
            Array.Sort(findings, Finding.Compare);
            return new SourceReading.Read(root, [.. findings]);
        }
        catch (SourceTooLargeException tooLarge)
        {
            var finding = new Finding(GitCodes.TreeTooLarge, Severity.Error, SourceSpan.StartOf(tooLarge.Where), tooLarge.Message,
                Fix: "move what is not about the fleet to another repository");
            return new SourceReading.Read(new SourceFolder("", "", [], [], []), [finding]);
        }
        catch (Exception broken) when (broken is GitObjectsException or EndOfStreamException)
        {
            return new SourceReading.Failed(new Problem(GitCodes.Damaged,
                What: $"commit {commit} cannot be read from the mirror: {broken.Message}",
                Fix: "nothing to do: the mirror is fetched anew; check the disk when it happens again"));
        }
        catch (OperationCanceledException) when (timer.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return new SourceReading.Failed(new Problem(GitCodes.TooSlow,
                What: $"commit {commit} was not read from the mirror within {deadline}",
                Fix: "check the disk and the load of this machine"));
        }
    }
}

/// <summary>The tree passes a limit of <see cref="SourceLimits"/>.</summary>
internal sealed class SourceTooLargeException(string where, string message) : Exception(message)
{
    public string Where { get; } = where;
}

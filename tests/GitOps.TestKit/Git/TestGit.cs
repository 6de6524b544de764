using System.Diagnostics;
using Xunit;

namespace GitOps.TestKit.Git;

/// <summary>
/// A real Git repository in a temporary directory, made by the <c>git</c> program: a work tree, and a bare remote it pushes
/// to. No configuration of the machine or the user enters; authors and dates are fixed, so ids repeat.
/// </summary>
public sealed class TestGit : IDisposable
{
    private readonly TempDirectory _directory = new();
    private int _commits;

    /// <summary>A repository with the branch <c>main</c> and no commit.</summary>
    public TestGit()
    {
        Run(_directory.Path, "init", "--quiet", "--bare", "--initial-branch=main", RemotePath);
        Run(_directory.Path, "init", "--quiet", "--initial-branch=main", WorkTree);
        Run(WorkTree, "remote", "add", "origin", RemotePath);
    }

    /// <summary>Who signs what is committed from here on; null: nobody.</summary>
    public CommitKey? Signer { get; set; }

    /// <summary>Where files are edited.</summary>
    public string WorkTree => _directory["work"];

    /// <summary>The bare repository others fetch from.</summary>
    public string RemotePath => _directory["remote.git"];

    /// <summary>The same as a URL.</summary>
    public string RemoteUrl => "file://" + RemotePath;

    /// <summary>The id of the current commit.</summary>
    public string Head => Run(WorkTree, "rev-parse", "HEAD").Trim();

    /// <summary>Writes one file into the work tree, without committing.</summary>
    public void Write(string path, string content)
    {
        var full = Path.Combine(WorkTree, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, content);
    }

    /// <summary>Removes a file from the work tree, without committing.</summary>
    public void Delete(string path) => File.Delete(Path.Combine(WorkTree, path));

    /// <summary>Writes files and commits all there is.</summary>
    /// <returns>The commit id.</returns>
    public string Commit(string message, params (string Path, string Content)[] files)
    {
        foreach (var (path, content) in files)
        {
            Write(path, content);
        }

        Run(WorkTree, "add", "--all");
        Run(WorkTree, [.. Signing, "commit", "--quiet", "--allow-empty", "--message", message]);
        return Head;
    }

    /// <summary>Commits and pushes.</summary>
    public string CommitAndPush(string message, params (string Path, string Content)[] files)
    {
        var id = Commit(message, files);
        Push();
        return id;
    }

    /// <summary>Pushes the current branch.</summary>
    public void Push(bool force = false) =>
        Run(WorkTree, ["push", "--quiet", .. force ? ["--force"] : Array.Empty<string>(), "origin", "HEAD"]);

    /// <summary>Starts a branch here, or moves to one.</summary>
    public void Switch(string branch, bool create = false) =>
        Run(WorkTree, ["switch", "--quiet", .. create ? ["--create"] : Array.Empty<string>(), branch]);

    /// <summary>Forgets commits: the branch and the work tree are at this revision.</summary>
    public void Reset(string revision) => Run(WorkTree, "reset", "--quiet", "--hard", revision);

    /// <summary>Merges a branch into the current one, with a commit of its own; what is staged beforehand by <paramref name="edit"/> joins it.</summary>
    public string Merge(string branch, Action? edit = null)
    {
        Run(WorkTree, "merge", "--quiet", "--no-ff", "--no-commit", branch);
        edit?.Invoke();
        Run(WorkTree, "add", "--all");
        Run(WorkTree, [.. Signing, "commit", "--quiet", "--message", $"merge {branch}"]);
        return Head;
    }

    /// <summary>Tags the current commit and pushes the tag.</summary>
    public void Tag(string name)
    {
        Run(WorkTree, "tag", name);
        Run(WorkTree, "push", "--quiet", "origin", name);
    }

    /// <summary>Any git command in the work tree; fails the test when git does.</summary>
    public string Git(params string[] arguments) => Run(WorkTree, arguments);

    public void Dispose() => _directory.Dispose();

    private IEnumerable<string> Signing => Signer?.GitArguments ?? ["-c", "commit.gpgSign=false"];

    private string Run(string directory, params string[] arguments)
    {
        var start = new ProcessStartInfo("git", arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = directory,
        };
        foreach (var name in start.Environment.Keys.Where(n => n.StartsWith("GIT_", StringComparison.Ordinal)).ToList())
        {
            start.Environment.Remove(name);
        }

        var date = FormattableString.Invariant($"{1_760_000_000 + _commits++} +0000");
        foreach (var (name, value) in new[]
        {
            ("GIT_CONFIG_GLOBAL", "/dev/null"), ("GIT_CONFIG_NOSYSTEM", "1"), ("GIT_TERMINAL_PROMPT", "0"),
            ("GIT_AUTHOR_NAME", "Test"), ("GIT_AUTHOR_EMAIL", "test@example.com"), ("GIT_AUTHOR_DATE", date),
            ("GIT_COMMITTER_NAME", "Test"), ("GIT_COMMITTER_EMAIL", "test@example.com"), ("GIT_COMMITTER_DATE", date),
        })
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"git {string.Join(' ', arguments)} ended with {process.ExitCode}: {error.Result}");
        return output;
    }
}

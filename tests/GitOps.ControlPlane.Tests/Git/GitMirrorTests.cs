using System.Diagnostics;
using GitOps.ControlPlane.Git;
using GitOps.Platform.Processes;
using GitOps.TestKit;
using GitOps.TestKit.Git;

namespace GitOps.ControlPlane.Tests.Git;

public sealed class GitMirrorTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly TestGit _git = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string MirrorPath => _directory["mirror.git"];

    public void Dispose()
    {
        _git.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task A_branch_is_followed_by_path_and_by_url()
    {
        var first = _git.CommitAndPush("one", ("a.yaml", "a: 1"));
        await using var byPath = Mirror("main", _git.RemotePath, "path.git");
        await using var byUrl = Mirror("main", _git.RemoteUrl, "url.git");
        Assert.Equal(first, await Fetch(byPath));
        Assert.Equal(first, await Fetch(byUrl));
        var second = _git.CommitAndPush("two", ("a.yaml", "a: 2"));
        Assert.Equal(second, await Fetch(byPath));
        Assert.Equal(second, await Fetch(byUrl));
        Assert.False(File.Exists(Path.Combine(_directory["path.git"], "index")), "there is a work tree");
    }

    [Fact]
    public async Task A_tag_and_a_commit_are_followed_too()
    {
        var tagged = _git.CommitAndPush("one", ("a.yaml", "a: 1"));
        _git.Tag("v1");
        _git.Git("tag", "--annotate", "--message", "annotated", "v2");
        _git.Git("push", "--quiet", "origin", "v2");
        var later = _git.CommitAndPush("two", ("a.yaml", "a: 2"));
        await using var light = Mirror("refs/tags/v1", directory: "light.git");
        await using var annotated = Mirror("refs/tags/v2", directory: "annotated.git");
        await using var commit = Mirror(tagged, directory: "commit.git");
        Assert.Equal(tagged, await Fetch(light));
        Assert.Equal(tagged, await Fetch(annotated));
        Assert.Equal(tagged, await Fetch(commit));
        Assert.Equal(tagged, await Fetch(commit));
        Assert.NotEqual(tagged, later);
    }

    [Fact]
    public async Task A_forced_push_is_followed_and_seen_for_what_it_is()
    {
        var first = _git.CommitAndPush("one", ("a.yaml", "a: 1"));
        var second = _git.CommitAndPush("two", ("a.yaml", "a: 2"));
        await using var mirror = Mirror();
        await Fetch(mirror);
        _git.Reset(first);
        var rewritten = _git.Commit("other two", ("a.yaml", "a: 3"));
        _git.Push(force: true);
        Assert.Equal(rewritten, await Fetch(mirror));
        Assert.Equal(new Ancestry.Known(true), await mirror.IsAncestorAsync(first, rewritten, Cancellation));
        Assert.Equal(new Ancestry.Known(false), await mirror.IsAncestorAsync(second, rewritten, Cancellation));
        var unknown = new string('1', 40);
        Assert.Equal(new Ancestry.Known(false), await mirror.IsAncestorAsync(unknown, rewritten, Cancellation));
    }

    [Fact]
    public async Task A_fetch_that_finds_nothing_writes_nothing()
    {
        _git.CommitAndPush("one", ("a.yaml", "a: 1"));
        await using var mirror = Mirror();
        await Fetch(mirror);
        var before = Snapshot();
        await Fetch(mirror);
        Assert.Equal(before, Snapshot());

        List<(string, DateTime, long)> Snapshot() =>
        [
            .. new DirectoryInfo(MirrorPath).EnumerateFileSystemInfos("*", SearchOption.AllDirectories)
                .Select(entry => (entry.FullName, entry.LastWriteTimeUtc, entry is FileInfo file ? file.Length : 0)).Order(),
        ];
    }

    [Fact]
    public async Task A_branch_that_is_not_there_is_named()
    {
        _git.CommitAndPush("one", ("a.yaml", "a: 1"));
        await using var mirror = Mirror("release");
        var problem = await Fail(mirror);
        Assert.Equal(GitCodes.NoSuchReference.Id, problem.Code);
        Assert.Contains("branch 'release'", problem.What, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Something_that_is_no_repository_is_said_to_be_none()
    {
        await using var mirror = Mirror(address: _directory["nothing"]);
        Assert.Equal(GitCodes.NotARepository.Id, (await Fail(mirror)).Code);
    }

    [Fact]
    public async Task A_server_that_does_not_answer_is_unreachable()
    {
        await using var mirror = Mirror(address: "http://127.0.0.1:1/fleet.git");
        Assert.Equal(GitCodes.Unreachable.Id, (await Fail(mirror)).Code);
    }

    [Theory]
    [InlineData("ext::sh -c touch% /tmp/x")]
    [InlineData("--upload-pack=touch")]
    [InlineData("ftp://host/fleet.git")]
    [InlineData("fleet.git")]
    public async Task An_address_that_is_none_never_reaches_git(string address)
    {
        await using var mirror = Mirror(address: address);
        Assert.Equal(GitCodes.BadAddress.Id, (await Fail(mirror)).Code);
    }

    [Fact]
    public async Task A_sha256_repository_is_refused()
    {
        var remote = _directory["sha256"];
        _git.Git("init", "--quiet", "--object-format=sha256", "--initial-branch=main", remote);
        _git.Git("-C", remote, "commit", "--quiet", "--allow-empty", "--message", "one");
        await using var mirror = Mirror(address: remote);
        Assert.Equal(GitCodes.Unsupported.Id, (await Fail(mirror)).Code);
    }

    [Fact]
    public async Task A_partial_clone_is_refused()
    {
        _git.CommitAndPush("one", ("a.yaml", "a: 1"));
        _git.Git("-C", _git.RemotePath, "config", "uploadpack.allowFilter", "true");
        _git.Git("clone", "--quiet", "--bare", "--filter=blob:none", _git.RemoteUrl, _directory["partial.git"]);
        await using var mirror = Mirror(address: _directory["partial.git"]);
        Assert.Equal(GitCodes.Unsupported.Id, (await Fail(mirror)).Code);
    }

    [Fact]
    public async Task A_password_in_the_address_is_never_shown()
    {
        await using var mirror = Mirror(address: "http://ops:hunter2@127.0.0.1:1/fleet.git");
        Assert.DoesNotContain("hunter2", (await Fail(mirror)).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_fetch_that_takes_too_long_is_killed_with_all_it_started()
    {
        // A server that accepts and says nothing.
        using var silent = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        silent.Start();
        var port = ((System.Net.IPEndPoint)silent.LocalEndpoint).Port;
        var source = Source(address: $"http://127.0.0.1:{port}/fleet.git") with { Deadline = TimeSpan.FromSeconds(1) };
        await using var mirror = new GitMirror(MirrorPath, source, new CommandRunner(TimeProvider.System));
        Assert.Equal(GitCodes.TooSlow.Id, (await Fail(mirror)).Code);
        Assert.DoesNotContain(
            Process.GetProcesses(), process => CommandLineOf(process).Contains($"127.0.0.1:{port}", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Locks_and_halves_that_a_killed_git_left_are_no_obstacle()
    {
        _git.CommitAndPush("one", ("a.yaml", "a: 1"));
        await using (var before = Mirror())
        {
            await Fetch(before);
        }

        await File.WriteAllTextAsync(Path.Combine(MirrorPath, "refs/gitops/tracked.lock"), "", Cancellation);
        await File.WriteAllTextAsync(Path.Combine(MirrorPath, "packed-refs.lock"), "", Cancellation);
        await File.WriteAllTextAsync(Path.Combine(MirrorPath, "objects/pack/tmp_pack_x"), "half", Cancellation);
        var second = _git.CommitAndPush("two", ("a.yaml", "a: 2"));
        await using var mirror = Mirror();
        Assert.Equal(second, await Fetch(mirror));
        Assert.False(File.Exists(Path.Combine(MirrorPath, "objects/pack/tmp_pack_x")));
    }

    [Fact]
    public async Task A_damaged_mirror_is_fetched_anew_and_swapped_in()
    {
        _git.CommitAndPush("one", ("a.yaml", "a: 1"));
        await using (var before = Mirror())
        {
            await Fetch(before);
        }

        foreach (var file in Directory.EnumerateFiles(Path.Combine(MirrorPath, "objects"), "*", SearchOption.AllDirectories))
        {
            File.Delete(file); // read-only: git never changes an object
            await File.WriteAllTextAsync(file, "", Cancellation);
        }

        var second = _git.CommitAndPush("two", ("a.yaml", "a: 2"));
        await using var mirror = Mirror();
        Assert.Equal(second, await Fetch(mirror));
        Assert.Equal(2, Assert.IsType<SourceReading.Read>(await ReadAsync(mirror, second)).Root.AllFiles().Count() + 1);
        Assert.False(Directory.Exists(MirrorPath + ".new") || Directory.Exists(MirrorPath + ".old"));
    }

    [Fact]
    public async Task A_mirror_that_is_gone_is_made_again()
    {
        var first = _git.CommitAndPush("one", ("a.yaml", "a: 1"));
        await using var mirror = Mirror();
        await Fetch(mirror);
        Directory.Delete(MirrorPath, recursive: true);
        Assert.Equal(first, await Fetch(mirror));
    }

    [Fact]
    public async Task Many_fetches_leave_few_files()
    {
        _git.CommitAndPush("one", ("a.yaml", "a: 1"));
        await using var mirror = Mirror();
        mirror.Maintenance.FetchesBetween = 8;
        for (var i = 0; i < 33; i++)
        {
            _git.CommitAndPush($"change {i}", ("a.yaml", $"a: {i}"));
            await Fetch(mirror);
            await mirror.Maintenance.Ended;
        }

        var files = Directory.EnumerateFiles(Path.Combine(MirrorPath, "objects"), "*", SearchOption.AllDirectories).Count();
        // 34 fetches of three objects each, of which the last few may be loose.
        Assert.InRange(files, 1, 50);
        Assert.Equal(_git.Head, await Fetch(mirror));
    }

    private static async Task<string> Fetch(GitMirror mirror)
    {
        var outcome = await mirror.FetchAsync(Cancellation);
        return Assert.IsType<FetchOutcome.Fetched>(outcome).Commit;
    }

    private static async Task<GitOps.Bundles.Problem> Fail(GitMirror mirror) =>
        Assert.IsType<FetchOutcome.Failed>(await mirror.FetchAsync(Cancellation)).Problem;

    private static Task<SourceReading> ReadAsync(GitMirror mirror, string commit) =>
        new SourceTree(mirror, new SourceLimits(), TimeSpan.FromSeconds(60), TimeProvider.System).ReadAsync(commit, null, Cancellation);

    private static string CommandLineOf(Process process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process.Id}/cmdline");
        }
        catch (IOException)
        {
            return ""; // it ended meanwhile
        }
    }

    private GitSource Source(string reference = "main", string? address = null) =>
        new(address ?? _git.RemotePath, GitReference.TryParse(reference)!);

    private GitMirror Mirror(string reference = "main", string? address = null, string directory = "mirror.git") =>
        new(_directory[directory], Source(reference, address), new CommandRunner(TimeProvider.System));
}

using System.Text;
using GitOps.ControlPlane.Git;
using GitOps.Platform.Processes;
using GitOps.TestKit;
using GitOps.TestKit.Git;

namespace GitOps.ControlPlane.Tests.Git;

public sealed class SourceTreeTests : IAsyncLifetime
{
    private readonly TempDirectory _directory = new();
    private readonly TestGit _git = new();
    private readonly GitMirror _mirror;

    public SourceTreeTests() => _mirror = new GitMirror(
        _directory["mirror.git"], new GitSource(_git.RemotePath, new GitReference.Branch("main")), new CommandRunner(TimeProvider.System));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _mirror.DisposeAsync();
        _git.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task Every_file_comes_with_its_bytes_and_blob_id()
    {
        _git.CommitAndPush("one", ("fleet.yaml", "kind: Fleet"), ("sites/berlin/ä.yaml", "größe: 1"), ("sites/empty", ""));
        var (root, findings) = await Read();
        Assert.Empty(findings);
        Assert.Equal(["fleet.yaml", "sites/berlin/ä.yaml", "sites/empty"], root.AllFiles().Select(f => f.Path).Order(StringComparer.Ordinal));
        var file = root.AllFiles().Single(f => f.Path == "sites/berlin/ä.yaml");
        Assert.Equal("größe: 1", Encoding.UTF8.GetString(file.Bytes.Span));
        Assert.Equal(_git.Git("rev-parse", "HEAD:sites/berlin/ä.yaml").Trim(), file.BlobId);
    }

    [Fact]
    public async Task What_did_not_change_is_taken_from_the_revision_before()
    {
        _git.CommitAndPush("one", ("a/1.yaml", "a"), ("a/2.yaml", "b"), ("b/3.yaml", "c"), ("top.yaml", "d"));
        var (before, _) = await Read();
        _git.CommitAndPush("two", ("a/2.yaml", "changed"));
        var (after, _) = await Read(before);
        Assert.Same(Folder(before, "b"), Folder(after, "b"));
        Assert.NotSame(Folder(before, "a"), Folder(after, "a"));
        Assert.Same(File(before, "a/1.yaml"), File(after, "a/1.yaml"));
        Assert.Equal("changed", Encoding.UTF8.GetString(File(after, "a/2.yaml").Bytes.Span));
        Assert.Equal(["a/2.yaml"], SourceFolder.Changes(before, after).Select(change => change.Path));

        static SourceFolder Folder(SourceFolder root, string path) => root.Folders.Single(f => f.Path == path);
        static Manifests.SourceFile File(SourceFolder root, string path) => root.AllFiles().Single(f => f.Path == path);
    }

    [Fact]
    public async Task Changes_name_what_was_added_changed_and_removed()
    {
        _git.CommitAndPush("one", ("a/1.yaml", "a"), ("b/2.yaml", "b"), ("gone/3.yaml", "c"));
        var (before, _) = await Read();
        _git.Delete("gone/3.yaml");
        _git.CommitAndPush("two", ("a/1.yaml", "A"), ("new/4.yaml", "d"));
        var (after, _) = await Read(before);
        Assert.Equal(["a/1.yaml", "gone/3.yaml", "new/4.yaml"], SourceFolder.Changes(before, after).Select(change => change.Path));
        Assert.Empty(SourceFolder.Changes(after, after));
    }

    [Fact]
    public async Task Links_submodules_and_names_that_collide_are_found_and_left_out_or_kept()
    {
        _git.Write("real.yaml", "a: 1");
        System.IO.File.CreateSymbolicLink(Path.Combine(_git.WorkTree, "link.yaml"), "/etc/passwd");
        _git.Git("update-index", "--add", "--cacheinfo", $"160000,{new string('1', 40)},module");
        var id = _git.Git("hash-object", "-w", "real.yaml").Trim();
        _git.Git("add", "real.yaml", "link.yaml");
        _git.Git("update-index", "--add", "--cacheinfo", $"100644,{id},REAL.yaml");
        _git.Git("commit", "--quiet", "--message", "one");
        _git.Push();
        var (root, findings) = await Read();
        Assert.Equal(["REAL.yaml", "real.yaml"], root.AllFiles().Select(f => f.Path).Order(StringComparer.Ordinal));
        Assert.Equal(
            [("link.yaml", "PUB072"), ("module", "PUB073"), ("real.yaml", "PUB074")],
            findings.Select(f => (f.Span.File, f.Code.Id)));
        Assert.All(findings, f => Assert.Equal(Manifests.Severity.Warning, f.Severity));
    }

    [Fact]
    public async Task A_file_over_the_limit_is_an_error_and_the_rest_is_read()
    {
        _git.CommitAndPush("one", ("big.bin", new string('x', 5000)), ("small.yaml", "a"));
        var (root, findings) = await Read(limits: new SourceLimits { FileBytes = 4000 });
        Assert.Equal("big.bin:1:1: error PUB070: the file has 5000 bytes, at most 4000 are read", Assert.Single(findings).ToText().Split('\n')[0]);
        Assert.Equal("small.yaml", Assert.Single(root.AllFiles()).Path);
    }

    [Fact]
    public async Task A_tree_over_a_limit_is_an_error()
    {
        _git.CommitAndPush("one", ("a/1", "aaaa"), ("a/2", "bbbb"), ("c/d/e/3", "cccc"));
        foreach (var limits in new[] { new SourceLimits { Files = 2 }, new SourceLimits { TreeBytes = 10 }, new SourceLimits { Depth = 2 } })
        {
            var (root, findings) = await Read(limits: limits);
            Assert.Equal("PUB071", Assert.Single(findings).Code.Id);
            Assert.Empty(root.AllFiles());
        }
    }

    [Fact]
    public async Task A_limit_holds_for_what_is_taken_over_too()
    {
        _git.CommitAndPush("one", ("a/1", "a"), ("a/2", "b"));
        var (before, _) = await Read();
        _git.CommitAndPush("two", ("b/3", "c"));
        var (_, findings) = await Read(before, new SourceLimits { Files = 2 });
        Assert.Equal("PUB071", Assert.Single(findings).Code.Id);
    }

    [Fact]
    public async Task A_commit_that_is_not_in_the_mirror_is_a_failure_and_not_a_crash()
    {
        _git.CommitAndPush("one", ("a", "a"));
        await _mirror.FetchAsync(Cancellation);
        var tree = new SourceTree(_mirror, new SourceLimits(), TimeSpan.FromSeconds(60), TimeProvider.System);
        var failed = Assert.IsType<SourceReading.Failed>(await tree.ReadAsync(new string('1', 40), null, Cancellation));
        Assert.Equal(GitCodes.Damaged.Id, failed.Problem.Code);
    }

    private async Task<(SourceFolder Root, IReadOnlyList<Manifests.Finding> Findings)> Read(
        SourceFolder? previous = null, SourceLimits? limits = null)
    {
        var commit = Assert.IsType<FetchOutcome.Fetched>(await _mirror.FetchAsync(Cancellation)).Commit;
        var tree = new SourceTree(_mirror, limits ?? new SourceLimits(), TimeSpan.FromSeconds(60), TimeProvider.System);
        var read = Assert.IsType<SourceReading.Read>(await tree.ReadAsync(commit, previous, Cancellation));
        return (read.Root, read.Findings);
    }
}

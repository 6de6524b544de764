using GitOps.ControlPlane.Git;
using GitOps.Platform.Processes;
using GitOps.TestKit;
using GitOps.TestKit.Git;

namespace GitOps.ControlPlane.Tests.Git;

/// <summary>
/// The examples of <c>docs/errors.md</c> about what Git holds and no folder can: <c>NAME -> TARGET</c> is a symbolic link,
/// <c>NAME @ COMMIT</c> a submodule.
/// </summary>
public sealed class TreeFindingTests
{
    private static readonly string[] OfTrees =
    [
        GitCodes.FileTooLarge.Id, GitCodes.TreeTooLarge.Id, GitCodes.SymbolicLink.Id, GitCodes.Submodule.Id,
        GitCodes.CaseCollision.Id, GitCodes.BadName.Id,
    ];

    public static TheoryData<string> Examples { get; } = [.. FindingExample.Codes.Intersect(OfTrees)];

    [Fact]
    public void Every_code_about_a_tree_has_an_example() => Assert.Empty(OfTrees.Except(FindingExample.Codes));

    [Theory]
    [MemberData(nameof(Examples))]
    public async Task The_example_shows_its_code_and_no_other(string code)
    {
        var example = FindingExample.Of(code);
        using var git = new TestGit();
        foreach (var (path, bytes) in example.Files)
        {
            Add(git, path, bytes);
        }

        git.Git("commit", "--quiet", "--message", code);
        var local = new LocalRepository(git.WorkTree, new CommandRunner(TimeProvider.System), TimeProvider.System);
        var reading = await local.ReadAsync(git.Head, previous: null, TestContext.Current.CancellationToken);

        var findings = Assert.IsType<SourceReading.Read>(reading).Findings;
        example.Verify(string.Concat(findings.Select(finding => finding.ToText() + "\n")));
        Assert.NotEmpty(findings);
        Assert.All(findings, finding => Assert.Equal(code, finding.Code.Id));
    }

    private static void Add(TestGit git, string path, byte[] bytes)
    {
        if (path.Split(" @ ") is [var module, var commit])
        {
            git.Git("update-index", "--add", "--cacheinfo", $"160000,{commit},{module}");
            return;
        }

        var link = path.Split(" -> ");
        var full = Path.Combine(git.WorkTree, link[0]);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        if (link is [_, var target])
        {
            File.CreateSymbolicLink(full, target);
        }
        else
        {
            File.WriteAllBytes(full, bytes);
        }

        git.Git("add", link[0]);
    }
}

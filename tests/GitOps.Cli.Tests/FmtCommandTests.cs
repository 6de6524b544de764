using GitOps.Platform.Files;
using GitOps.TestKit;

namespace GitOps.Cli.Tests;

public sealed class FmtCommandTests
{
    private const string Messy = "kind: Site\napiVersion: gitops.edge/v1\nmetadata:\n    name: a # short\n";
    private const string Neat = "apiVersion: gitops.edge/v1\nkind: Site\nmetadata:\n  name: a # short\n";

    [Fact]
    public async Task Help_says_what_it_is_for()
    {
        var result = await GitOpsRun.RunAsync(null, "fmt", "--help");
        Assert.Equal(0, result.ExitCode);
        Golden.Verify("help-fmt.txt", result.Output.Replace("gitops.dll", "gitops", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Check_lists_what_would_change_and_writes_nothing()
    {
        using var folder = Folder(Messy);
        var result = await GitOpsRun.RunAsync(folder.Path, "fmt", "--check");
        Assert.Equal(3, result.ExitCode);
        Assert.Equal("a.yaml\n", result.Output);
        Assert.Equal(Messy, File.ReadAllText(folder["a.yaml"]));
    }

    [Fact]
    public async Task Files_are_written_once_and_keep_their_mode()
    {
        using var folder = Folder(Messy);
        DiskFileLayer.Host.SetMode(folder["a.yaml"], AtomicFile.Private);
        var result = await GitOpsRun.RunAsync(folder.Path, "fmt");
        Assert.Equal(0, result.ExitCode);
        Assert.Equal("a.yaml\n", result.Output);
        Assert.Equal(Neat, File.ReadAllText(folder["a.yaml"]));
        Assert.Equal(AtomicFile.Private, DiskFileLayer.Host.Stat(folder["a.yaml"])!.Mode);
        Assert.Equal("", (await GitOpsRun.RunAsync(folder.Path, "fmt")).Output);
        Assert.Equal(0, (await GitOpsRun.RunAsync(folder.Path, "fmt", "--check")).ExitCode);
    }

    [Fact]
    public async Task What_is_not_ours_or_broken_is_left_alone_and_says_why()
    {
        using var folder = Folder(Neat);
        File.WriteAllText(folder["pod.yaml"], "kind: Pod\n");
        File.WriteAllText(folder["half.yml"], "apiVersion: gitops.edge/v1\nkind: [\n");
        Directory.CreateDirectory(folder[".github"]);
        File.WriteAllText(folder[".github/ci.yaml"], Messy);
        var result = await GitOpsRun.RunAsync(folder.Path, "fmt");
        Assert.Equal(0, result.ExitCode);
        Assert.Contains("left pod.yaml alone", result.Error, StringComparison.Ordinal);
        Assert.Contains("left half.yml alone", result.Error, StringComparison.Ordinal);
        Assert.Equal("kind: Pod\n", File.ReadAllText(folder["pod.yaml"]));
        Assert.Equal(Messy, File.ReadAllText(folder[".github/ci.yaml"]));
    }

    [Fact]
    public async Task What_gitopsignore_lists_is_left_alone_unless_it_is_named()
    {
        using var folder = Folder(Neat);
        Directory.CreateDirectory(folder["apps/vendored"]);
        File.WriteAllText(folder["apps/vendored/b.yaml"], Messy);
        File.WriteAllText(folder[".gitopsignore"], "apps/vendored # theirs\n");
        Assert.Equal("", (await GitOpsRun.RunAsync(folder.Path, "fmt", "--check")).Output);
        Assert.Equal("", (await GitOpsRun.RunAsync(folder.Path, "fmt", "--check", "apps")).Output);
        Assert.Equal("apps/vendored/b.yaml\n", (await GitOpsRun.RunAsync(folder.Path, "fmt", "--check", "apps/vendored/b.yaml")).Output);
    }

    [Fact]
    public async Task Every_example_has_the_canonical_form()
    {
        var result = await GitOpsRun.RunAsync(Path.GetFullPath(Path.Combine(FindingExample.Folder, "../../examples")), "fmt", "--check");
        Assert.Equal("", result.Output);
        Assert.Equal(0, result.ExitCode);
    }

    [Fact]
    public async Task A_new_repository_has_the_canonical_form()
    {
        using var folder = new TempDirectory();
        await GitOpsRun.RunAsync(folder.Path, "init", "plant");
        Assert.Equal(0, (await GitOpsRun.RunAsync(folder["plant"], "fmt", "--check")).ExitCode);
    }

    [Fact]
    public async Task A_path_that_is_not_there_is_wrong_usage() =>
        Assert.Equal(2, (await GitOpsRun.RunAsync(null, "fmt", "/there/is/no/such/file.yaml")).ExitCode);

    private static TempDirectory Folder(string text)
    {
        var folder = new TempDirectory();
        File.WriteAllText(folder["a.yaml"], text);
        return folder;
    }
}

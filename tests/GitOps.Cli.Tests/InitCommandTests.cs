using GitOps.TestKit;

namespace GitOps.Cli.Tests;

public sealed class InitCommandTests
{
    [Fact]
    public async Task Help_says_what_it_is_for()
    {
        var result = await GitOpsRun.RunAsync(null, "init", "--help");
        Assert.Equal(0, result.ExitCode);
        Golden.Verify("help-init.txt", result.Output.Replace("gitops.dll", "gitops", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_new_repository_validates_and_has_the_schemas_its_files_name()
    {
        using var folder = new TempDirectory();
        var result = await GitOpsRun.RunAsync(folder.Path, "init", "plant", "--name", "my-plant");
        Assert.Equal(0, result.ExitCode);
        Assert.Contains("gitops validate", result.Output, StringComparison.Ordinal);

        var valid = await GitOpsRun.RunAsync(folder["plant"], "validate");
        Assert.Equal(0, valid.ExitCode);
        Assert.Contains("valid: 1 node, 1 unit; 0 errors, 0 warnings", valid.Output, StringComparison.Ordinal);
        foreach (var file in Directory.EnumerateFiles(folder["plant"], "*.yaml", SearchOption.AllDirectories))
        {
            var line = (await File.ReadAllLinesAsync(file, TestContext.Current.CancellationToken))[0];
            Assert.StartsWith("# yaml-language-server: $schema=", line, StringComparison.Ordinal);
            Assert.True(File.Exists(Path.Combine(Path.GetDirectoryName(file)!, line["# yaml-language-server: $schema=".Length..])), line);
        }
    }

    [Fact]
    public async Task Two_fleets_never_have_one_uid()
    {
        using var folder = new TempDirectory();
        await GitOpsRun.RunAsync(folder.Path, "init", "a");
        await GitOpsRun.RunAsync(folder.Path, "init", "b");
        Assert.NotEqual(Uid(folder["a/fleet.yaml"]), Uid(folder["b/fleet.yaml"]));
    }

    [Fact]
    public async Task A_folder_with_files_is_refused_and_force_replaces_nothing()
    {
        using var folder = new TempDirectory();
        File.WriteAllText(folder["README.md"], "mine");
        var refused = await GitOpsRun.RunAsync(folder.Path, "init");
        Assert.Equal(5, refused.ExitCode);
        Assert.Contains("CLI004", refused.Error, StringComparison.Ordinal);
        Assert.Single(Directory.EnumerateFileSystemEntries(folder.Path));

        var forced = await GitOpsRun.RunAsync(folder.Path, "init", "--force");
        Assert.Equal(0, forced.ExitCode);
        Assert.Contains("kept README.md", forced.Error, StringComparison.Ordinal);
        Assert.Equal("mine", File.ReadAllText(folder["README.md"]));
        Assert.Equal(0, (await GitOpsRun.RunAsync(folder.Path, "validate")).ExitCode);
    }

    [Fact]
    public async Task Schemas_are_renewed_without_touching_the_rest()
    {
        using var folder = new TempDirectory();
        Directory.CreateDirectory(folder[".gitops/schemas"]);
        File.WriteAllText(folder[".gitops/schemas/Fleet.json"], "old");
        Assert.Equal(0, (await GitOpsRun.RunAsync(folder.Path, "init", "--schemas")).ExitCode);
        Assert.Contains("draft-07", File.ReadAllText(folder[".gitops/schemas/Fleet.json"]), StringComparison.Ordinal);
        Assert.False(File.Exists(folder["fleet.yaml"]));
    }

    [Fact]
    public async Task A_name_that_is_none_is_wrong_usage() =>
        Assert.Equal(2, (await GitOpsRun.RunAsync(null, "init", "/there/is/no/such", "--name", "My Plant")).ExitCode);

    private static string Uid(string file) => File.ReadAllLines(file).Single(line => line.Contains("uid:", StringComparison.Ordinal));
}

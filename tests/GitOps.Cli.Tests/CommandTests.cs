using System.Text.Json;
using GitOps.TestKit;
using GitOps.TestKit.Git;

namespace GitOps.Cli.Tests;

public sealed class CommandTests
{
    private const string Fleet = """
        apiVersion: gitops.edge/v1
        kind: Fleet
        metadata: {name: f}
        spec: {uid: 5b2f8f5e-6f0d-4f0a-9a4e-2f1f6f8f7c01}
        ---
        apiVersion: gitops.edge/v1
        kind: EdgeNode
        metadata: {name: press-1}
        spec: {}
        ---
        apiVersion: gitops.edge/v1
        kind: ConfigFile
        metadata: {name: motd}
        spec: {placement: {all: true}, path: /srv/motd, content: hello}

        """;

    [Theory]
    [InlineData("")]
    [InlineData("validate")]
    [InlineData("render")]
    [InlineData("diff")]
    [InlineData("convert")]
    [InlineData("import edgex")]
    [InlineData("node")]
    [InlineData("node remove")]
    [InlineData("secret")]
    [InlineData("secret seal")]
    [InlineData("secret recipients")]
    [InlineData("broker")]
    [InlineData("trust")]
    [InlineData("trust root")]
    [InlineData("status")]
    [InlineData("devices")]
    [InlineData("devices values")]
    [InlineData("demo")]
    [InlineData("install")]
    public async Task Help_says_what_a_command_is_for(string command)
    {
        var result = await GitOpsRun.RunAsync(null, [.. command.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]);
        Assert.Equal(0, result.ExitCode);
        Golden.Verify($"help-{(command.Length == 0 ? "gitops" : command.Replace(' ', '-'))}.txt", result.Output.Replace("gitops.dll", "gitops", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_profile_of_EdgeX_is_converted_with_what_was_changed_and_one_that_is_wrong_is_not()
    {
        using var folder = new TempDirectory();
        var (good, bad, into) = (Path.Combine(folder.Path, "good.yaml"), Path.Combine(folder.Path, "bad.yaml"), Path.Combine(folder.Path, "out"));
        const string Profile = "name: Pump 1\ndeviceResources:\n  - {name: speed, attributes: {primaryTable: HOLDING_REGISTERS, startingAddress: 4}, properties: {valueType: Uint16, readWrite: RW, maximum: \"3000\"}}\n";
        await File.WriteAllTextAsync(good, Profile, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(bad, Profile.Replace("Uint16", "Uint17", StringComparison.Ordinal), TestContext.Current.CancellationToken);

        var printed = await GitOpsRun.RunAsync(null, "convert", good);
        var written = await GitOpsRun.RunAsync(null, "convert", good, "--into", into);
        var refused = await GitOpsRun.RunAsync(null, "convert", bad);

        Assert.Equal((0, 0, 1), (printed.ExitCode, written.ExitCode, refused.ExitCode));
        Assert.Contains("note EDX010", printed.Error, StringComparison.Ordinal);
        Assert.Contains("kind: DeviceModel\nmetadata:\n  name: pump-1\n", printed.Output, StringComparison.Ordinal);
        Assert.Contains("maximum: 3000", await File.ReadAllTextAsync(Path.Combine(into, "devicemodel-pump-1.yaml"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Contains("error EDX002", refused.Error, StringComparison.Ordinal);
        Assert.Empty(refused.Output);
    }

    [Theory]
    [InlineData("valdate")]
    [InlineData("render")]
    [InlineData("status", "--server", "localhost")]
    [InlineData("validate", "/there/is/no/such/folder")]
    [InlineData("serve")]
    [InlineData("validate", "--output", "xml")]
    [InlineData("node", "remove", "press-1")]
    [InlineData("node", "remove", "press-1", "--keep", "--wipe")]
    public async Task Wrong_usage_is_exit_code_2_and_says_why(params string[] arguments)
    {
        var result = await GitOpsRun.RunAsync(null, arguments);
        Assert.Equal(2, result.ExitCode);
        Assert.NotEmpty(result.Error);
        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_valid_fleet_is_exit_code_0()
    {
        using var folder = Folder(Fleet);
        var result = await GitOpsRun.RunAsync(folder.Path, "validate");
        Assert.Equal(0, result.ExitCode);
        Assert.Contains("valid: 1 node, 1 unit; 0 errors, 0 warnings", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Findings_are_exit_code_1_and_all_there()
    {
        using var folder = Folder(Fleet.Replace("path: /srv/motd", "pth: /srv/motd, moed: x", StringComparison.Ordinal));
        var result = await GitOpsRun.RunAsync(folder.Path, "validate");
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("fleet.yaml:14:32: error MAN014", result.Error, StringComparison.Ordinal);
        Assert.Contains("did you mean 'path'?", result.Error, StringComparison.Ordinal);
        Assert.Contains("did you mean 'mode'?", result.Error, StringComparison.Ordinal);
    }

    /// <summary>However long a line is: a file has no width, and a line that is broken cannot be searched for.</summary>
    [Fact]
    public async Task An_example_of_the_documentation_is_told_as_it_stands_there()
    {
        using var folder = new TempDirectory();
        var deep = string.Join('/', Enumerable.Repeat("a-folder-with-a-long-name", 8)) + "/";
        File.Copy(Path.Combine(FindingExample.Folder, "fleet.yaml"), folder["fleet.yaml"]);
        Directory.CreateDirectory(folder[deep]);
        var example = FindingExample.Of("MAN051");
        foreach (var (path, bytes) in example.Files)
        {
            File.WriteAllBytes(folder[deep + path], bytes);
        }

        var result = await GitOpsRun.RunAsync(folder.Path, "validate");
        Assert.Equal(deep + example.Said, result.Error);
    }

    [Fact]
    public async Task Findings_for_programs_are_json()
    {
        using var folder = Folder(Fleet.Replace("content: hello", "content: hello, moed: x", StringComparison.Ordinal));
        var result = await GitOpsRun.RunAsync(folder.Path, "validate", "--output", "json");
        using var document = JsonDocument.Parse(result.Output);
        var finding = Assert.Single(document.RootElement.GetProperty("findings").EnumerateArray());
        Assert.Equal("fleet.yaml", finding.GetProperty("file").GetString());
        Assert.Equal(14, finding.GetProperty("line").GetInt32());
    }

    [Fact]
    public async Task A_node_that_is_not_there_is_named_with_those_that_are()
    {
        using var folder = Folder(Fleet);
        var result = await GitOpsRun.RunAsync(folder.Path, "render", "--node", "press-9");
        Assert.Equal(2, result.ExitCode);
        Assert.Contains("there is no node 'press-9'; there are press-1", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Three_dots_show_a_branch_since_it_parted_as_a_pull_request_does()
    {
        using var git = new TestGit();
        git.Commit("first", ("fleet.yaml", Fleet));
        git.Switch("change", create: true);
        git.Commit("change", ("fleet.yaml", Fleet.Replace("content: hello", "content: bye", StringComparison.Ordinal)));
        git.Git("switch", "--quiet", "-");
        git.Commit("meanwhile", ("other.yaml", Fleet[Fleet.LastIndexOf("apiVersion", StringComparison.Ordinal)..]
            .Replace("motd", "other", StringComparison.Ordinal)));

        var two = await GitOpsRun.RunAsync(git.WorkTree, "diff", "HEAD..change");
        Assert.Contains("- file/other", two.Output, StringComparison.Ordinal);
        var three = await GitOpsRun.RunAsync(git.WorkTree, "diff", "...change", "--output", "markdown");
        Assert.Equal(3, three.ExitCode);
        Assert.Contains("### 1 of 1 node changes", three.Output, StringComparison.Ordinal);
        Assert.Contains("-hello\n+bye", three.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("other", three.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_found_while_a_commit_is_read_is_said_and_what_would_be_refused_is_not_previewed()
    {
        using var git = new TestGit();
        git.Commit("first", ("fleet.yaml", Fleet));
        File.CreateSymbolicLink(Path.Combine(git.WorkTree, "link"), "/etc/motd");
        git.Commit("a link", ("fleet.yaml", Fleet.Replace("hello", "bye", StringComparison.Ordinal)));
        var warned = await GitOpsRun.RunAsync(git.WorkTree, "diff", "HEAD~1..HEAD");
        Assert.Equal(3, warned.ExitCode);
        Assert.Contains("link:1:1: warning PUB072", warned.Error, StringComparison.Ordinal);

        git.Commit("a name with a control character", ("mo\ttd", "hello"));
        var refused = await GitOpsRun.RunAsync(git.WorkTree, "diff", "HEAD~1..HEAD");
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("error PUB075", refused.Error, StringComparison.Ordinal);
        Assert.Equal("", refused.Output);
    }

    [Fact]
    public async Task A_control_plane_that_is_away_costs_the_forecast_but_not_the_difference()
    {
        using var git = new TestGit();
        git.Commit("first", ("fleet.yaml", Fleet));
        git.Commit("change", ("fleet.yaml", Fleet.Replace("content: hello", "content: bye", StringComparison.Ordinal)));
        var result = await GitOpsRun.RunAsync(git.WorkTree, "diff", "HEAD~1..HEAD", "--server", "http://127.0.0.1:1");
        Assert.Equal(3, result.ExitCode);
        Assert.Contains("~ press-1", result.Output, StringComparison.Ordinal);
        Assert.Contains("without it nothing is said about which nodes are offline", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_difference_is_exit_code_3_and_none_is_0()
    {
        using var git = new TestGit();
        git.Commit("a commit", ("fleet.yaml", Fleet));
        git.Commit("a commit", ("fleet.yaml", Fleet.Replace("hello", "bye", StringComparison.Ordinal)));

        var result = await GitOpsRun.RunAsync(git.WorkTree, "diff", "HEAD~1..HEAD");
        Assert.Equal(3, result.ExitCode);
        Assert.Contains("file/motd", result.Output, StringComparison.Ordinal);
        Assert.Contains("+bye", result.Output, StringComparison.Ordinal);
        Assert.Equal(0, (await GitOpsRun.RunAsync(git.WorkTree, "diff", "HEAD..HEAD")).ExitCode);
        Assert.Equal(0, (await GitOpsRun.RunAsync(git.WorkTree, "diff")).ExitCode);
        Assert.Equal(2, (await GitOpsRun.RunAsync(git.WorkTree, "diff", "nowhere..HEAD")).ExitCode);
    }

    [Fact]
    public async Task A_control_plane_that_is_not_there_is_exit_code_4()
    {
        var result = await GitOpsRun.RunAsync(null, "status", "--server", "http://127.0.0.1:1");
        Assert.Equal(4, result.ExitCode);
        Assert.Contains("gitops serve", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_cannot_be_added_before_the_fleet_is_known()
    {
        using var folder = Folder(Fleet);
        var result = await GitOpsRun.RunAsync(folder.Path, "node", "add", "press-1", "--repository", "/x", "--data-directory", $"{folder.Path}/data");
        Assert.Equal(5, result.ExitCode);
        Assert.Contains("gitops serve", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Settings_are_shown_with_their_source_and_secrets_masked()
    {
        using var folder = Folder(Fleet);
        File.WriteAllText($"{folder.Path}/gitops.json", "{ /* a comment */ \"repository\": \"https://git.example/fleet.git\", \"webhookGithubSecret\": \"hush\" }");
        var result = await GitOpsRun.RunAsync(folder.Path, "config", "--config", "gitops.json", "--poll-ms", "5000", "--output", "json");
        Assert.Equal(0, result.ExitCode);
        using var document = JsonDocument.Parse(result.Output);
        Assert.Equal("--poll-ms", document.RootElement.GetProperty("pollMs").GetProperty("from").GetString());
        Assert.Equal("https://git.example/fleet.git", document.RootElement.GetProperty("repository").GetProperty("value").GetString());
        Assert.DoesNotContain("hush", result.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bash", "complete -o default -F _gitops gitops")]
    [InlineData("zsh", "compdef _gitops gitops")]
    [InlineData("fish", "complete -f -c gitops")]
    public async Task Each_shell_has_its_completion(string shell, string line) =>
        Assert.Contains(line, (await GitOpsRun.RunAsync(null, "completion", shell)).Output, StringComparison.Ordinal);

    [Fact]
    public async Task Completion_knows_the_commands() =>
        Assert.Contains("validate", (await GitOpsRun.RunAsync(null, "[suggest:10]", "gitops val")).Output, StringComparison.Ordinal);

    private static TempDirectory Folder(string fleet)
    {
        var folder = new TempDirectory();
        File.WriteAllText($"{folder.Path}/fleet.yaml", fleet);
        return folder;
    }
}

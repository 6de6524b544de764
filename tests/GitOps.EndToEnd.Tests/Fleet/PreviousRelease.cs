using GitOps.Platform.Processes;

namespace GitOps.EndToEnd.Tests.Fleet;

/// <summary>
/// The agent of the release before: built from the commit in <c>tests/previous-release</c>, which lies in this repository's
/// history. Kept below <c>out/</c> by commit, so that it is built once.
/// </summary>
internal static class PreviousRelease
{
    private static readonly TimeSpan BuildLimit = TimeSpan.FromMinutes(5);

    /// <summary>Its agent; skips the test where the history is not there: a shallow clone is no missing component.</summary>
    public static async Task<string> AgentAsync(CancellationToken cancellationToken)
    {
        var commit = (await File.ReadAllTextAsync($"{Programs.Repository}/tests/previous-release", cancellationToken)).Trim();
        var home = $"{Programs.Repository}/out/previous-release/{commit}";
        var agent = $"{home}/agent/gitops-agent";
        if (File.Exists($"{home}/done"))
        {
            return agent;
        }

        if (!(await RunAsync(cancellationToken, "git", "-C", Programs.Repository, "cat-file", "-e", $"{commit}^{{commit}}")).Succeeded)
        {
            Assert.Skip($"the history of this clone does not reach back to the release before ({commit}): git fetch --unshallow");
        }

        if (Directory.Exists(home))
        {
            Directory.Delete(home, recursive: true);
        }

        Directory.CreateDirectory($"{home}/source");
        await MustAsync(cancellationToken, "git", "-C", Programs.Repository, "archive", "--output", $"{home}/source.tar", commit,
            "Directory.Build.props", "Directory.Packages.props", "global.json", ".editorconfig", "edge-agent", "platform", "manifests/GitOps.Bundles");
        await MustAsync(cancellationToken, "tar", "-xf", $"{home}/source.tar", "-C", $"{home}/source");
        // Not its analyzers: what was clean then may be a warning to the SDK of today.
        await MustAsync(cancellationToken, "dotnet", "build", $"{home}/source/edge-agent/GitOps.Agent.Host", "-c", "Release", "-v", "q", "-o", $"{home}/agent",
            "-p:TreatWarningsAsErrors=false", "-p:RunAnalyzers=false", "-p:GenerateDocumentationFile=false");
        // Whoever looks for the projects of this repository must not find those.
        Directory.Delete($"{home}/source", recursive: true);
        File.Delete($"{home}/source.tar");
        await File.WriteAllTextAsync($"{home}/done", "", cancellationToken);
        return agent;
    }

    private static async Task MustAsync(CancellationToken cancellationToken, params string[] arguments)
    {
        var result = await RunAsync(cancellationToken, arguments);
        Assert.True(result.Succeeded, $"{string.Join(' ', arguments)}: {result.Output}{result.Error}");
    }

    private static Task<CommandResult> RunAsync(CancellationToken cancellationToken, params string[] arguments) =>
        new CommandRunner(TimeProvider.System).RunAsync(new Command(arguments) { Deadline = BuildLimit }, cancellationToken);
}

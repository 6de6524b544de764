using GitOps.Platform.Processes;
using GitOps.TestKit;

namespace GitOps.Cli.Tests;

/// <summary>Runs the built program as a person would.</summary>
internal static class GitOpsRun
{
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "gitops.dll");

    public static async Task<CommandResult> RunAsync(string? directory, params string[] arguments)
    {
        var result = await new CommandRunner(TimeProvider.System).RunAsync(
            new Command(["dotnet", Program, .. arguments])
            {
                WorkingDirectory = directory,
                Environment = new Dictionary<string, string?> { ["NO_COLOR"] = "1", ["GITOPS_SERVER"] = null, ["GITOPS_TOKEN"] = null },
                Deadline = TimeSpan.FromMinutes(2),
            },
            TestContext.Current.CancellationToken);
        RunLog.Keep([Program, .. arguments], result);
        return result;
    }
}

using System.CommandLine;
using GitOps.Agent.Host.Processes;
using GitOps.Platform.Files;

namespace GitOps.Agent.Host.Commands;

/// <summary><c>gitops-agent shim</c>: started by the agent, not by people.</summary>
internal static class ShimCommand
{
    private static readonly Argument<string> Runs = new("runs");

    private static readonly Argument<string> Name = new("name");

    /// <summary>How this program is started again: by its own path, or through the runtime where it is a library.</summary>
    public static IReadOnlyList<string> Self
    {
        get
        {
            var process = Environment.ProcessPath ?? throw new InvalidOperationException("this process has no path");
            var isRuntime = Path.GetFileNameWithoutExtension(process) == "dotnet";
            return isRuntime ? [process, Path.Combine(AppContext.BaseDirectory, "gitops-agent.dll")] : [process];
        }
    }

    public static Command Build()
    {
        var command = new Command("shim", "Holds one process for the agent.") { Runs, Name };
        command.Hidden = true;
        command.SetAction((parsed, _) => new Shim(
            new ShimFiles(DiskFileLayer.Host, parsed.GetRequiredValue(Runs)), parsed.GetRequiredValue(Name), Console.Out).RunAsync());
        return command;
    }
}

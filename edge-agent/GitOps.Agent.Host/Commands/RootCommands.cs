using System.CommandLine;
using GitOps.Agent.Host.Configuration;

namespace GitOps.Agent.Host.Commands;

/// <summary>Exit codes of docs/contracts.md §8.</summary>
internal static class ExitCodes
{
    public const int Done = 0;
    public const int Findings = 1;
    public const int Usage = 2;
    public const int Differences = 3;
    public const int Unreachable = 4;
    public const int Refused = 5;
    public const int Bug = 70;
    public const int TryAgain = 75;
}

/// <summary>The command line of the <c>gitops-agent</c> program.</summary>
internal static class RootCommands
{
    private static readonly Option<string> Identity = new("--identity")
    {
        Description = "the folder with this node's keys, agent.json and policy.json (GITOPS_AGENT_IDENTITY)",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("GITOPS_AGENT_IDENTITY") ?? AgentConfig.DefaultIdentity,
        Recursive = true,
    };

    private static readonly Option<string?> StateDirectory = new("--state-directory")
    {
        Description = "where the agent keeps its state (GITOPS_AGENT_STATE_DIRECTORY)",
        Recursive = true,
    };

    public static async Task<int> InvokeAsync(string[] arguments)
    {
        var parsed = Build().Parse(arguments);
        var code = await parsed.InvokeAsync();
        return parsed.Errors.Count > 0 ? ExitCodes.Usage : code;
    }

    internal static RootCommand Build()
    {
        var root = new RootCommand("Keeps this node as its fleet's Git repository says.");
        root.Add(Identity);
        root.Add(StateDirectory);
        root.Add(RunCommand.Build(Place));
        root.Add(EnrollCommand.Build(Place));
        root.Add(StatusCommand.BuildStatus(Place));
        root.Add(StatusCommand.BuildPlan(Place));
        root.Add(WhyCommand.Build(Place));
        root.Add(HistoryCommand.Build(Place));
        root.Add(ClockCommand.Build(Place));
        root.Add(LogsCommand.Build(Place));
        root.Add(DoctorCommand.Build(Place));
        root.Add(SupportCommand.Build(Place));
        root.Add(ImportCommand.Build(Place));
        root.Add(PersonCommands.BuildFetch(Place));
        root.Add(PersonCommands.BuildHold(Place));
        root.Add(PersonCommands.BuildRelease(Place));
        root.Add(PersonCommands.BuildRetry(Place));
        root.Add(PersonCommands.BuildRollback(Place));
        root.Add(StorageCommands.Build(Place));
        root.Add(DeviceCommand.Build(Place));
        root.Add(CompletionCommand.Build());
        root.Add(ShimCommand.Build());
        root.Add(CheckSelfCommand.Build(Place));
        return root;
    }

    private static AgentPlace Place(ParseResult parsed) => new(parsed.GetRequiredValue(Identity), parsed.GetValue(StateDirectory));
}

/// <summary>Which agent of this machine a command is about.</summary>
internal sealed record AgentPlace(string Identity, string? StateDirectory)
{
    public (AgentConfig? Config, IReadOnlyList<GitOps.Bundles.Problem> Problems) Load(IReadOnlyDictionary<string, string?> flags)
    {
        var all = new Dictionary<string, string?>(flags, StringComparer.Ordinal) { ["stateDirectory"] = StateDirectory };
        return AgentConfig.Load(GitOps.Platform.Files.DiskFileLayer.Host, Identity, all, Environment.GetEnvironmentVariable);
    }

    /// <summary>The configuration; or null, and what is wrong with it on standard error.</summary>
    public AgentConfig? LoadOrComplain()
    {
        var (config, problems) = Load(new Dictionary<string, string?>());
        foreach (var problem in problems)
        {
            Console.Error.WriteLine(problem);
        }

        return config;
    }
}

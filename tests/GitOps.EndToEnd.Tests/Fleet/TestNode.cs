using System.Text.Json;
using GitOps.Platform.Processes;
using GitOps.TestKit;

namespace GitOps.EndToEnd.Tests.Fleet;

/// <summary>One edge node: its folders, and the agent program a person would start there.</summary>
/// <param name="home">Where its files and state lie; may be a mount of a disk of its own.</param>
internal sealed class TestNode(string name, string identity, string home, int commitDeadlineMs) : IAsyncDisposable
{
    private LongProcess? _agent;

    public string Name => name;

    /// <summary>The agent program this node has.</summary>
    public string Program { get; init; } = Programs.Agent;

    /// <summary>The folder that was carried here.</summary>
    public string Identity => identity;

    public string State => $"{home}/state";

    /// <summary>What the policy lets Git touch.</summary>
    public string Root => $"{home}/root";

    /// <summary>What the agent that runs, or ran last, said on standard error.</summary>
    public string Log => _agent?.Error ?? LastLog;

    public string LastLog { get; private set; } = "";

    /// <summary>The agent's process.</summary>
    public int ProcessId => _agent!.Id;

    public bool HasEnded => _agent is null or { HasExited: true };

    /// <param name="more">Further variables of its environment.</param>
    public void Start(int pollMs = 300, params (string Name, string Value)[] more) => StartProgram(Program, pollMs, more);

    /// <summary>Another agent than the node's own, on the same folders.</summary>
    public void StartProgram(string program, int pollMs = 300, params (string Name, string Value)[] more)
    {
        Directory.CreateDirectory(Root);
        var environment = new Dictionary<string, string?>
        {
            ["GITOPS_AGENT_POLL_MS"] = Text(pollMs),
            ["GITOPS_AGENT_COMMIT_DEADLINE_MS"] = Text(commitDeadlineMs),
            ["GITOPS_AGENT_CLOCK"] = "measureOnly", // whatever keeps this machine's time is left alone
        };
        foreach (var (variable, value) in more)
        {
            environment[variable] = value;
        }

        _agent = LongProcess.Start(new Command([program, "run", "--identity", identity, "--state-directory", State])
        {
            Environment = environment,
        }) ?? throw new InvalidOperationException($"{program} cannot be started");
    }

    /// <summary>kill -9. What it started goes on running.</summary>
    public async Task KillAsync()
    {
        if (_agent is { } agent)
        {
            _agent = null;
            await agent.DisposeAsync();
            LastLog = agent.Error;
            RunLog.Keep($"agent-{Name}", LastLog);
        }
    }

    /// <summary>As when the power goes: the agent, its shims and its workloads end at once.</summary>
    public async Task KillEverythingAsync()
    {
        await KillAsync();
        await Running.KillBelowAsync(home);
    }

    /// <summary>A file below the root; null when it is not there.</summary>
    public string? Read(string relative) => File.Exists($"{Root}/{relative}") ? File.ReadAllText($"{Root}/{relative}") : null;

    /// <summary>The process of a workload, by what its shim noted; null when nothing is noted that can be read.</summary>
    public int? ProcessOf(string workload)
    {
        var path = $"{State}/runs/{workload}.status.json";
        if (!File.Exists(path))
        {
            return null;
        }

        using var json = JsonDocument.Parse(File.ReadAllText(path));
        return json.RootElement.TryGetProperty("process", out var process) ? process.GetProperty("pid").GetInt32() : null;
    }

    /// <summary>Asks the agent something, as a person at the machine would.</summary>
    public Task<CommandResult> AskAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken) =>
        Running.RunAsync([Programs.Agent, .. arguments, "--identity", identity, "--state-directory", State], cancellationToken);

    /// <summary>What the agent would do next, as <c>gitops-agent plan</c> prints it; null when no agent answers.</summary>
    public async Task<IReadOnlyList<string>?> PlanAsync(CancellationToken cancellationToken)
    {
        var result = await Running.RunAsync(
            [Program, "plan", "--output", "json", "--identity", identity, "--state-directory", State], cancellationToken);
        if (result.ExitCode is not (0 or 3))
        {
            return null;
        }

        using var json = JsonDocument.Parse(result.Output);
        return [.. json.RootElement.GetProperty("branches").EnumerateArray().Select(b => b.GetProperty("unit").GetString()!)];
    }

    /// <summary>A command at the machine.</summary>
    public Task<CommandResult> AskAsync(CancellationToken cancellationToken, params string[] arguments) =>
        Running.RunAsync([Program, .. arguments, "--identity", identity, "--state-directory", State], cancellationToken);

    private static string Text(int number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture);

    public async ValueTask DisposeAsync() => await KillEverythingAsync();
}

using GitOps.Platform.Processes;

namespace GitOps.Cli.Demo;

/// <summary>One edge node: its folders, and the agent process that a person would start there.</summary>
internal sealed class DemoAgent(string name, string program, string directory) : IAsyncDisposable
{
    private LongProcess? _process;
    private Task _copying = Task.CompletedTask;

    public string Name => name;

    /// <summary>What a person carried to the node.</summary>
    public string Identity => $"{directory}/identity";

    public string State => $"{directory}/state";

    /// <summary>Where the bundle's files and volumes lie.</summary>
    public string Root => $"{directory}/root";

    /// <summary>Beside its folder, which may be a disk whose power is cut.</summary>
    public string Log => $"{directory}.log";

    /// <summary>What the running agent logged so far.</summary>
    public string RunningLog => _process?.Error ?? "";

    public void Start()
    {
        Directory.CreateDirectory(Root);
        _process = LongProcess.Start(new Command([program, "run", "--identity", Identity])
        {
            Environment = new Dictionary<string, string?>
            {
                ["GITOPS_AGENT_STATE_DIRECTORY"] = State,
                ["GITOPS_AGENT_POLL_MS"] = "2000",
                ["GITOPS_AGENT_COMMIT_DEADLINE_MS"] = "8000",
            },
        }) ?? throw new InvalidOperationException($"{program} cannot be started");
        _copying = CopyAsync(_process, Log);
    }

    /// <summary>Kills the agent as a power cut would: it gets no word in. Workloads it started are not its children.</summary>
    public async Task KillAsync()
    {
        if (_process is { } process)
        {
            await process.DisposeAsync();
            await _copying;
            _process = null;
        }
    }

    /// <summary>Any command of <c>gitops-agent</c>, at this node's machine.</summary>
    public Task<CommandResult> AskAsync(ICommandRunner commands, IReadOnlyList<string> arguments, CancellationToken cancellationToken) =>
        commands.RunAsync(new Command([program, .. arguments, "--identity", Identity])
        {
            Environment = new Dictionary<string, string?> { ["GITOPS_AGENT_STATE_DIRECTORY"] = State },
        }, cancellationToken);

    public async ValueTask DisposeAsync() => await KillAsync();

    private static async Task CopyAsync(LongProcess process, string log)
    {
        await using var file = new FileStream(log, FileMode.Append, FileAccess.Write, FileShare.ReadWrite);
        try
        {
            await process.Output.CopyToAsync(file);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // It was killed: the pipe closes under the reader.
        }

        await file.WriteAsync(System.Text.Encoding.UTF8.GetBytes(process.Error), CancellationToken.None);
    }
}

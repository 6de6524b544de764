using GitOps.Platform.Processes;
using GitOps.TestKit;

namespace GitOps.EndToEnd.Tests.Fleet;

/// <summary>
/// An installed agent as systemd keeps it (<c>Restart=always</c>): when it ends, it is started again. The programs that Git
/// names take its place in the same process.
/// </summary>
internal sealed class SupervisedAgent : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private readonly CancellationTokenSource _stop = new();
    private readonly TestNode _node;
    private readonly Dictionary<string, string?> _environment;
    private readonly Task _running;
    private LongProcess? _process;

    public SupervisedAgent(TestNode node, int trialMs, params (string Name, string Value)[] more)
    {
        _node = node;
        _environment = new Dictionary<string, string?>
        {
            ["GITOPS_AGENT_POLL_MS"] = "200",
            ["GITOPS_AGENT_COMMIT_DEADLINE_MS"] = "60000",
            ["GITOPS_AGENT_CLOCK"] = "measureOnly",
            ["GITOPS_AGENT_TRIAL_MS"] = trialMs.ToString(System.Globalization.CultureInfo.InvariantCulture),
        };
        foreach (var (name, value) in more)
        {
            _environment[name] = value;
        }

        Directory.CreateDirectory(node.Root);
        _running = RunAsync();
    }

    /// <summary>How often it was started.</summary>
    public int Starts { get; private set; }

    public string Log { get; private set; } = "";

    /// <summary>Called between an end and the start after it.</summary>
    public Action? Ended { get; set; }

    /// <summary>The executable that is in the process now; null while there is none.</summary>
    public string? Executable => _process is { HasExited: false } process ? new FileInfo($"/proc/{process.Id}/exe").LinkTarget : null;

    /// <summary>A variable of its environment, from the next start on.</summary>
    public void Set(string name, string value) => _environment[name] = value;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.WaitAsync(Limit);
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        await Task.Yield();
        while (!_stop.IsCancellationRequested)
        {
            Starts++;
            string[] arguments = [_node.Program, "run", "--identity", _node.Identity, "--state-directory", _node.State];
            await using var process = LongProcess.Start(new Command(arguments) { Environment = _environment }) ?? throw new InvalidOperationException($"{_node.Program} cannot be started");
            _process = process;
            try
            {
                await process.WaitForExitAsync(_stop.Token);
            }
            catch (OperationCanceledException)
            {
                // Stopped: killed when it is disposed of.
            }

            Log += process.Error;
            RunLog.Keep($"agent-{_node.Name}", process.Error);
            _process = null;
            Ended?.Invoke();
        }
    }
}

using System.Diagnostics;
using System.Text;
using GitOps.Agent.Host.Processes;
using GitOps.Bundles.Reports;
using GitOps.Platform.Files;
using GitOps.Platform.Processes;
using GitOps.TestKit;

namespace GitOps.Agent.Host.Tests.Running;

/// <summary>The real program, on folders of its own. Whatever it started is ended with the test.</summary>
internal sealed class AgentOnDisk : IAsyncDisposable
{
    // Not the copy beside this test: there the ASP.NET framework stands in for packages that the agent brings itself.
    private static readonly string Program = AppContext.BaseDirectory
        .Replace("/tests/GitOps.Agent.Host.Tests/", "/edge-agent/GitOps.Agent.Host/", StringComparison.Ordinal) + "gitops-agent.dll";

    private readonly TempDirectory _folder = new();
    private readonly StringBuilder _log = new();
    private readonly TestControlPlane _plane;
    private Process? _process;

    public AgentOnDisk(TestControlPlane plane, int deadlineMs = 20_000, params string[] users)
    {
        _plane = plane;
        Directory.CreateDirectory(Managed);
        plane.WriteIdentity(Identity, State, [Managed], deadlineMs, users);
    }

    /// <summary>Where its policy lets files lie.</summary>
    public string Managed => _folder["managed"];

    public string Log
    {
        get
        {
            lock (_log)
            {
                return _log.ToString();
            }
        }
    }

    /// <summary>Lets other users pass through to what is theirs, as on a node.</summary>
    public void OpenFolder() => DiskFileLayer.Host.SetMode(_folder.Path, (UnixFileMode)0x1ED);

    /// <summary>Makes the policy unreadable as one.</summary>
    public void BreakPolicy() => File.WriteAllText($"{Identity}/policy.json", """{ "format": 1, "path": ["/srv"] }""");

    public string Identity => _folder["identity"];

    public string State => _folder["state"];

    public void Start()
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardError = true, UseShellExecute = false };
        foreach (var argument in new[] { Program, "run", "--identity", Identity })
        {
            start.ArgumentList.Add(argument);
        }

        _process = Process.Start(start)!;
        _process.ErrorDataReceived += (_, line) =>
        {
            lock (_log)
            {
                _log.AppendLine(line.Data);
            }
        };
        _process.BeginErrorReadLine();
    }

    public Task ConvergedAsync(long generation) => UntilAsync(r => r.Phase == NodePhase.Converged && r.Generation == generation);

    /// <summary>Waits for a report; what came instead is told when none is as asked.</summary>
    public async Task UntilAsync(Func<NodeReport, bool> condition)
    {
        try
        {
            await Eventually.BecomesTrue(
                () => _plane.Last is { } last && condition(last), TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        }
        catch (Xunit.Sdk.XunitException e)
        {
            var last = _plane.Last is { } report ? Encoding.UTF8.GetString(ReportJson.Write(report)) : "no report came";
            throw new Xunit.Sdk.XunitException($"{e.Message}\n{last}\n{Log}");
        }
    }

    public async Task KillAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    public async Task<int> TerminateAsync()
    {
        ProcessTable.Signal(_process!.Id, "SIGTERM");
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return _process.ExitCode;
    }

    public async Task<CommandResult> AskAsync(params string[] arguments)
    {
        string[] command = ["dotnet", Program, .. arguments, "--identity", Identity];
        var result = await new CommandRunner(TimeProvider.System).RunAsync(new Command(command), TestContext.Current.CancellationToken);
        RunLog.Keep(command, result);
        return result;
    }

    /// <summary>A command that goes on until it is ended.</summary>
    public Process Ask(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, UseShellExecute = false };
        foreach (var argument in (IEnumerable<string>)[Program, .. arguments, "--identity", Identity])
        {
            start.ArgumentList.Add(argument);
        }

        return Process.Start(start)!;
    }

    /// <summary>The process of a workload, while it runs.</summary>
    public ProcessMark? Find(string workload) => Runs.ReadStatus(workload) is { EndedAtMs: null } status && ProcessTable.IsAlive(status.Process)
        ? status.Process : null;

    public string ReadLog(string workload) => File.Exists($"{State}/logs/{workload}/log") ? File.ReadAllText($"{State}/logs/{workload}/log") : "";

    public IReadOnlyList<string> Workloads => Directory.Exists($"{State}/units") ? [.. Directory.EnumerateDirectories($"{State}/units").Select(d => Path.GetFileName(d)!)] : [];

    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false })
        {
            await KillAsync();
        }

        _process?.Dispose();
        RunLog.Keep("agent", Log);
        if (Directory.Exists($"{State}/runs"))
        {
            foreach (var order in Directory.EnumerateFiles($"{State}/runs", "*.order.json"))
            {
                var name = Path.GetFileName(order)[..^".order.json".Length];
                if (Find(name) is { } left)
                {
                    ProcessTable.SignalGroup(left.Pid, "SIGKILL");
                }

                await Eventually.BecomesTrue(() => !ProcessTable.IsAlive(Runs.ReadStatus(name)?.Shim));
            }
        }

        _folder.Dispose();
    }

    private ShimFiles Runs => new(DiskFileLayer.Host, $"{State}/runs");
}

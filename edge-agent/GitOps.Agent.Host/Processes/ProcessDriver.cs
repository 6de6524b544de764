using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using GitOps.Agent.Host.Configuration;
using GitOps.Agent.Host.Store;
using GitOps.Agent.Loop;
using GitOps.Agent.Planning;
using GitOps.Agent.Workloads;
using GitOps.Bundles;
using GitOps.Bundles.Reports;
using GitOps.Bundles.Units;
using GitOps.Platform.Files;
using GitOps.Platform.Processes;
using GitOps.Platform.Timing;

namespace GitOps.Agent.Host.Processes;

/// <summary>
/// Runs workloads under shims, and finds them again after its own restart by what the shims wrote: process number, start time
/// and the kernel's boot. A restart of the agent restarts no workload.
/// </summary>
internal sealed class ProcessDriver : IDriver<WorkloadState, WorkloadStep>, IWatchingDriver, IReportingDriver, ISettlingDriver, IAsyncDisposable
{
    /// <summary>SIGKILL cannot be refused, only delayed by the kernel.</summary>
    private static readonly TimeSpan KillLimit = TimeSpan.FromSeconds(5);

    /// <summary>Changes are told by the file system; this is for the day it does not tell.</summary>
    private static readonly TimeSpan Recheck = TimeSpan.FromMilliseconds(500);

    private readonly AgentPaths _paths;
    private readonly ShimFiles _runs;
    private readonly ShimStarter _starter;
    private readonly UnitDirectory _directory;
    private readonly ContentResolver _contents;
    private readonly ICommandRunner _commands;
    private readonly TimeProvider _time;
    private readonly FileSystemWatcher _watcher;
    private readonly ConcurrentDictionary<string, Wakeup> _stopping = new();
    private readonly ConcurrentDictionary<string, (string RunId, Prober Prober)> _probers = new();
    private readonly ConcurrentDictionary<UnitId, int> _restarts = new();

    public ProcessDriver(
        AgentPaths paths, IFileLayer layer, IReadOnlyList<string> self, ContentResolver contents, ICommandRunner commands, TimeProvider time)
    {
        (_paths, _contents, _commands, _time) = (paths, contents, commands, time);
        _runs = new ShimFiles(layer, paths.Runs);
        _starter = new ShimStarter(self, paths.Runs);
        _directory = new UnitDirectory(layer, paths.Units, contents);
        _watcher = new FileSystemWatcher(paths.Runs, $"*{ShimFiles.StatusSuffix}");
        _watcher.Renamed += (_, change) => StatusChanged(change.Name);
        _watcher.EnableRaisingEvents = true;
    }

    public Action? Wake { get; set; }

    /// <summary>Whatever half of an unfinished start there is, the shim's word decides; nothing has to be undone.</summary>
    public ValueTask SettleAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public async ValueTask<WorkloadState> ObserveAsync(Unit unit, CancellationToken cancellationToken)
    {
        var (name, process) = (unit.Name, ((WorkloadSpec)unit.Spec).Process);
        var status = _runs.ReadStatus(name);
        var run = ToRun(status);
        if (run is not null)
        {
            _restarts[unit.Id] = run.Restarts;
        }

        var probes = await ProbeAsync(unit, run is { IsRunning: true } ? status!.RunId : null);
        return new WorkloadState
        {
            Run = run,
            Files = _directory.CurrentFiles(name),
            Missing = run is { IsRunning: true } ? null : FindMissing(process),
            Probes = probes,
            HasTraces = _directory.Exists(name) || _runs.HasAny(name),
        };
    }

    public async ValueTask<StepOutcome> ApplyAsync(Unit unit, WorkloadStep step, CancellationToken cancellationToken)
    {
        try
        {
            return step switch
            {
                WorkloadStep.PlaceFiles => _directory.Place(unit.Name, ((WorkloadSpec)unit.Spec).Process) is { } missing
                    ? new StepOutcome.Retry(missing, FailureCause.Environment)
                    : new StepOutcome.Done(),
                WorkloadStep.Start start => await StartAsync(unit, start, cancellationToken),
                WorkloadStep.Stop stop => await StopAsync(unit, stop, cancellationToken),
                WorkloadStep.RemoveTraces => await RemoveTracesAsync(unit.Name),
                _ => throw new System.Diagnostics.UnreachableException($"no such step: {step}"),
            };
        }
        catch (FileLayerException e)
        {
            return new StepOutcome.Retry(new Problem(AgentCodes.FileFailed, e.Message, "look at that path on the node"), FailureCause.Environment);
        }
    }

    public NodeReport Contribute(NodeReport report) => report with
    {
        Units = report.Units
            .Select(u => _restarts.TryGetValue(u.Id, out var restarts) ? u with { Restarts = restarts } : u)
            .ToEquatableArray(),
    };

    public async ValueTask DisposeAsync()
    {
        _watcher.Dispose();
        foreach (var (_, prober) in _probers.Values)
        {
            await prober.DisposeAsync();
        }
    }

    private static ProcessRun? ToRun(ShimStatus? status)
    {
        if (status is null || !Digest.TryParse(status.Key, out var key))
        {
            return null;
        }

        var isThisBoot = status.KernelBootId == ProcessTable.KernelBootId;
        if (status.EndedAtMs is { } ended)
        {
            // How long ago is not known across a boot of the machine; long enough for any pause.
            var ago = isThisBoot ? TimeSpan.FromMilliseconds(ProcessTable.NowMs - ended) : TimeSpan.FromDays(1);
            var ran = TimeSpan.FromMilliseconds(ended - status.StartedAtMs);
            return new ProcessRun(key, status.ExitCode, ran, ago, status.Attempt, status.Restarts);
        }

        if (!isThisBoot)
        {
            return null; // it ran when the machine went down
        }

        var runs = TimeSpan.FromMilliseconds(ProcessTable.NowMs - status.StartedAtMs);
        var isAttended = ProcessTable.IsAlive(status.Shim);
        return isAttended || ProcessTable.IsAlive(status.Process)
            ? new ProcessRun(key, null, runs, null, status.Attempt, status.Restarts) { IsUnattended = !isAttended }
            : new ProcessRun(key, null, runs, TimeSpan.FromDays(1), status.Attempt, status.Restarts);
    }

    private async Task<StepOutcome> StartAsync(Unit unit, WorkloadStep.Start step, CancellationToken cancellationToken)
    {
        var process = ((WorkloadSpec)unit.Spec).Process;
        var environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" };
        foreach (var variable in process.Env)
        {
            if (_contents.Resolve(variable.Value) is not ({ } bytes, _))
            {
                return new StepOutcome.Retry(_contents.Resolve(variable.Value).Missing!, FailureCause.Environment);
            }

            environment[variable.Name] = Encoding.UTF8.GetString(bytes);
        }

        _directory.Ensure(unit.Name);
        var home = process.Files.IsEmpty ? _directory.PathOf(unit.Name) : _directory.CurrentPath(unit.Name);
        var program = process.Command[0].StartsWith("./", StringComparison.Ordinal) ? $"{home}/{process.Command[0][2..]}" : process.Command[0];
        _runs.WriteOrder(unit.Name, new ShimOrder(
            1, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)), step.Key.ToString(), step.Attempt, step.Restarts,
            [program, .. process.Command.Skip(1)], process.WorkingDirectory ?? home)
        {
            Environment = environment,
            User = process.User,
            LogPath = $"{_paths.Logs}/{unit.Name}/log",
            LogMaxBytes = process.Log.MaxBytes,
            LogFiles = process.Log.Files,
        });
        return await _starter.StartAsync(unit.Name, cancellationToken) switch
        {
            Shim.Started => new StepOutcome.Done(),
            Shim.Busy => Failed(AgentCodes.StartFailed, $"{unit.Id}: a shim of an earlier run is still there", "nothing: it is tried again"),
            _ => Failed(AgentCodes.StartFailed, $"{unit.Id}: its shim ended before it noted the run", "check disk and memory of the node"),
        };
    }

    private async Task<StepOutcome> StopAsync(Unit unit, WorkloadStep.Stop step, CancellationToken cancellationToken)
    {
        if (_runs.ReadStatus(unit.Name) is not { } status || ToRun(status) is not { IsRunning: true })
        {
            return new StepOutcome.Done();
        }

        Signal(status, step.Signal);
        if (await EndsAsync(unit.Name, step.Grace, cancellationToken))
        {
            return new StepOutcome.Done();
        }

        Signal(status, "SIGKILL");
        return await EndsAsync(unit.Name, KillLimit, cancellationToken)
            ? new StepOutcome.Done()
            : Failed(AgentCodes.StopFailed, $"{unit.Id}: process {status.Process?.Pid} is still there after SIGKILL",
                "look at what it waits for: /proc/PID/stack on the node");
    }

    /// <summary>Only to what is still the process that the shim named, never to a later one of the same number.</summary>
    private static void Signal(ShimStatus status, string signal)
    {
        if (ProcessTable.IsAlive(status.Process))
        {
            ProcessTable.SignalGroup(status.Process!.Pid, signal);
        }
    }

    /// <summary>Waits until the process and its shim are gone.</summary>
    private async Task<bool> EndsAsync(string name, TimeSpan limit, CancellationToken cancellationToken)
    {
        var changed = _stopping.GetOrAdd(name, _ => new Wakeup(_time));
        var start = _time.GetTimestamp();
        while (_runs.ReadStatus(name) is { } status && (ProcessTable.IsAlive(status.Process) || ProcessTable.IsAlive(status.Shim)))
        {
            var left = limit - _time.GetElapsedTime(start);
            if (left <= TimeSpan.Zero)
            {
                return false;
            }

            await changed.WaitAsync(left < Recheck ? left : Recheck, cancellationToken);
        }

        return true;
    }

    private async Task<StepOutcome> RemoveTracesAsync(string name)
    {
        if (_probers.TryRemove(name, out var probing))
        {
            await probing.Prober.DisposeAsync();
        }

        _directory.Remove(name);
        if (Directory.Exists($"{_paths.Logs}/{name}"))
        {
            Directory.Delete($"{_paths.Logs}/{name}", recursive: true);
        }

        _runs.Remove(name); // last: while it is there the unit is known to have traces
        return new StepOutcome.Done();
    }

    private async ValueTask<ProbeReading> ProbeAsync(Unit unit, string? runId)
    {
        if (_probers.TryGetValue(unit.Name, out var probing) && (probing.RunId != runId || probing.Prober.Probes != unit.Probes))
        {
            _probers.TryRemove(unit.Name, out _);
            await probing.Prober.DisposeAsync();
        }

        if (runId is null || unit.Probes.IsEmpty)
        {
            return new ProbeReading.Pending("it does not run");
        }

        var home = ((WorkloadSpec)unit.Spec).Process.Files.IsEmpty ? _directory.PathOf(unit.Name) : _directory.CurrentPath(unit.Name);
        return _probers.GetOrAdd(unit.Name, _ =>
            (runId, new Prober(unit.Probes, home, _commands, _time, () => Wake?.Invoke()))).Prober.Read();
    }

    private Problem? FindMissing(ProcessSpec process) => process.Files.Select(f => f.Content)
        .Concat(process.Env.Select(e => e.Value))
        .Select(content => _contents.Resolve(content).Missing)
        .FirstOrDefault(missing => missing is not null);

    private void StatusChanged(string? file)
    {
        var name = file is null ? "" : file[..^Math.Min(file.Length, ShimFiles.StatusSuffix.Length)];
        if (_stopping.TryGetValue(name, out var changed))
        {
            changed.Signal();
        }

        Wake?.Invoke();
    }

    private static StepOutcome.Retry Failed(ErrorCode code, string what, string fix) =>
        new(new Problem(code, string.Create(CultureInfo.InvariantCulture, $"{what}"), fix), FailureCause.Environment);
}

using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using GitOps.Agent.Host.Configuration;
using GitOps.Agent.Host.Faults;
using GitOps.Agent.Host.Store;
using GitOps.Agent.Loop;
using GitOps.Agent.Planning;
using GitOps.Agent.Workloads;
using GitOps.Bundles;
using GitOps.Bundles.Reports;
using GitOps.Bundles.Units;
using GitOps.Platform.Files;
using GitOps.Platform.Processes;

namespace GitOps.Agent.Host.Processes;

/// <summary>
/// Runs workloads under shims, and finds them again after its own restart by what the shims wrote: process number, start time
/// and the kernel's boot. A restart of the agent restarts no workload.
/// </summary>
internal sealed class ProcessDriver : IDriver<WorkloadState, WorkloadStep>, IWatchingDriver, IReportingDriver, ISettlingDriver, INotingDriver, IAsyncDisposable
{
    private readonly AgentPaths _paths;
    private readonly ShimFiles _runs;
    private readonly ShimStarter _starter;
    private readonly UnitDirectory _directory;
    private readonly ContentResolver _contents;
    private readonly ProcessStopper _stopper;
    private readonly ShimRecall _recall;
    private readonly ProbeBook _probes;
    private readonly FileSystemWatcher _watcher;
    private readonly ConcurrentDictionary<UnitId, int> _restarts = new();
    private readonly ConcurrentDictionary<string, string> _told = new(StringComparer.Ordinal);

    public ProcessDriver(
        AgentPaths paths, IFileLayer layer, IReadOnlyList<string> self, ContentResolver contents, ICommandRunner commands, TimeProvider time)
    {
        (_paths, _contents) = (paths, contents);
        _runs = new ShimFiles(layer, paths.Runs);
        _starter = new ShimStarter(self, _runs, commands);
        Staging = new ProcessStaging(_runs.GroupOf("try."), TransientUnit.IsOffered);
        _directory = new UnitDirectory(layer, paths.Units, contents);
        _stopper = new ProcessStopper(_runs, time);
        _recall = new ShimRecall(_runs, time);
        _probes = new ProbeBook(unit => _directory.HomeOf(unit.Name, unit.Process), commands, time, () => Wake?.Invoke());
        _watcher = new FileSystemWatcher(paths.Runs, $"*{ShimFiles.StatusSuffix}");
        _watcher.Renamed += (_, change) => StatusChanged(change.Name);
        _watcher.EnableRaisingEvents = true;
    }

    public Action? Wake { get; set; }

    public Action<Problem, UnitId>? Note { get; set; }

    public ProcessStaging Staging { get; }

    /// <summary>Who knows about clock and devices, for probes that ask about them.</summary>
    public IReadOnlyList<IReportingDriver> ProbeReporting
    {
        get => _probes.Reporting;
        set => _probes.Reporting = value;
    }

    /// <summary>Whatever half of an unfinished start there is, the shim's word decides; nothing has to be undone.</summary>
    public ValueTask SettleAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public async ValueTask<WorkloadState> ObserveAsync(Unit unit, CancellationToken cancellationToken)
    {
        var (name, process) = (unit.Name, unit.Process);
        var status = _runs.ReadStatus(name) ?? await _recall.AskAsync(name, cancellationToken);
        var run = ShimReading.ToRun(status);
        if (run is not null)
        {
            _restarts[unit.Id] = run.Restarts;
            TellEnd(unit, status!, run);
        }

        var log = new LogSearch($"{_paths.Logs}/{name}/log", status?.Log);
        var probes = await _probes.ReadAsync(unit, run is { IsRunning: true } ? status!.RunId : null, log);
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
                WorkloadStep.PlaceFiles => _directory.Place(unit.Name, unit.Process) is { } missing
                    ? new StepOutcome.Retry(missing, FailureCause.Environment)
                    : new StepOutcome.Done(),
                WorkloadStep.Start start => await StartAsync(unit, start, cancellationToken),
                WorkloadStep.Stop stop => await _stopper.StopAsync(unit, stop, cancellationToken),
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
        await _probes.DisposeAsync();
    }

    private async Task<StepOutcome> StartAsync(Unit unit, WorkloadStep.Start step, CancellationToken cancellationToken)
    {
        var process = unit.Process;
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
        var home = _directory.HomeOf(unit.Name, process);
        var program = process.Command[0].StartsWith("./", StringComparison.Ordinal) ? $"{home}/{process.Command[0][2..]}" : process.Command[0];
        var runId = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        var order = new ShimOrder(
            1, runId, step.Key.ToString(), step.Attempt, step.Restarts,
            [program, .. process.Command.Skip(1)], process.WorkingDirectory ?? home)
        {
            Environment = environment,
            User = process.User,
            LogPath = $"{_paths.Logs}/{unit.Name}/log",
            LogMaxBytes = process.Log.MaxBytes,
            LogFiles = process.Log.Files,
            Resources = process.Resources,
            SystemUnit = TransientUnit.IsOffered ? TransientUnit.NameOf(unit.Name, runId) : null,
            StopSignal = process.StopSignal,
            StopGraceMs = process.StopGraceMs,
        };
        _runs.WriteOrder(unit.Name, order);
        Failpoints.Reach(Failpoint.RunOrdered);
        var failure = await _starter.StartAsync(unit.Name, order, cancellationToken);
        Failpoints.Reach(Failpoint.RunStarted);
        return failure is null
            ? new StepOutcome.Done()
            : Failed(AgentCodes.StartFailed, $"{unit.Id}: {failure}", "it is tried again; check disk and memory of the node");
    }

    private async Task<StepOutcome> RemoveTracesAsync(string name)
    {
        await _probes.ForgetAsync(name);
        _directory.Remove(name);
        Failpoints.Reach(Failpoint.TracesHalfRemoved);
        if (Directory.Exists($"{_paths.Logs}/{name}"))
        {
            Directory.Delete($"{_paths.Logs}/{name}", recursive: true);
        }

        _runs.Remove(name); // last: while it is there the unit is known to have traces
        return new StepOutcome.Done();
    }

    /// <summary>Once for each end, from this start of the agent on.</summary>
    private void TellEnd(Unit unit, ShimStatus status, ProcessRun run)
    {
        if (run is { IsRunning: false, ExitCode: not 0 } && status.RunId is var id && _told.GetValueOrDefault(unit.Name) != id)
        {
            _told[unit.Name] = id;
            Note?.Invoke(new Problem(ProcessCodes.Ended, $"{unit.Id}: it {run.DescribeEnd()}", $"see its log: gitops-agent logs {unit.Id}"), unit.Id);
        }
    }

    private Problem? FindMissing(ProcessSpec process) => process.Files.Select(f => f.Content)
        .Concat(process.Env.Select(e => e.Value))
        .Select(content => _contents.Resolve(content).Missing)
        .FirstOrDefault(missing => missing is not null);

    private void StatusChanged(string? file)
    {
        var name = file is null ? "" : file[..^Math.Min(file.Length, ShimFiles.StatusSuffix.Length)];
        _stopper.Changed(name);
        _recall.Changed(name);
        Wake?.Invoke();
    }

    private static StepOutcome.Retry Failed(ErrorCode code, string what, string fix) =>
        new(new Problem(code, what, fix), FailureCause.Environment);
}

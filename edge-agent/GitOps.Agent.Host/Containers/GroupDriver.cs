using System.Collections.Concurrent;
using System.Diagnostics;
using GitOps.Agent.Containers;
using GitOps.Agent.Host.Processes;
using GitOps.Agent.Host.Store;
using GitOps.Agent.Planning;
using GitOps.Bundles;
using GitOps.Bundles.Reports;
using GitOps.Bundles.Units;
using GitOps.Platform.Files;
using GitOps.Platform.Processes;

namespace GitOps.Agent.Host.Containers;

/// <summary>
/// Runs groups of containers on the node's engine, and finds them again by their labels: a restart of the agent, or of the
/// engine's service, restarts no container.
/// </summary>
internal sealed class GroupDriver : IDriver<GroupState, GroupStep>, IWatchingDriver, INotingDriver, IReportingDriver, IAsyncDisposable
{
    private readonly ImageStore _images;
    private readonly GroupFolders _folders;
    private readonly GroupRecords _records;
    private readonly GroupEnds _ends;
    private readonly GroupWatch _watch;
    private readonly GroupSteps _steps;
    private readonly GroupReports _reports;
    private readonly ContainerProbeBook _containerProbes;
    private readonly ProbeBook _unitProbes;
    private readonly ContentResolver _contents;
    private readonly Func<GroupLogSearch> _newLog;
    private readonly ConcurrentDictionary<string, GroupLogSearch> _logs = new(StringComparer.Ordinal);

    public GroupDriver(
        Engine engine, ImageStore images, Labels labels, GroupFolders folders, GroupRecords records, HostPaths paths,
        ContentResolver contents, ICommandRunner commands, TimeProvider time)
    {
        (_images, _folders, _records, _contents) = (images, folders, records, contents);
        _ends = new GroupEnds(engine, records, time);
        _watch = new GroupWatch(engine, images, labels, time, _ => Wake?.Invoke());
        _containerProbes = new ContainerProbeBook(engine, time, () => Wake?.Invoke());
        _unitProbes = new ProbeBook(unit => folders.Exists(unit.Name) ? folders.PathOf(unit.Name) : "/", commands, time, () => Wake?.Invoke());
        _steps = new GroupSteps(engine, labels, folders, records, new ContainerRequests(labels, folders, contents), paths);
        _reports = new GroupReports(records);
        _newLog = () => new GroupLogSearch(engine);
    }

    public Action? Wake { get; set; }

    /// <summary>Who knows about clock and devices, for probes.</summary>
    public IReadOnlyList<IReportingDriver> ProbeReporting
    {
        set => _unitProbes.Reporting = value;
    }

    public Action<Problem, UnitId>? Note
    {
        get => _ends.Note;
        set => _ends.Note = value;
    }

    public async ValueTask<GroupState> ObserveAsync(Unit unit, CancellationToken cancellationToken)
    {
        try
        {
            var look = await _watch.LookAsync(unit, cancellationToken);
            List<ContainerState> containers = [];
            foreach (var container in look.Containers)
            {
                await _ends.SeeAsync(unit, container, cancellationToken);
                if (await ReadAsync(unit, container) is { } state)
                {
                    containers.Add(state);
                }
            }

            _reports.See(unit, containers);
            var sandbox = containers.Find(c => c.Role == ContainerRole.Sandbox && c.Run is { IsRunning: true });
            return new GroupState
            {
                Containers = containers.ToEquatableArray(),
                Started = _records.Read(unit.Name).Runs.Where(run => run.Value.KernelBootId == ProcessTable.KernelBootId)
                    .Select(run => new StartedContainer(run.Key, run.Value.Key)).ToEquatableArray(),
                MissingImages = look.MissingImages.ToEquatableArray(),
                Files = _folders.CurrentFiles(unit.Name, unit.Group),
                Missing = FindMissing(unit),
                Overflow = _folders.FindOverflow(unit.Name, unit.Group),
                Probes = await _unitProbes.ReadAsync(unit, sandbox?.Id, await LogOfAsync(unit, look)),
                HasTraces = _folders.Exists(unit.Name) || _records.Has(unit.Name),
            };
        }
        catch (EngineException e)
        {
            return new GroupState { Blind = Problems.Away(unit.Id, e) };
        }
    }

    public async ValueTask<StepOutcome> ApplyAsync(Unit unit, GroupStep step, CancellationToken cancellationToken)
    {
        try
        {
            if (step is GroupStep.StartSandbox && _folders.FindOverflow(unit.Name, unit.Group) is { } overflow)
            {
                Note?.Invoke(new Problem(ContainerCodes.Scratch, $"{unit.Id}: {overflow}", "raise the limit, or write less"), unit.Id);
            }

            switch (step)
            {
                case GroupStep.Pull pull:
                    return await _images.EnsureAsync(pull.Image, pull.Site, cancellationToken) is { } problem
                        ? new StepOutcome.Retry(problem, FailureCause.Environment)
                        : new StepOutcome.Done();
                case GroupStep.Remove remove:
                    await _containerProbes.ForgetAsync(remove.Id);
                    return await _steps.RemoveAsync(unit, remove, cancellationToken);
                case GroupStep.RemoveTraces:
                    await _unitProbes.ForgetAsync(unit.Name);
                    await ForgetLogAsync(unit.Name);
                    _reports.Forget(unit.Id);
                    return await _steps.RemoveTracesAsync(unit, cancellationToken);
                case GroupStep.PlaceFiles or GroupStep.StartSandbox or GroupStep.Start or GroupStep.Stop:
                    return await _steps.ApplyAsync(unit, step, cancellationToken);
                default:
                    throw new UnreachableException($"no such step: {step}");
            }
        }
        catch (EngineException e)
        {
            return Problems.ToOutcome(unit.Id, step, e);
        }
        catch (FileLayerException e)
        {
            return new StepOutcome.Retry(new Problem(AgentCodes.FileFailed, e.Message, "look at that path on the node"), FailureCause.Environment);
        }
        finally
        {
            _watch.Forget(unit.Name);
        }
    }

    public NodeReport Contribute(NodeReport report) => _reports.Contribute(report);

    public async ValueTask DisposeAsync()
    {
        _watch.Dispose();
        await _containerProbes.DisposeAsync();
        await _unitProbes.DisposeAsync();
        foreach (var unit in _logs.Keys)
        {
            await ForgetLogAsync(unit);
        }
    }

    private async Task<GroupLogSearch> LogOfAsync(Unit unit, GroupLook look)
    {
        var log = _logs.GetOrAdd(unit.Name, _ => _newLog());
        await log.SeeAsync(look.Containers);
        return log;
    }

    private async Task ForgetLogAsync(string unit)
    {
        if (_logs.TryRemove(unit, out var log))
        {
            await log.DisposeAsync();
        }
    }

    private async Task<ContainerState?> ReadAsync(Unit unit, InspectedContainer container)
    {
        ContainerHealth health = new ContainerHealth.Pending("it does not run");
        var name = Labels.Read(container.Config.Labels)?.Name;
        if (unit.Group.Containers.FirstOrDefault(c => c.Name == name) is { } spec)
        {
            var run = container.State is { Running: true, Paused: false } ? container.State.StartedAt : null;
            health = await _containerProbes.ReadAsync(spec, container.Id, run, container.State.Pid);
        }

        return GroupReading.Read(container, name is null ? null : _records.Read(unit.Name).Runs.GetValueOrDefault(name), health);
    }

    private Problem? FindMissing(Unit unit) => unit.Spec.Contents()
        .Where(content => content.Any(part => part is not ContentPart.Text))
        .Select(content => _contents.Resolve(content).Missing)
        .FirstOrDefault(missing => missing is not null);
}

using System.Diagnostics;
using System.Runtime.InteropServices;
using GitOps.Agent.Containers;
using GitOps.Agent.Host.Processes;
using GitOps.Agent.Planning;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Host.Containers;

/// <summary>Carries out the steps of a group; each may be repeated after a crash half-way.</summary>
internal sealed class GroupSteps(
    Engine engine, Labels labels, GroupFolders folders, GroupRecords records, ContainerRequests requests, HostPaths paths)
{
    private bool? _isPodman;

    public async Task<StepOutcome> ApplyAsync(Unit unit, GroupStep step, CancellationToken cancellationToken)
    {
        switch (step)
        {
            case GroupStep.PlaceFiles(var files):
                return folders.Place(unit.Name, unit.Group, files) is { } missing
                    ? new StepOutcome.Retry(missing, FailureCause.Environment)
                    : new StepOutcome.Done();
            case GroupStep.StartSandbox(var key):
                return await StartSandboxAsync(unit, key, cancellationToken);
            case GroupStep.Start start:
                return await StartAsync(unit, start, cancellationToken);
            case GroupStep.Stop stop:
                if (records.Read(unit.Name).Runs.GetValueOrDefault(stop.Container) is { } run)
                {
                    records.NoteRun(unit.Name, stop.Container, run with { IsStopOrdered = true, EndedBecause = stop.Failure });
                }

                await engine.StopAsync(stop.Id, stop.Grace, cancellationToken);
                return new StepOutcome.Done();
            default:
                throw new UnreachableException($"no such step here: {step}");
        }
    }

    public async Task<StepOutcome> RemoveAsync(Unit unit, GroupStep.Remove step, CancellationToken cancellationToken)
    {
        records.ForgetRun(unit.Name, step.Container);
        await engine.RemoveAsync(step.Id, cancellationToken);
        if (step.Container.Length == 0)
        {
            await RemoveVolumesAsync(unit, cancellationToken);
        }

        return new StepOutcome.Done();
    }

    public async Task<StepOutcome> RemoveTracesAsync(Unit unit, CancellationToken cancellationToken)
    {
        await RemoveVolumesAsync(unit, cancellationToken);
        folders.Remove(unit.Name);
        records.Remove(unit.Name); // last: while it is there the unit is known to have traces
        return new StepOutcome.Done();
    }

    /// <summary>The image of the sandbox is on the engine afterwards.</summary>
    public static async Task EnsurePauseImageAsync(Engine engine, CancellationToken cancellationToken)
    {
        if (await engine.FindImageAsync(PauseImage.Reference, cancellationToken) is null)
        {
            await engine.LoadImageAsync(PauseImage.Archive(RuntimeInformation.OSArchitecture), cancellationToken);
        }
    }

    private async Task<StepOutcome> StartSandboxAsync(Unit unit, Digest key, CancellationToken cancellationToken)
    {
        var name = Labels.NameOf(unit.Name, "");
        if (await FindForeignAsync(unit, name, cancellationToken) is { } stuck)
        {
            return stuck;
        }

        await EnsurePauseImageAsync(engine, cancellationToken);
        await engine.RemoveAsync(name, cancellationToken); // what a crash left
        await RemoveVolumesAsync(unit, cancellationToken);
        folders.BeginAnew(unit.Name, unit.Group);
        foreach (var volume in unit.Group.Volumes.Where(v => v.Scratch is { InMemory: true }))
        {
            await engine.CreateMemoryVolumeAsync(Labels.NameOf(unit.Name, Labels.Plain(volume.Name)), volume.Scratch!.LimitBytes,
                labels.For(unit.Name, "", ContainerRole.Sandbox, key, []), cancellationToken);
        }

        await engine.StartAsync(await engine.CreateAsync(name, requests.Sandbox(unit, key), cancellationToken), cancellationToken);
        return new StepOutcome.Done();
    }

    private async Task<StepOutcome> StartAsync(Unit unit, GroupStep.Start step, CancellationToken cancellationToken)
    {
        var container = unit.Group.All().First(c => c.Name == step.Container);
        var name = Labels.NameOf(unit.Name, container.Name);
        if (await FindForeignAsync(unit, name, cancellationToken) is { } stuck)
        {
            return stuck;
        }

        if (CheckMounts(unit, container, step) is { } wrong)
        {
            return new StepOutcome.Retry(wrong, FailureCause.Content);
        }

        if (container.Security?.Devices.Select(device => HostPaths.CheckDevice(unit.Id, device)).FirstOrDefault(away => away is not null) is { } unplugged)
        {
            return new StepOutcome.Retry(unplugged, FailureCause.Environment); // it may be plugged in again
        }

        records.NoteRun(unit.Name, container.Name,
            new RunRecord(step.Key.ToString(), step.Attempt, step.Restarts, ProcessTable.KernelBootId, ProcessTable.NowMs));
        var made = await engine.InspectAsync(name, cancellationToken);
        if (made is not null && Labels.Read(made.Config.Labels)?.Key != step.Key)
        {
            await engine.RemoveAsync(made.Id, cancellationToken); // what a crash left
            made = null;
        }

        if (made is null)
        {
            if (await engine.InspectAsync(Labels.NameOf(unit.Name, ""), cancellationToken) is not { } sandbox)
            {
                return new StepOutcome.Retry(new Problem(ContainerCodes.StartFailed,
                    $"{unit.Id}: its network is gone", "nothing: the group is made anew"), FailureCause.Environment);
            }

            var (request, missing) = requests.Container(unit, container, step, sandbox.Id, await IsPodmanAsync(cancellationToken));
            if (request is null)
            {
                return new StepOutcome.Retry(missing!, FailureCause.Environment);
            }

            await engine.CreateAsync(name, request, cancellationToken);
        }

        await engine.StartAsync(name, cancellationToken);
        return new StepOutcome.Done();
    }

    /// <summary>First contact with something that is not ours is refused.</summary>
    private async Task<StepOutcome?> FindForeignAsync(Unit unit, string name, CancellationToken cancellationToken) =>
        await engine.InspectAsync(name, cancellationToken) is { } there && !labels.AreOf(there.Config.Labels, unit.Name)
            ? new StepOutcome.Stuck(new Problem(ContainerCodes.NotOurs,
                What: $"{unit.Id}: there is a container '{name}' that this agent did not make",
                Fix: "remove or rename it, then 'gitops-agent retry'"))
            : null;

    private Problem? CheckMounts(Unit unit, ContainerSpec container, GroupStep.Start step)
    {
        foreach (var mount in container.Mounts)
        {
            var volume = unit.Group.Volumes.First(v => v.Name == mount.Volume);
            var path = requests.SourceOf(unit, mount, step);
            var wrong = volume switch
            {
                { Host: { } host } => paths.Check(unit.Id, host),
                _ when mount.SubPath is null || path is null => null,
                { Unit: not null } => paths.CheckPart(unit.Id, path),
                _ => HostPaths.CheckOwnPart(unit.Id, requests.RootOf(unit, mount.Volume, step)!, path),
            };
            if (wrong is not null)
            {
                return wrong;
            }
        }

        return null;
    }

    private Task RemoveVolumesAsync(Unit unit, CancellationToken cancellationToken) =>
        engine.RemoveVolumesAsync(labels.Filter(unit.Name), cancellationToken);

    private async Task<bool> IsPodmanAsync(CancellationToken cancellationToken) =>
        _isPodman ??= await engine.IsPodmanAsync(cancellationToken);
}

using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using GitOps.Agent.Host.Faults;
using GitOps.Agent.Host.Files;
using GitOps.Agent.Planning;
using GitOps.Agent.Storage;
using GitOps.Agent.TimeSync;
using GitOps.Bundles;
using GitOps.Bundles.Reports;
using GitOps.Bundles.Units;
using GitOps.Platform.Files;

namespace GitOps.Agent.Host.Storage;

/// <summary>
/// Makes volumes, counts what they hold, and removes the files that steps name, each beneath its policy root.
/// </summary>
public sealed class VolumeDriver : IDriver<VolumeState, VolumeStep>, IWatchingDriver, IReportingDriver, IAsyncDisposable
{
    private const UnixFileMode ParentMode = (UnixFileMode)0b111_101_101;
    private readonly ConcurrentDictionary<string, VolumeWatch> _watches = [];
    private readonly PolicyRoots _roots;
    private readonly IClockTrust _trust;
    private readonly TimeProvider _time;
    private readonly UserTable _users;
    private readonly VolumeImages _images;
    private Condition? _alarm;

    internal VolumeDriver(IFileLayer host, PolicyRoots roots, VolumeImages images, IClockTrust trust, TimeProvider time)
    {
        (_roots, _images, _trust, _time) = (roots, images, trust, time);
        _users = new UserTable(host);
    }

    public Action? Wake { get; set; }

    public ValueTask<VolumeState> ObserveAsync(Unit unit, CancellationToken cancellationToken)
    {
        var spec = (VolumeSpec)unit.Spec;
        try
        {
            var owner = new NodeOwner(spec.Owner is { } user ? _users.UserNumber(user) : null, spec.Group is { } group ? _users.GroupNumber(group) : null);
            _watches.TryGetValue(unit.Name, out var watch);
            return ValueTask.FromResult(new VolumeState(Look(spec.Path))
            {
                Owner = owner,
                UnknownAccount = spec.Owner is not null && owner.User is null ? spec.Owner
                    : spec.Group is not null && owner.Group is null ? spec.Group
                    : null,
                Image = _images.Look(spec),
                Watching = watch?.Spec,
                Usage = watch?.Usage,
            });
        }
        catch (FileLayerException failure)
        {
            return ValueTask.FromResult(new VolumeState(new VolumeEntry.Unknown(failure.Message)));
        }
    }

    public async ValueTask<StepOutcome> ApplyAsync(Unit unit, VolumeStep step, CancellationToken cancellationToken)
    {
        try
        {
            Problem? problem = null;
            switch (step)
            {
                case VolumeStep.Create(var path, var mode, var owner):
                    Create(path, mode, owner);
                    break;
                case VolumeStep.SetAccess(var path, var mode, var owner):
                    SetAccess(path, mode, owner);
                    break;
                case VolumeStep.Watch(var spec):
                    await UnwatchAsync(unit.Name);
                    _watches[unit.Name] = new VolumeWatch(
                        spec, new VolumeScanner(_roots.Beneath(spec.Path), spec.Path, _time), usage => _images.Weigh(spec, usage), _time, (before, now) => Tell(spec, before, now));
                    break;
                case VolumeStep.RemoveFiles(var path, var files):
                    RemoveFiles(unit.Name, path, files);
                    break;
                case VolumeStep.RemoveTree(var path):
                    RemoveTree(path);
                    break;
                case VolumeStep.Unwatch:
                    await UnwatchAsync(unit.Name);
                    break;
                case VolumeStep.MakeImage(var path, var bytes):
                    problem = await _images.MakeAsync(path, bytes, cancellationToken);
                    break;
                case VolumeStep.MountImage(var path):
                    problem = await _images.MountAsync(path, cancellationToken);
                    break;
                case VolumeStep.GrowImage(var path, var device, var bytes):
                    problem = await _images.GrowAsync(path, device, bytes, cancellationToken);
                    break;
                case VolumeStep.UnmountImage(var path):
                    problem = await _images.UnmountAsync(path, cancellationToken);
                    break;
                case VolumeStep.RemoveImage(var path):
                    _images.Remove(path);
                    break;
                default:
                    throw new UnreachableException($"unknown step {step}");
            }

            // Also what a person has to mend: a generation is not to blame for a disk, and goes on when it is mended.
            return problem is null ? new StepOutcome.Done() : new StepOutcome.Retry(problem, FailureCause.Environment);
        }
        catch (FileLayerException failure)
        {
            return new StepOutcome.Retry(
                new Problem(VolumeCodes.Failed, What: $"{unit.Id}: {failure.Message}", Fix: "check the disk and the rights of the agent on the node"),
                FailureCause.Environment);
        }
    }

    public NodeReport Contribute(NodeReport report)
    {
        var counted = _watches.OrderBy(w => w.Key, StringComparer.Ordinal)
            .Where(w => w.Value.Usage is not null)
            .Select(w => (Name: w.Key, w.Value.Spec, Usage: w.Value.Usage!))
            .ToList();
        _alarm = VolumeReporting.Alarm(counted, since: _alarm?.Since ?? _time.GetUtcNow());
        return report with
        {
            Volumes = counted.Select(v => VolumeReporting.Report(v.Name, v.Spec, v.Usage)).ToEquatableArray(),
            Conditions = _alarm is null ? report.Conditions : report.Conditions.Append(_alarm).ToEquatableArray(),
        };
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var name in _watches.Keys)
        {
            await UnwatchAsync(name);
        }
    }

    private VolumeEntry Look(string path)
    {
        var layer = _roots.Beneath(path);
        return layer.Stat(path) switch
        {
            null => new VolumeEntry.Missing(),
            { Kind: FileKind.Directory } stat => new VolumeEntry.Directory(
                Convert.ToString((int)stat.Mode & 0xFFF, 8).PadLeft(4, '0'), stat.Owner.User, stat.Owner.Group, layer.Enumerate(path).Count == 0),
            { Kind: FileKind.File } => new VolumeEntry.SomethingElse("a file"),
            { Kind: FileKind.Link } => new VolumeEntry.SomethingElse("a symbolic link"),
            _ => new VolumeEntry.SomethingElse("a socket, pipe or device"),
        };
    }

    private void Create(string path, string mode, NodeOwner owner)
    {
        var layer = _roots.EnsureBeneath(path);
        layer.EnsureDirectory(FilePath.Parent(path), ParentMode);
        if (layer.Stat(path) is null)
        {
            layer.CreateDirectory(path, Mode(mode));
            Failpoints.Reach(Failpoint.VolumeMade);
        }

        SetAccess(path, mode, owner);
        layer.FlushDirectory(FilePath.Parent(path));
    }

    private void SetAccess(string path, string mode, NodeOwner owner)
    {
        var layer = _roots.Beneath(path);
        if (owner is not { User: null, Group: null } && layer.Stat(path) is { } stat)
        {
            layer.SetOwner(path, new FileOwner(owner.User ?? stat.Owner.User, owner.Group ?? stat.Owner.Group));
        }

        layer.SetMode(path, Mode(mode));
        layer.FlushDirectory(path);
    }

    private void RemoveTree(string path)
    {
        var layer = _roots.Beneath(path);
        layer.RemoveTree(path);
        layer.FlushDirectory(FilePath.Parent(path));
    }

    /// <summary>A file that was written since it was chosen is no longer among the oldest, and stays.</summary>
    private void RemoveFiles(string volume, string root, EquatableArray<VolumeFile> files)
    {
        var beneath = _roots.Beneath(root);
        List<VolumeFile> gone = [];
        foreach (var file in files)
        {
            var path = $"{root}/{file.Path}";
            var stat = beneath.Stat(path);
            if (stat is { Kind: FileKind.File } && stat.Inode == file.Inode && stat.ModifiedAt == file.ModifiedAt)
            {
                beneath.Unlink(path);
                gone.Add(file);
            }
        }

        if (_watches.TryGetValue(volume, out var watch))
        {
            watch.NoteRemoved(gone);
        }
    }

    /// <summary>Wakes the loop when a plan would differ: the first count, a limit passed, files to remove.</summary>
    private void Tell(VolumeSpec spec, VolumeUsage? before, VolumeUsage now)
    {
        if (before is null || (VolumeTrimming.WhyFull(spec, before) is null) != (VolumeTrimming.WhyFull(spec, now) is null) ||
            !VolumeTrimming.Choose(spec, now, _time.GetUtcNow(), _trust.IsTrusted).Files.IsEmpty)
        {
            Wake?.Invoke();
        }
    }

    private async Task UnwatchAsync(string volume)
    {
        if (_watches.TryRemove(volume, out var watch))
        {
            await watch.DisposeAsync();
        }
    }

    private static UnixFileMode Mode(string octal) =>
        octal.All(c => c is >= '0' and <= '7') && octal.Length is > 0 and <= 4
            ? (UnixFileMode)Convert.ToInt32(octal, 8)
            : throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"'{octal}' is no mode"));
}

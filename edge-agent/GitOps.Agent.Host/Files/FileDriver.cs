using System.Globalization;
using GitOps.Agent.Files;
using GitOps.Agent.Host.Faults;
using GitOps.Agent.Host.Store;
using GitOps.Agent.Planning;
using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Platform.Files;

namespace GitOps.Agent.Host.Files;

/// <summary>
/// Writes file units, each beneath its policy root. Owns what its records name, and nothing else.
/// </summary>
internal sealed class FileDriver(
    IFileLayer host, PolicyRoots roots, FileRecords records, ContentResolver contents, UserTable users) : IDriver<FileState, FileStep>
{
    private const UnixFileMode DirectoryMode = (UnixFileMode)0x1ED; // 0755
    private readonly FileEye _eye = new(roots, users);

    /// <summary>Told what a step could not do and must not wait for.</summary>
    public Action<Problem>? Told { get; set; }

    public ValueTask<FileState> ObserveAsync(Unit unit, CancellationToken cancellationToken)
    {
        var spec = (FileSpec)unit.Spec;
        var (bytes, missing) = contents.Resolve(spec.Content);
        missing ??= UnknownOwner(unit.Id, spec);
        var owned = records.OfUnit(unit.Id, spec.Path).ToEquatableArray();
        try
        {
            return ValueTask.FromResult(new FileState
            {
                Desired = missing is null && bytes is not null ? Digest.Of(bytes) : null,
                Missing = missing,
                Current = _eye.See(spec.Path),
                Owned = owned,
            });
        }
        catch (FileLayerException e)
        {
            return ValueTask.FromResult(new FileState { Missing = Failed(e, spec.Path), Owned = owned });
        }
    }

    // Effects are short and must not be torn in half: they ignore cancellation.
    public ValueTask<StepOutcome> ApplyAsync(Unit unit, FileStep step, CancellationToken cancellationToken)
    {
        try
        {
            switch (step)
            {
                case FileStep.Write write:
                    return ValueTask.FromResult(Write(unit, write));
                case FileStep.SetAttributes attributes:
                    var layer = roots.Beneath(attributes.Path);
                    SetAttributes(layer, attributes);
                    layer.Flush(attributes.Path);
                    break;
                case FileStep.Record(var path):
                    records.Write(new FileRecord(1, unit.Id.ToString(), path) { Original = records.FindOriginal(path) }, original: null);
                    break;
                case FileStep.Remove(var path):
                    Remove(path);
                    break;
                default:
                    throw new System.Diagnostics.UnreachableException($"no such step: {step}");
            }

            return ValueTask.FromResult<StepOutcome>(new StepOutcome.Done());
        }
        catch (FileLayerException e)
        {
            var isWorld = e.Fault is FileFault.Full or FileFault.Other;
            return ValueTask.FromResult<StepOutcome>(new StepOutcome.Retry(
                Failed(e, e.Path), isWorld ? FailureCause.Environment : FailureCause.Content));
        }
    }

    private StepOutcome Write(Unit unit, FileStep.Write step)
    {
        var spec = (FileSpec)unit.Spec;
        var (bytes, missing) = contents.Resolve(spec.Content);
        if (bytes is null)
        {
            return new StepOutcome.Retry(missing!, FailureCause.Environment);
        }

        var layer = roots.EnsureBeneath(step.Path);
        if (records.Find(step.Path) is not { } record || record.Unit != unit.Id.ToString())
        {
            Claim(unit, step.Path, layer);
            Failpoints.Reach(Failpoint.FileClaimed);
        }

        layer.EnsureDirectory(FilePath.Parent(step.Path), DirectoryMode);
        AtomicFile.Write(layer, step.Path, bytes, ToMode(step.Mode), OwnerOf(spec, layer.Stat(step.Path)?.Owner));
        Failpoints.Reach(Failpoint.FileWritten);
        _eye.NoteWritten(step.Path, step.Content);
        return new StepOutcome.Done();
    }

    /// <summary>Notes that the path is the unit's from now on, and keeps what is there.</summary>
    private void Claim(Unit unit, string path, IFileLayer layer)
    {
        var before = records.Find(path); // another unit's that moved away: the original stays the one of old
        var stat = before is null ? layer.Stat(path) : null;
        var original = stat is null ? null : FileRecords.ReadForKeeping(layer, path);
        List<string> missing = [];
        var root = roots.RootOf(path);
        for (var parent = FilePath.Parent(path); parent != root && layer.Stat(parent) is null; parent = FilePath.Parent(parent))
        {
            missing.Insert(0, parent);
        }

        records.Write(new FileRecord(1, unit.Id.ToString(), path)
        {
            Original = before?.Original ?? (stat is null ? null : new OriginalFile((int)stat.Mode, stat.Owner.User, stat.Owner.Group)
            {
                Digest = Digest.Of(original).ToString(),
            }),
            Directories = before?.Directories ?? missing,
        }, original);
    }

    private void Remove(string path)
    {
        if (records.Find(path) is not { } record)
        {
            return;
        }

        var layer = roots.Beneath(path);
        if (record.Original is { } original && records.ReadOriginal(path, original) is { } bytes)
        {
            layer.EnsureDirectory(FilePath.Parent(path), DirectoryMode);
            AtomicFile.Write(layer, path, bytes, (UnixFileMode)original.Mode, new FileOwner(original.User, original.Group));
        }
        else if (record.Original is not null)
        {
            // What was there before is lost. Something is better there than nothing: it stays as it is.
            Told?.Invoke(new Problem(AgentCodes.FileFailed, What: $"{path} is left as it is: the original that was kept is gone or damaged",
                Fix: "put back by hand what was there before, and check the disk"));
        }
        else if (layer.UnlinkIfThere(path))
        {
            layer.FlushDirectory(FilePath.Parent(path));
        }

        foreach (var directory in record.Directories.Reverse())
        {
            RemoveIfEmpty(layer, directory);
        }

        Failpoints.Reach(Failpoint.FileGivenBack);
        records.Remove(path);
    }

    private static void RemoveIfEmpty(IFileLayer layer, string directory)
    {
        if (layer.Stat(directory) is { Kind: FileKind.Directory } && layer.Enumerate(directory).Count == 0)
        {
            layer.RemoveDirectory(directory);
            layer.FlushDirectory(FilePath.Parent(directory));
        }
    }

    private void SetAttributes(IFileLayer layer, FileStep.SetAttributes step)
    {
        var current = layer.Stat(step.Path)?.Owner ?? default;
        var user = step.Owner is { } owner ? users.UserNumber(owner) ?? current.User : current.User;
        var group = step.Group is { } name ? users.GroupNumber(name) ?? current.Group : current.Group;
        if (current != new FileOwner(user, group))
        {
            layer.SetOwner(step.Path, new FileOwner(user, group));
        }

        layer.SetMode(step.Path, ToMode(step.Mode));
    }

    private FileOwner? OwnerOf(FileSpec spec, FileOwner? current)
    {
        if (spec.Owner is null && spec.Group is null)
        {
            return null;
        }

        var user = spec.Owner is { } owner ? users.UserNumber(owner) : current?.User ?? Own.User;
        var group = spec.Group is { } name ? users.GroupNumber(name) : current?.Group ?? Own.Group;
        return new FileOwner(user ?? Own.User, group ?? Own.Group);
    }

    /// <summary>The numbers of the agent itself: those of its own state directory's files.</summary>
    private FileOwner Own => host.Stat("/proc/self")?.Owner ?? default;

    private Problem? UnknownOwner(UnitId id, FileSpec spec)
    {
        if (spec.Owner is { } owner && users.UserNumber(owner) is null)
        {
            return new Problem(AgentCodes.FileFailed, $"{id}: there is no user '{owner}' on this node", $"create the user '{owner}'");
        }

        return spec.Group is { } group && users.GroupNumber(group) is null
            ? new Problem(AgentCodes.FileFailed, $"{id}: there is no group '{group}' on this node", $"create the group '{group}'")
            : null;
    }

    private static UnixFileMode ToMode(string mode) => (UnixFileMode)Convert.ToInt32(mode, 8);

    private static Problem Failed(FileLayerException e, string path) => new(AgentCodes.FileFailed, What: e.Message, Fix: e.Fault switch
    {
        FileFault.Link => $"a link stands in the way to {path}: replace it by what it points to, or use that path",
        FileFault.Outside => $"add a root that holds {path} to \"paths\" in policy.json, or remove the file by hand",
        FileFault.Denied => "run the agent as a user that may write there",
        FileFault.Full => "make room on that disk",
        _ => string.Create(CultureInfo.InvariantCulture, $"look at {path} on the node"),
    });
}

using GitOps.Agent.Containers;
using GitOps.Agent.Host.Store;
using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Platform.Files;

namespace GitOps.Agent.Host.Containers;

/// <summary>
/// What a group has on disk: <c>files/DIGEST/VOLUME/…</c>, whole before it has its name, and <c>scratch/VOLUME</c>, empty
/// whenever the group is made anew.
/// </summary>
internal sealed class GroupFolders(IFileLayer layer, string units, ContentResolver contents)
{
    private const UnixFileMode Open = (UnixFileMode)0x1ED; // 0755: whatever user a container has reads here
    private const UnixFileMode Shared = (UnixFileMode)0x1FF; // 0777: and writes here, as in an emptyDir

    public string PathOf(string unit) => $"{units}/{unit}";

    public bool Exists(string unit) => layer.Stat(PathOf(unit)) is not null;

    public string FilesOf(string unit, Digest files, string volume) => $"{PathOf(unit)}/files/{files.Hex}/{Labels.Plain(volume)}";

    public string ScratchOf(string unit, string volume) => $"{PathOf(unit)}/scratch/{Labels.Plain(volume)}";

    /// <summary>The files that are there, when they are those of the group.</summary>
    public Digest? CurrentFiles(string unit, ContainerGroupSpec group) =>
        GroupKey.OfFiles(group) is { } files && layer.Stat($"{PathOf(unit)}/files/{files.Hex}") is not null ? files : null;

    /// <summary>Why the files cannot be placed; null when they were.</summary>
    public Problem? Place(string unit, ContainerGroupSpec group, Digest digest)
    {
        var (files, target) = ($"{PathOf(unit)}/files", $"{PathOf(unit)}/files/{digest.Hex}");
        layer.EnsureDirectory(files, Open);
        if (layer.Stat(target) is not null)
        {
            return null;
        }

        var half = $"{files}/new";
        layer.RemoveTree(half);
        layer.CreateDirectory(half, Open);
        foreach (var (volume, file) in group.Volumes.SelectMany(v => v.Files, (v, f) => (v.Name, f)))
        {
            var (bytes, missing) = contents.Resolve(file.Content);
            if (bytes is null)
            {
                return missing;
            }

            var path = $"{half}/{Labels.Plain(volume)}/{file.Name}";
            layer.EnsureDirectory(FilePath.Parent(path), Open);
            AtomicFile.Write(layer, path, bytes, (UnixFileMode)Convert.ToInt32(file.Mode, 8));
        }

        layer.FlushDirectory(half);
        layer.Rename(half, target);
        layer.FlushDirectory(files);
        return null;
    }

    /// <summary>Empties scratch volumes, and forgets files that no container mounts any more.</summary>
    public void BeginAnew(string unit, ContainerGroupSpec group)
    {
        layer.RemoveTree($"{PathOf(unit)}/scratch");
        foreach (var volume in group.Volumes.Where(v => v.Scratch is { InMemory: false }))
        {
            layer.EnsureDirectory(FilePath.Parent(ScratchOf(unit, volume.Name)), Open);
            layer.EnsureDirectory(ScratchOf(unit, volume.Name), Shared);
            layer.SetMode(ScratchOf(unit, volume.Name), Shared); // whatever the umask
        }

        var files = $"{PathOf(unit)}/files";
        var current = GroupKey.OfFiles(group)?.Hex;
        foreach (var old in layer.Stat(files) is null ? [] : layer.Enumerate(files).Where(name => name != current))
        {
            layer.RemoveTree($"{files}/{old}");
        }
    }

    /// <summary>A scratch volume that holds more than it may, in words; null when none does.</summary>
    public string? FindOverflow(string unit, ContainerGroupSpec group)
    {
        foreach (var volume in group.Volumes)
        {
            if (volume.Scratch is { InMemory: false, LimitBytes: { } limit } && SizeOf(ScratchOf(unit, volume.Name), limit) > limit)
            {
                return $"its scratch volume '{volume.Name}' holds more than {limit} bytes";
            }
        }

        return null;
    }

    public void Remove(string unit)
    {
        layer.RemoveTree(PathOf(unit));
        layer.FlushDirectory(units);
    }

    /// <summary>Counts until it is above the limit; what disappears meanwhile is not counted.</summary>
    private long SizeOf(string path, long limit)
    {
        try
        {
            return layer.Stat(path) switch
            {
                { Kind: FileKind.Directory } => Sum(path, limit),
                { Kind: FileKind.File } file => file.SizeBytes,
                _ => 0,
            };
        }
        catch (FileLayerException)
        {
            return 0;
        }
    }

    private long Sum(string directory, long limit)
    {
        var sum = 0L;
        foreach (var name in layer.Enumerate(directory))
        {
            sum += SizeOf($"{directory}/{name}", limit);
            if (sum > limit)
            {
                break;
            }
        }

        return sum;
    }
}

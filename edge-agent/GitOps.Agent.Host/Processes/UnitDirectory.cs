using System.Globalization;
using GitOps.Agent.Host.Faults;
using GitOps.Agent.Host.Store;
using GitOps.Agent.Workloads;
using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Platform.Files;

namespace GitOps.Agent.Host.Processes;

/// <summary>
/// The directory of one workload: <c>files/DIGEST/…</c>, whole before it has its name, and <c>current</c>, a link that
/// switches from one to the next by one rename.
/// </summary>
internal sealed class UnitDirectory(IFileLayer layer, string units, ContentResolver contents)
{
    private const UnixFileMode Open = (UnixFileMode)0x1ED; // 0755: processes of other users work here

    public string PathOf(string name) => $"{units}/{name}";

    /// <summary>Where a process of the unit starts: beside its files where it has any.</summary>
    public string HomeOf(string name, ProcessSpec process) => process.Files.IsEmpty ? PathOf(name) : CurrentPath(name);

    /// <summary>Where <c>./</c> leads: the files as they are now.</summary>
    public string CurrentPath(string name) => $"{units}/{name}/current";

    public bool Exists(string name) => layer.Stat(PathOf(name)) is not null;

    public void Ensure(string name) => layer.EnsureDirectory(PathOf(name), Open);

    public Digest? CurrentFiles(string name)
    {
        if (layer.Stat(CurrentPath(name)) is not { Kind: FileKind.Link })
        {
            return null;
        }

        var target = Path.GetFileName(layer.ReadLink(CurrentPath(name)));
        return Digest.TryParse($"sha256:{target}", out var digest) && layer.Stat($"{PathOf(name)}/files/{target}") is not null ? digest : null;
    }

    /// <summary>Why the files cannot be placed; null when they were.</summary>
    public Problem? Place(string name, ProcessSpec process)
    {
        var digest = WorkloadKey.OfFiles(process) ?? throw new ArgumentException("there are no files to place", nameof(process));
        var (files, target) = ($"{PathOf(name)}/files", $"{PathOf(name)}/files/{digest.Hex}");
        layer.EnsureDirectory(files, Open);
        if (layer.Stat(target) is null)
        {
            var half = $"{files}/new";
            layer.RemoveTree(half);
            layer.CreateDirectory(half, Open);
            foreach (var file in process.Files)
            {
                var (bytes, missing) = contents.Resolve(file.Content);
                if (bytes is null)
                {
                    return missing;
                }

                var path = $"{half}/{file.Name}";
                layer.EnsureDirectory(FilePath.Parent(path), Open);
                AtomicFile.Write(layer, path, bytes, (UnixFileMode)Convert.ToInt32(file.Mode, 8));
            }

            layer.FlushDirectory(half);
            layer.Rename(half, target);
            layer.FlushDirectory(files);
        }

        Failpoints.Reach(Failpoint.FilesPlaced);
        AtomicFile.Relink(layer, CurrentPath(name), string.Create(CultureInfo.InvariantCulture, $"files/{digest.Hex}"));
        Failpoints.Reach(Failpoint.FilesSwitched);
        foreach (var old in layer.Enumerate(files).Where(n => n != digest.Hex))
        {
            layer.RemoveTree($"{files}/{old}");
        }

        return null;
    }

    public void Remove(string name)
    {
        layer.RemoveTree(PathOf(name));
        layer.FlushDirectory(units);
    }
}

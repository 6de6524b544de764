using System.Globalization;
using GitOps.Agent.Storage.Syncing;
using GitOps.Bundles;
using GitOps.Platform.Files;

namespace GitOps.Agent.Host.Storage.Syncing;

/// <summary>
/// The directories of one sync. A new tree is made in a closed directory of the same volume, of files that were brought and of
/// second names of those that stay; when it is whole and on the disk, it and the tree that readers see change places.
/// </summary>
/// <param name="layer">That of the policy root the volume lies under.</param>
internal sealed class SyncFolders(IFileLayer layer, SyncJob job, string name)
{
    /// <summary>The directory in a volume that is the agent's: nothing in it is the volume's own.</summary>
    public const string Work = ".gitops-sync";

    internal const UnixFileMode Closed = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    internal const UnixFileMode Open = Closed | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    /// <summary>Of this sync alone.</summary>
    public string Own => $"{job.VolumePath}/{Work}/{name}";

    /// <summary>Where files are brought to; kept from run to run of one boot, so that none is brought twice.</summary>
    public string Fetched => $"{Own}/fetched";

    /// <summary>Where a whole tree is made.</summary>
    public string Next => $"{Own}/next";

    private string Previous => $"{Own}/previous";

    private string BootMark => $"{Own}/boot";

    /// <summary>Null when there is no directory in its place.</summary>
    public ulong? FolderInode => layer.Stat(job.Folder) is { Kind: FileKind.Directory } stat ? stat.Inode : null;

    /// <summary>What stands in the place of the folder and is none, in words; null when nothing does.</summary>
    public string? Obstacle => layer.Stat(job.Folder) is { Kind: not FileKind.Directory } ? $"{job.Folder} is no directory" : null;

    /// <param name="boot">Of the kernel: what an earlier boot brought may never have reached the disk.</param>
    public void Prepare(string boot)
    {
        if (layer.Stat(job.VolumePath) is not { Kind: FileKind.Directory })
        {
            throw new FileLayerException(FileFault.NotFound, "use", job.VolumePath, "the volume is not there");
        }

        MakeOwn();
        if (layer.Read(BootMark, 1000) is not { } mark || !mark.AsSpan().SequenceEqual(System.Text.Encoding.UTF8.GetBytes(boot)))
        {
            layer.RemoveTree(Fetched);
            AtomicFile.Write(layer, BootMark, System.Text.Encoding.UTF8.GetBytes(boot));
        }

        layer.EnsureDirectory(Fetched, Closed);
        layer.RemoveTree(Next);
    }

    /// <summary>Makes the directories that are the agent's own, closed to everybody else.</summary>
    public void MakeOwn()
    {
        foreach (var directory in (string[])[$"{job.VolumePath}/{Work}", Own])
        {
            layer.EnsureDirectory(directory, Closed);
            layer.SetMode(directory, Closed);
        }
    }

    /// <summary>The regular files of a directory and of all below it; links are not followed. None when it is not there.</summary>
    public TreeListing Scan(string root)
    {
        List<TreeFile> files = [];
        var directories = new Stack<string>([""]);
        while (directories.TryPop(out var directory))
        {
            foreach (var entry in Names(directory.Length == 0 ? root : $"{root}/{directory}"))
            {
                var path = directory.Length == 0 ? entry : $"{directory}/{entry}";
                switch (layer.Stat($"{root}/{path}"))
                {
                    case { Kind: FileKind.Directory } when path != Work:
                        directories.Push(path);
                        break;
                    case { Kind: FileKind.File } file:
                        files.Add(new TreeFile(path, file.SizeBytes, file.ModifiedAt));
                        break;
                }
            }
        }

        return TreeListing.Of(files);
    }

    /// <summary>Removes what was brought and is wanted no more, or did not arrive whole.</summary>
    /// <returns>What is still to be brought.</returns>
    public IReadOnlyList<TreeFile> Missing(IReadOnlyList<TreeFile> wanted)
    {
        var whole = wanted.ToDictionary(file => file.Path, StringComparer.Ordinal);
        foreach (var file in Scan(Fetched).Files)
        {
            // The time is set last: whoever has it is whole.
            if (whole.TryGetValue(file.Path, out var remote) && remote.SizeBytes == file.SizeBytes && TreeFile.IsSameTime(remote.ModifiedAt, file.ModifiedAt))
            {
                whole.Remove(file.Path);
            }
            else
            {
                layer.Unlink($"{Fetched}/{file.Path}");
            }
        }

        return [.. wanted.Where(file => whole.ContainsKey(file.Path))];
    }

    /// <summary>Makes the whole next tree, and sees to it that it holds.</summary>
    /// <returns>It, as the node has it, or null: a file that was to stay was changed meanwhile.</returns>
    public (ulong Inode, EquatableArray<SyncedFile> Files)? Build(PullPlan plan)
    {
        layer.RemoveTree(Next);
        layer.CreateDirectory(Next, Open);
        var owner = layer.Stat(job.VolumePath)!.Owner;
        GiveTo(Next, owner);
        var made = new HashSet<string>(StringComparer.Ordinal);
        List<SyncedFile> files = [];
        foreach (var (remote, from) in plan.Fetch.Select(f => (f, Fetched)).Concat(plan.Keep.Select(f => (f, job.Folder))).OrderBy(f => f.f.Path, StringComparer.Ordinal))
        {
            foreach (var directory in TreeListing.Parents(remote.Path).Reverse().Where(made.Add))
            {
                layer.CreateDirectory($"{Next}/{directory}", Open);
                GiveTo($"{Next}/{directory}", owner);
            }

            layer.Link($"{from}/{remote.Path}", $"{Next}/{remote.Path}");
            if (layer.Stat($"{Next}/{remote.Path}") is not { Kind: FileKind.File } stat || stat.SizeBytes != remote.SizeBytes)
            {
                return null;
            }

            if (stat.Owner != owner)
            {
                layer.SetOwner($"{Next}/{remote.Path}", owner);
            }

            files.Add(new SyncedFile(remote, stat.ModifiedAt));
        }

        layer.FlushAll(Next);
        return (layer.Stat(Next)!.Inode, files.ToEquatableArray());
    }

    /// <summary>Lets readers see the next tree; the one before stays aside for those who are still in it.</summary>
    public void Publish()
    {
        layer.RemoveTree(Previous);
        if (layer.Stat(job.Folder) is null)
        {
            layer.Rename(Next, job.Folder);
        }
        else
        {
            layer.Exchange(Next, job.Folder);
            layer.FlushDirectory(Own);
            layer.Rename(Next, Previous);
        }

        layer.FlushDirectory(Own);
        layer.FlushDirectory(job.VolumePath);
    }

    /// <summary>Gives files of the folder a second name beside it, where people find them.</summary>
    public void PutAside(IEnumerable<string> paths, DateTimeOffset now)
    {
        var aside = string.Create(CultureInfo.InvariantCulture, $"{job.Folder}.conflicts/{now.UtcDateTime:yyyyMMdd'T'HHmmss'Z'}");
        foreach (var path in paths.Where(p => layer.Stat($"{job.Folder}/{p}") is { Kind: FileKind.File }))
        {
            var target = $"{aside}/{path}";
            layer.EnsureDirectory(FilePath.Parent(target), Open);
            if (layer.Stat(target) is null)
            {
                layer.Link($"{job.Folder}/{path}", target);
                layer.FlushDirectory(FilePath.Parent(target));
            }
        }
    }

    /// <summary>Removes what was brought: it is published.</summary>
    public void Tidy() => layer.RemoveTree(Fetched);

    /// <summary>Removes all but what readers see.</summary>
    public void Forget()
    {
        layer.RemoveTree(Own);
        if (layer.Stat($"{job.VolumePath}/{Work}") is not null && layer.Enumerate($"{job.VolumePath}/{Work}").Count == 0)
        {
            layer.RemoveDirectory($"{job.VolumePath}/{Work}");
        }
    }

    private void GiveTo(string path, FileOwner owner)
    {
        if (layer.Stat(path)!.Owner != owner)
        {
            layer.SetOwner(path, owner);
        }
    }

    private IReadOnlyList<string> Names(string directory)
    {
        try
        {
            return layer.Enumerate(directory);
        }
        catch (FileLayerException missing) when (missing.Fault is FileFault.NotFound or FileFault.NotDirectory)
        {
            return []; // not there, or not any more
        }
    }
}

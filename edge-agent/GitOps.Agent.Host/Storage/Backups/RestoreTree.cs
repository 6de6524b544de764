using System.Globalization;
using GitOps.Agent.Host.Storage.Syncing;
using GitOps.Agent.Storage.Syncing;
using GitOps.Platform.Files;

namespace GitOps.Agent.Host.Storage.Backups;

/// <summary>
/// Where a tree is restored, and how it comes to the place where readers look: it is made whole in a closed directory on the
/// same file system and gets its place in one rename. What was in that place stays beside it under another name.
/// </summary>
/// <param name="layer">That sees the target.</param>
/// <param name="closed">The directory nobody else may enter, which is the agent's and no reader's.</param>
/// <param name="target">Where readers look: a directory, or one path of a folder.</param>
internal sealed class RestoreTree(IFileLayer layer, string closed, string target)
{
    /// <summary>Where the tree is made.</summary>
    public string Made => $"{closed}/restored";

    /// <param name="path">Of it, one path only; null: all.</param>
    public static RestoreTree InPlace(IFileLayer layer, SyncJob job, string sync, string? path) => new(
        layer, job.Spec.Folder is null ? $"{FilePath.Parent(job.VolumePath)}/.gitops-restore-{sync}" : new SyncFolders(layer, job, sync).Own,
        path is null ? job.Folder : $"{job.Folder}/{path}");

    /// <summary>Begins with nothing; what a restore left that was cut off goes.</summary>
    /// <exception cref="FileLayerException">The disk refuses.</exception>
    public void Begin()
    {
        Clear();
        layer.EnsureDirectory(closed, SyncFolders.Closed);
        layer.SetMode(closed, SyncFolders.Closed);
        layer.CreateDirectory(Made, SyncFolders.Closed);
    }

    /// <summary>Removes what was made and did not get its place.</summary>
    public void Clear() => layer.RemoveTree(Made);

    /// <summary>Whether it has what is to get its place.</summary>
    /// <param name="path">As for <see cref="Publish"/>.</param>
    public bool Has(string? path) => layer.Stat(path is null ? Made : $"{Made}/{path}") is not null;

    /// <summary>Lets readers see it.</summary>
    /// <param name="path">Of the restored tree, one path only; null: all.</param>
    /// <param name="like">Where owner and mode of the top directory come from, unless the target is there.</param>
    /// <returns>The name of what was there before; null when nothing was.</returns>
    public string? Publish(string? path, string? like, DateTimeOffset now)
    {
        var made = path is null ? Made : $"{Made}/{path}";
        if (path is null && (layer.Stat(target) ?? (like is null ? null : layer.Stat(like))) is { Kind: FileKind.Directory } old)
        {
            layer.SetOwner(made, old.Owner);
            layer.SetMode(made, old.Mode);
        }

        layer.EnsureDirectory(FilePath.Parent(target), SyncFolders.Open);
        layer.FlushAll(Made);
        string? before = null;
        if (layer.Stat(target) is null)
        {
            layer.Rename(made, target);
        }
        else
        {
            // First beside the target, so that at no moment anything lies where the next restore would clear it away.
            before = FreeName(string.Create(CultureInfo.InvariantCulture, $"{target}.before-{now.UtcDateTime:yyyyMMdd'T'HHmmss'Z'}"));
            layer.Rename(made, before);
            layer.FlushDirectory(FilePath.Parent(made));
            layer.FlushDirectory(FilePath.Parent(target));
            try
            {
                layer.Exchange(before, target);
            }
            catch (FileLayerException)
            {
                layer.Rename(before, made); // a mount cannot be exchanged
                throw;
            }
        }

        layer.FlushDirectory(FilePath.Parent(made));
        layer.FlushDirectory(FilePath.Parent(target));
        Clear();
        return before;
    }

    private string FreeName(string wanted)
    {
        var name = wanted;
        for (var n = 2; layer.Stat(name) is not null; n++)
        {
            name = string.Create(CultureInfo.InvariantCulture, $"{wanted}-{n}");
        }

        return name;
    }

    /// <summary>Puts it where nothing is, or an empty directory.</summary>
    public void PublishAnew()
    {
        layer.FlushAll(Made);
        layer.SetMode(Made, SyncFolders.Open);
        if (layer.Stat(target) is not null)
        {
            layer.RemoveDirectory(target);
        }

        layer.Rename(Made, target);
        layer.FlushDirectory(FilePath.Parent(target));
        layer.RemoveTree(closed);
    }
}

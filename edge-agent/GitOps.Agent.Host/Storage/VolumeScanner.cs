using GitOps.Agent.Storage;
using GitOps.Platform.Files;

namespace GitOps.Agent.Host.Storage;

/// <summary>
/// Counts a directory in slices with pauses between them, so that a volume of a million files costs no burst. Follows no
/// links; what disappears meanwhile is not counted.
/// </summary>
/// <param name="beneath">The layer of the policy root that the directory lies under.</param>
internal sealed class VolumeScanner(IFileLayer beneath, string root, TimeProvider time)
{
    private const int SliceEntries = 2_000;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    public async Task<VolumeUsage> ScanAsync(CancellationToken cancellationToken)
    {
        var found = new OldestFiles();
        var directories = new Stack<string>([""]);
        var entries = 0;
        while (directories.TryPop(out var directory))
        {
            foreach (var name in Names(directory))
            {
                if (++entries % SliceEntries == 0)
                {
                    await Task.Delay(Pause, time, cancellationToken);
                }

                var path = directory.Length == 0 ? name : $"{directory}/{name}";
                switch (Stat(path))
                {
                    case { Kind: FileKind.Directory }:
                        directories.Push(path);
                        break;
                    case { Kind: FileKind.File } file:
                        found.Add(new VolumeFile(path, file.SizeBytes, file.ModifiedAt, file.Inode), file.Links > 1, mayGo: !IsOurs(path));
                        break;
                }
            }
        }

        return found.ToUsage();
    }

    private static bool IsOurs(string path) => path.StartsWith($"{Syncing.SyncFolders.Work}/", StringComparison.Ordinal);

    private IReadOnlyList<string> Names(string directory)
    {
        try
        {
            return beneath.Enumerate(directory.Length == 0 ? root : $"{root}/{directory}");
        }
        catch (FileLayerException)
        {
            return []; // gone, or not ours to read
        }
    }

    private FileStat? Stat(string path)
    {
        try
        {
            return beneath.Stat($"{root}/{path}");
        }
        catch (FileLayerException)
        {
            return null;
        }
    }
}

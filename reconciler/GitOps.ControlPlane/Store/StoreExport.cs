using GitOps.Platform.Files;

namespace GitOps.ControlPlane.Store;

/// <summary>Writes the store as a tree of files (docs/contracts.md §4), for a web server, a CDN or a USB stick.</summary>
public static class StoreExport
{
    private const UnixFileMode DirectoryMode = StoreFiles.DirectoryMode | UnixFileMode.GroupRead | UnixFileMode.GroupExecute |
        UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    /// <summary>
    /// Brings a directory up to date, blobs first and the head last, each file whole: what is served from it meanwhile
    /// stays sound. What is there already and cannot change is left alone.
    /// </summary>
    /// <returns>How many files were written.</returns>
    public static Task<int> ExportAsync(this ContentStore store, IFileLayer layer, string directory, CancellationToken cancellationToken) =>
        Task.Run(
            () =>
            {
                var written = 0;
                foreach (var path in store.Paths())
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    written += Export(store, layer, path, $"{directory}/{path}") ? 1 : 0;
                }

                return written;
            },
            cancellationToken);

    private static bool Export(ContentStore store, IFileLayer layer, string path, string target)
    {
        if (store.Find(path) is not { } stored || (stored.IsImmutable && layer.Stat(target) is not null) ||
            stored.Read() is not { } bytes)
        {
            return false;
        }

        layer.EnsureDirectory(FilePath.Parent(target), DirectoryMode);
        AtomicFile.Write(layer, target, bytes, AtomicFile.Readable);
        return true;
    }
}

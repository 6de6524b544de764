namespace GitOps.Platform.Files;

/// <summary>
/// Replaces a file so that a reader, and a power cut at any moment, sees the old content or the new one and nothing else.
/// When <see cref="Write"/> has returned, the new one holds.
/// </summary>
public static class AtomicFile
{
    /// <summary>Read and write for the owner only: keys and state.</summary>
    public const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Readable by everybody.</summary>
    public const UnixFileMode Readable = Private | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>
    /// The name content has until it is renamed. It is fixed, so that what a power cut leaves behind is overwritten by the
    /// next write of the same file instead of piling up; one path has one writer.
    /// </summary>
    public static string TemporaryPath(string path) =>
        $"{FilePath.Parent(path)}/.{Path.GetFileName(path)}.tmp".Replace("//", "/");

    /// <summary>Writes content, mode and (where given) owner as one.</summary>
    public static void Write(
        IFileLayer layer, string path, ReadOnlySpan<byte> content, UnixFileMode mode = Private, FileOwner? owner = null)
    {
        var temporary = TemporaryPath(path);
        try
        {
            layer.UnlinkIfThere(temporary);
            layer.CreateFile(temporary, content, mode);
            if (owner is { } to)
            {
                layer.SetOwner(temporary, to);
                layer.SetMode(temporary, mode); // chown clears set-user-id and set-group-id bits
            }

            layer.Flush(temporary);
        }
        catch (FileLayerException)
        {
            // A full disk must not also keep the half that did fit.
            layer.TryUnlink(temporary);
            throw;
        }

        layer.Rename(temporary, path);
        layer.FlushDirectory(FilePath.Parent(path));
    }

    /// <summary>Points a symbolic link at another target, as one.</summary>
    public static void Relink(IFileLayer layer, string path, string target)
    {
        var temporary = TemporaryPath(path);
        layer.UnlinkIfThere(temporary);
        layer.LinkSymbolically(target, temporary);
        layer.Rename(temporary, path);
        layer.FlushDirectory(FilePath.Parent(path));
    }
}

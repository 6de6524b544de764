namespace GitOps.Platform.Files;

/// <summary>Small compositions of the file layer's primitives.</summary>
public static class FilePath
{
    /// <summary>The directory that holds a path.</summary>
    public static string Parent(string path) => Path.GetDirectoryName(path) ?? "/";

    /// <summary>
    /// Creates a directory and the missing ones above it, and makes each name hold. What exists already is left as it is.
    /// </summary>
    public static void EnsureDirectory(this IFileLayer layer, string path, UnixFileMode mode)
    {
        if (layer.Stat(path) is not null)
        {
            return;
        }

        var parent = Parent(path);
        layer.EnsureDirectory(parent, mode);
        layer.CreateDirectory(path, mode);
        layer.FlushDirectory(parent);
    }

    /// <summary>Removes a name; that there is none is fine. Not durable until the directory is flushed.</summary>
    /// <returns>Whether there was something.</returns>
    public static bool UnlinkIfThere(this IFileLayer layer, string path)
    {
        if (layer.Stat(path) is null)
        {
            return false;
        }

        layer.Unlink(path);
        return true;
    }

    /// <summary>Removes a directory and all in it, not following links; that there is none is fine.</summary>
    public static void RemoveTree(this IFileLayer layer, string path)
    {
        switch (layer.Stat(path))
        {
            case null:
                return;
            case { Kind: FileKind.Directory }:
                foreach (var name in layer.Enumerate(path))
                {
                    layer.RemoveTree($"{path}/{name}");
                }

                layer.RemoveDirectory(path);
                return;
            default:
                layer.Unlink(path);
                return;
        }
    }

    /// <summary>Removes a name where that is possible: it is in nobody's way for good.</summary>
    public static void TryUnlink(this IFileLayer layer, string path)
    {
        try
        {
            layer.UnlinkIfThere(path);
        }
        catch (FileLayerException)
        {
            // Most often called while another failure is on its way out; that one is the news.
        }
    }
}

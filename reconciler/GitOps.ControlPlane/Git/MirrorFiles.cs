namespace GitOps.ControlPlane.Git;

/// <summary>The files of a mirror, as far as git does not look after them: what a killed git leaves behind refuses the next one.</summary>
internal static class MirrorFiles
{
    /// <summary>Removes a directory and all in it, where there is one.</summary>
    public static void Delete(string directory)
    {
        if (Directory.Exists(directory))
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    /// <summary>Removes locks and halves of objects; no git may be running on the mirror.</summary>
    public static void RemoveStale(string mirror)
    {
        RemoveRefLocks(mirror);
        Delete(Directory.EnumerateFiles(mirror, "*.lock"));
        Delete(["gc.pid"], mirror);
        var objects = Path.Combine(mirror, "objects");
        if (Directory.Exists(objects))
        {
            Delete(Directory.EnumerateFiles(objects, "tmp_*", SearchOption.AllDirectories));
            Delete(Directory.EnumerateFiles(objects, ".tmp-*", SearchOption.AllDirectories));
            Delete(Directory.EnumerateFiles(objects, "*.lock", SearchOption.AllDirectories));
        }
    }

    /// <summary>Removes the locks of our own references, which maintenance does not touch.</summary>
    public static void RemoveRefLocks(string mirror)
    {
        var references = Path.Combine(mirror, "refs", "gitops");
        if (Directory.Exists(references))
        {
            Delete(Directory.EnumerateFiles(references, "*.lock"));
        }
    }

    private static void Delete(IEnumerable<string> names, string directory) => Delete(names.Select(name => Path.Combine(directory, name)));

    private static void Delete(IEnumerable<string> paths)
    {
        foreach (var path in paths.ToList())
        {
            File.Delete(path);
        }
    }
}

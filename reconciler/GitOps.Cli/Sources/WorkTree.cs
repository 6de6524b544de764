using GitOps.Manifests;

namespace GitOps.Cli.Sources;

/// <summary>Reads a fleet repository from a folder as it lies there, committed or not; what Git keeps for itself is left out.</summary>
internal static class WorkTree
{
    /// <summary>A larger file is read up to this and refused by the parser with a finding.</summary>
    private const int MaxFileBytes = 64 * 1024 * 1024;

    public static IReadOnlyList<SourceFile> Read(string folder)
    {
        var root = Path.GetFullPath(folder);
        var options = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint };
        return
        [
            .. Directory.EnumerateFiles(root, "*", options)
                .Select(path => (Path: path, Name: Path.GetRelativePath(root, path).Replace('\\', '/')))
                .Where(file => !file.Name.StartsWith(".git/", StringComparison.Ordinal))
                .OrderBy(file => file.Name, StringComparer.Ordinal)
                .Select(file => new SourceFile(file.Name, ReadBounded(file.Path))),
        ];
    }

    /// <summary>One file, up to the same bound.</summary>
    public static byte[] ReadFile(string path) => ReadBounded(path);

    /// <summary>The manifests below a folder, without what lies below one whose name begins with a dot, and what <c>.gitopsignore</c> lists.</summary>
    public static IEnumerable<string> ManifestsBelow(string folder)
    {
        var root = RootOf(folder);
        var ignored = IgnoreList.Of(File.Exists(Path.Combine(root, IgnoreList.Path)) ? ReadBounded(Path.Combine(root, IgnoreList.Path)) : []);
        return Directory.EnumerateFiles(folder, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint })
            .Select(path => (Path: path, Name: Path.GetRelativePath(folder, path)))
            .Where(file => Path.GetExtension(file.Name) is ".yaml" or ".yml" && !file.Name.Split('/').Any(part => part.StartsWith('.')))
            .Where(file => !ignored.Covers(Path.GetRelativePath(root, Path.GetFullPath(file.Path)).Replace('\\', '/')))
            .OrderBy(file => file.Name, StringComparer.Ordinal)
            .Select(file => folder is "." ? file.Name : file.Path);
    }

    // The fleet repository that a folder is part of: the nearest folder above it that says so, or itself.
    private static string RootOf(string folder)
    {
        var root = Path.GetFullPath(folder);
        for (var at = root; at is not null; at = Path.GetDirectoryName(at))
        {
            if (File.Exists(Path.Combine(at, IgnoreList.Path)) || Path.Exists(Path.Combine(at, ".git")))
            {
                return at;
            }
        }

        return root;
    }

    private static byte[] ReadBounded(string path)
    {
        using var stream = File.OpenRead(path);
        var bytes = new byte[Math.Min(stream.Length, MaxFileBytes + 1)];
        return bytes[..stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)];
    }
}

namespace GitOps.Manifests.Shapes;

/// <summary>Paths as manifests write them; nothing here looks at a file system.</summary>
public static class Paths
{
    private const int MaxLength = 4095; // PATH_MAX of Linux without the terminator

    /// <summary>
    /// Absolute, without <c>.</c>, <c>..</c>, empty segments or a trailing slash; the root itself is none.
    /// </summary>
    public static bool IsAbsolute(string path) => path.StartsWith('/') && IsRelative(path[1..]);

    /// <summary>Relative, one or more segments, none of them empty, <c>.</c> or <c>..</c>.</summary>
    public static bool IsRelative(string path) =>
        path.Length is > 0 and < MaxLength && !path.Any(char.IsControl) &&
        path.Split('/').All(segment => segment.Length is > 0 and <= 255 && segment is not ("." or ".."));

    /// <summary>
    /// What a path relative to a file of the repository names, relative to the repository's root; null when it leaves
    /// the repository or is no relative path.
    /// </summary>
    public static string? Resolve(string fromFile, string written)
    {
        if (written.Length is 0 or > MaxLength || written.StartsWith('/') ||
            written.Contains('\\', StringComparison.Ordinal))
        {
            return null;
        }

        var segments = fromFile.Split('/').SkipLast(1).ToList();
        foreach (var segment in written.Split('/'))
        {
            switch (segment)
            {
                case "." or "":
                    break;
                case ".." when segments.Count == 0:
                    return null;
                case "..":
                    segments.RemoveAt(segments.Count - 1);
                    break;
                default:
                    segments.Add(segment);
                    break;
            }
        }

        return segments.Count == 0 ? null : string.Join('/', segments);
    }
}

using System.Text;

namespace GitOps.Manifests;

/// <summary>
/// The file <c>.gitopsignore</c> at the root: one folder or file per line, relative to the root; <c>#</c> begins a
/// comment. What it covers is not read as a manifest and can still be named as a source.
/// </summary>
public sealed class IgnoreList
{
    public const string Path = ".gitopsignore";

    private readonly HashSet<string> _prefixes;

    private IgnoreList(HashSet<string> prefixes) => _prefixes = prefixes;

    public static IgnoreList Of(FleetSource source) => Of(source.TryGet(Path, out var file) ? file.Bytes.Span : []);

    /// <summary>Of the bytes of the file; of none, nothing is ignored.</summary>
    public static IgnoreList Of(ReadOnlySpan<byte> file)
    {
        var prefixes = new HashSet<string>(StringComparer.Ordinal);
        foreach (var line in Encoding.UTF8.GetString(file).Split('\n'))
        {
            var prefix = line.Split('#')[0].Trim().Trim('/');
            if (prefix.Length > 0)
            {
                prefixes.Add(prefix);
            }
        }

        return new(prefixes);
    }

    /// <param name="path">Relative to the root, with <c>/</c>.</param>
    public bool Covers(string path)
    {
        if (_prefixes.Count == 0)
        {
            return false;
        }

        for (var end = path.Length; end > 0; end = path.LastIndexOf('/', end - 1))
        {
            if (_prefixes.Contains(path[..end]))
            {
                return true;
            }
        }

        return false;
    }
}

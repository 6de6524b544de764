using System.Globalization;
using System.Text.Json;
using GitOps.Bundles;

namespace GitOps.Agent.Storage.Syncing;

/// <summary>A file of a tree; the path is relative to it.</summary>
/// <param name="ModifiedAt">As the side says that has it; some remotes know whole seconds only.</param>
public sealed record TreeFile(string Path, long SizeBytes, DateTimeOffset ModifiedAt)
{
    /// <summary>MD5 in hex, where the remote knows it without reading the file.</summary>
    public string? Md5 { get; init; }

    /// <summary>Whether it is the very same, as far as can be told without reading it.</summary>
    public bool IsSameAs(TreeFile other) => SizeBytes == other.SizeBytes && IsSameTime(ModifiedAt, other.ModifiedAt) &&
        (Md5 is null || other.Md5 is null || Md5 == other.Md5);

    /// <summary>File systems cut times off at different places, none before the millisecond.</summary>
    public static bool IsSameTime(DateTimeOffset one, DateTimeOffset two) => (one - two).Duration() <= TimeSpan.FromMilliseconds(1);
}

/// <summary>All files of a tree, by path in ordinal order.</summary>
public sealed record TreeListing(EquatableArray<TreeFile> Files)
{
    /// <summary>More are refused: the listing of every run is kept in memory and on disk.</summary>
    public const int MostFiles = 200_000;

    public static TreeListing Empty { get; } = new([]);

    public long Bytes => Files.Sum(file => file.SizeBytes);

    public static TreeListing Of(IEnumerable<TreeFile> files) => new(files.OrderBy(f => f.Path, StringComparer.Ordinal).ToEquatableArray());

    public IReadOnlyDictionary<string, TreeFile> ByPath() => Files.ToDictionary(file => file.Path, StringComparer.Ordinal);

    /// <summary>
    /// Reads what <c>rclone lsjson -R --files-only</c> prints. Of a directory of WebDAV whose listing was cut and asked for again it prints both answers, and
    /// the last entry of the first one may lack its size or its time (rclone pull request 9898). Whichever is taken: what is brought has to be like it.
    /// </summary>
    /// <returns>Null when it is something else.</returns>
    public static TreeListing? TryParse(ReadOnlyMemory<byte> lsjson)
    {
        try
        {
            using var document = JsonDocument.Parse(lsjson);
            return document.RootElement.ValueKind == JsonValueKind.Array
                ? Of(document.RootElement.EnumerateArray().Where(IsFile).Select(ToFile).GroupBy(f => f.Path, StringComparer.Ordinal).Select(same => same.MaxBy(f => (f.ModifiedAt, f.SizeBytes))!))
                : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            return null;
        }
    }

    /// <summary>Why no directory can hold this tree; null when one can. Whoever has the remote may write what he likes there.</summary>
    public string? WhyNot()
    {
        if (Files.Count > MostFiles)
        {
            return string.Create(CultureInfo.InvariantCulture, $"it has {Files.Count} files, at most {MostFiles} are kept");
        }

        foreach (var file in Files)
        {
            if (!IsPlain(file.Path))
            {
                return $"the name '{Printable(file.Path)}' cannot be written";
            }

            if (file.SizeBytes < 0)
            {
                return $"the size of '{file.Path}' is not known";
            }
        }

        var files = Files.Select(file => file.Path).ToHashSet(StringComparer.Ordinal);
        return Files.SelectMany(file => Parents(file.Path)).FirstOrDefault(files.Contains) is { } both ? $"'{both}' is a file and a directory" : null;
    }

    /// <summary>The directories above a file, from the innermost out.</summary>
    public static IEnumerable<string> Parents(string path)
    {
        for (var slash = path.LastIndexOf('/'); slash > 0; slash = path.LastIndexOf('/', slash - 1))
        {
            yield return path[..slash];
        }
    }

    private static bool IsPlain(string path) =>
        path.Length is > 0 and < 4096 && !path.Any(char.IsControl) &&
        path.Split('/').All(segment => segment is not ("" or "." or "..") && System.Text.Encoding.UTF8.GetByteCount(segment) <= 255);

    private static string Printable(string text) => new([.. text.Take(80).Select(c => char.IsControl(c) ? '?' : c)]);

    private static bool IsFile(JsonElement entry) => !entry.GetProperty("IsDir").GetBoolean();

    private static TreeFile ToFile(JsonElement entry) => new(
        entry.GetProperty("Path").GetString()!,
        entry.GetProperty("Size").GetInt64(),
        DateTimeOffset.Parse(entry.GetProperty("ModTime").GetString()!, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal))
    {
        Md5 = entry.TryGetProperty("Hashes", out var hashes) && hashes.TryGetProperty("md5", out var md5) ? md5.GetString() : null,
    };
}

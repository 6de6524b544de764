using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using GitOps.Bundles;
using GitOps.Platform.Files;

namespace GitOps.Agent.Host.Files;

/// <summary>One path that the agent made, for which unit, and what was there before it.</summary>
internal sealed record FileRecord(int Format, string Unit, string Path)
{
    /// <summary>Null when nothing was there.</summary>
    public OriginalFile? Original { get; init; }

    /// <summary>Directories made for it, outermost first; they go with it when they are empty.</summary>
    public IReadOnlyList<string> Directories { get; init; } = [];
}

/// <summary>Attributes of a file that was taken over; its bytes are kept beside the record.</summary>
internal sealed record OriginalFile(int Mode, uint User, uint Group);

/// <summary>
/// The journal of host paths, one record a path: it is written before the first effect on the path and removed after the
/// last, so that after a crash at any moment what the agent made is known from what was there.
/// </summary>
internal sealed class FileRecords(IFileLayer layer, string directory)
{
    private const int LimitBytes = 1 << 20;
    private const int OriginalLimitBytes = 256 << 20;

    public FileRecord? Find(string path) => Read($"{directory}/{NameOf(path)}.json");

    public IEnumerable<FileRecord> OfUnit(UnitId unit) =>
        (layer.Stat(directory) is null ? [] : layer.Enumerate(directory))
            .Where(n => n.EndsWith(".json", StringComparison.Ordinal) && !n.StartsWith('.'))
            .Select(n => Read($"{directory}/{n}"))
            .OfType<FileRecord>()
            .Where(r => r.Unit == unit.ToString());

    /// <summary>The original's bytes first: a record that names an original has it.</summary>
    public void Write(FileRecord record, byte[]? original)
    {
        layer.EnsureDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        if (original is not null)
        {
            AtomicFile.Write(layer, OriginalPath(record.Path), original);
        }

        AtomicFile.Write(layer, $"{directory}/{NameOf(record.Path)}.json", JsonSerializer.SerializeToUtf8Bytes(record, FileContext.Default.FileRecord));
    }

    public byte[] ReadOriginal(string path) => layer.Read(OriginalPath(path), OriginalLimitBytes)
        ?? throw new FileLayerException(FileFault.NotFound, "read", OriginalPath(path), "the original that was kept is gone");

    public static byte[]? ReadForKeeping(IFileLayer layer, string path) => layer.Read(path, OriginalLimitBytes);

    public void Remove(string path)
    {
        layer.UnlinkIfThere($"{directory}/{NameOf(path)}.json");
        layer.FlushDirectory(directory);
        layer.UnlinkIfThere(OriginalPath(path));
    }

    private string OriginalPath(string path) => $"{directory}/{NameOf(path)}.original";

    private static string NameOf(string path) => Digest.Of(Encoding.UTF8.GetBytes(path)).Hex[..32];

    private FileRecord? Read(string path)
    {
        try
        {
            return layer.Read(path, LimitBytes) is { } bytes &&
                JsonSerializer.Deserialize(bytes, FileContext.Default.FileRecord) is { Format: 1 } record ? record : null;
        }
        catch (JsonException e)
        {
            throw new FileLayerException(FileFault.Other, "read", path,
                string.Create(CultureInfo.InvariantCulture, $"is no record of a file: {e.Message}"));
        }
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(FileRecord))]
internal sealed partial class FileContext : JsonSerializerContext;

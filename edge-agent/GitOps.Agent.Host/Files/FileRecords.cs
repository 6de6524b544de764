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
internal sealed record OriginalFile(int Mode, uint User, uint Group)
{
    /// <summary>Of its bytes; null where it is not known any more, or an older release kept them.</summary>
    public string? Digest { get; init; }
}

/// <summary>
/// The journal of host paths, one record a path: it is written before the first effect on the path and removed after the
/// last, so that after a crash at any moment what the agent made is known from what was there. Thread-safe.
/// </summary>
internal sealed class FileRecords(IFileLayer layer, string directory)
{
    private const int LimitBytes = 1 << 20;
    private const int OriginalLimitBytes = 256 << 20;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, (FileStat Stat, FileRecord Record)> _read = new(StringComparer.Ordinal);

    /// <summary>By unit, of all records: nobody else writes them, and reading all for each unit would cost the square of their number.</summary>
    private Dictionary<string, SortedSet<string>>? _paths;

    /// <summary>
    /// The record of a path, null when there is none. Of a damaged one the name is left, which says that the agent made the
    /// path, and the original with its mode and owner, if one was kept: what it says of the unit is then empty.
    /// </summary>
    public FileRecord? Find(string path)
    {
        var file = RecordPath(path);
        if (layer.Stat(file) is not { } stat)
        {
            return null;
        }

        lock (_lock)
        {
            if (_read.TryGetValue(file, out var known) && known.Stat == stat)
            {
                return known.Record;
            }
        }

        if (Read(file) is not { } record)
        {
            return new FileRecord(1, "", path) { Original = FindOriginal(path) };
        }

        lock (_lock)
        {
            _read[file] = (stat, record);
        }

        return record;
    }

    /// <summary>The original of a path that is kept, whatever its record says.</summary>
    public OriginalFile? FindOriginal(string path) =>
        layer.Stat(OriginalPath(path)) is { } kept ? new OriginalFile((int)kept.Mode, kept.Owner.User, kept.Owner.Group) : null;

    /// <summary>The paths made for a unit; its own among them also when the record of it is damaged.</summary>
    public IReadOnlyList<string> OfUnit(UnitId unit, string path)
    {
        var own = Find(path);
        lock (_lock)
        {
            _paths ??= ReadAll();
            var known = _paths.GetValueOrDefault(unit.ToString()) ?? [];
            return own is { Unit: "" }
                ? [.. known.Append(path).Distinct().Order(StringComparer.Ordinal)]
                : [.. known.Where(p => p != path || own is not null)];
        }
    }

    /// <summary>The original's bytes first: a record that names an original has it.</summary>
    public void Write(FileRecord record, byte[]? original)
    {
        layer.EnsureDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        if (original is not null)
        {
            // With its own mode and owner: nobody else can look into the directory.
            var (mode, owner) = record.Original is { } old
                ? ((UnixFileMode)old.Mode, new FileOwner(old.User, old.Group))
                : (AtomicFile.Private, (FileOwner?)null);
            Keep(OriginalPath(record.Path), original, mode, owner);
        }

        Change(record.Path, record, () =>
            AtomicFile.Write(layer, RecordPath(record.Path), JsonSerializer.SerializeToUtf8Bytes(record, FileContext.Default.FileRecord)));
    }

    private void Keep(string path, byte[] original, UnixFileMode mode, FileOwner? owner)
    {
        try
        {
            AtomicFile.Write(layer, path, original, mode, owner);
        }
        catch (FileLayerException e) when (e.Fault == FileFault.Denied && owner is not null)
        {
            AtomicFile.Write(layer, path, original, mode); // not every agent may give files away; the record says whose it was
        }
    }

    /// <summary>The bytes of an original; null when they are gone, or not what was kept.</summary>
    public byte[]? ReadOriginal(string path, OriginalFile original) =>
        layer.Read(OriginalPath(path), OriginalLimitBytes) is { } bytes &&
        (original.Digest is null || original.Digest == Digest.Of(bytes).ToString()) ? bytes : null;

    public static byte[]? ReadForKeeping(IFileLayer layer, string path) => layer.Read(path, OriginalLimitBytes);

    public void Remove(string path)
    {
        Change(path, null, () =>
        {
            layer.UnlinkIfThere(RecordPath(path));
            layer.FlushDirectory(directory);
        });
        layer.UnlinkIfThere(OriginalPath(path));
    }

    private Dictionary<string, SortedSet<string>> ReadAll()
    {
        var paths = new Dictionary<string, SortedSet<string>>(StringComparer.Ordinal);
        foreach (var name in layer.Stat(directory) is null ? [] : layer.Enumerate(directory))
        {
            if (name.EndsWith(".json", StringComparison.Ordinal) && !name.StartsWith('.') && Read($"{directory}/{name}") is { } record)
            {
                Add(paths, record);
            }
        }

        return paths;
    }

    private static void Add(Dictionary<string, SortedSet<string>> paths, FileRecord record)
    {
        if (!paths.TryGetValue(record.Unit, out var known))
        {
            paths[record.Unit] = known = new SortedSet<string>(StringComparer.Ordinal);
        }

        known.Add(record.Path);
    }

    /// <param name="record">What then stands there; null: nothing.</param>
    private void Change(string path, FileRecord? record, Action onDisk)
    {
        lock (_lock)
        {
            _read.Remove(RecordPath(path));
            var paths = _paths;
            _paths = null; // whatever a failure leaves there is read again
            onDisk();
            foreach (var known in paths?.Values.AsEnumerable() ?? [])
            {
                known.Remove(path);
            }

            if (paths is not null && record is not null)
            {
                Add(paths, record);
            }

            _paths = paths;
        }
    }

    private string RecordPath(string path) => $"{directory}/{NameOf(path)}.json";

    private string OriginalPath(string path) => $"{directory}/{NameOf(path)}.original";

    private static string NameOf(string path) => Digest.Of(Encoding.UTF8.GetBytes(path)).Hex[..32];

    private FileRecord? Read(string path)
    {
        try
        {
            return layer.Read(path, LimitBytes) is { } bytes &&
                JsonSerializer.Deserialize(bytes, FileContext.Default.FileRecord) is { Format: 1 } record ? record : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

[JsonSourceGenerationOptions(
    GenerationMode = JsonSourceGenerationMode.Metadata,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(FileRecord))]
internal sealed partial class FileContext : JsonSerializerContext;

using System.Text.Json;
using System.Text.Json.Serialization;
using GitOps.Agent.History;
using GitOps.Bundles;
using GitOps.Platform.Files;

namespace GitOps.Agent.Host.History;

/// <summary>What happened to the generations of this node, on disk within a bound; the older half goes when it is reached. Thread-safe.</summary>
internal sealed class HistoryLog : IHistoryKeeper
{
    /// <summary>About five hundred turns.</summary>
    public const int LimitBytes = 256 * 1024;

    private readonly Lock _lock = new();
    private readonly List<HistoryEntry> _entries = [];
    private readonly DurableLog? _log;
    private readonly int _limitBytes;

    /// <summary>What cannot be read is begun anew: it is for people, and must not keep an agent from starting.</summary>
    public HistoryLog(IFileLayer layer, string path, int limitBytes = LimitBytes)
    {
        _limitBytes = limitBytes;
        _log = Open(layer, path, limitBytes);
        _entries.AddRange((_log?.Records ?? []).Select(r => HistoryJson.TryRead(r.Span)).OfType<HistoryEntry>());
    }

    /// <summary>Oldest first.</summary>
    public IReadOnlyList<HistoryEntry> Entries
    {
        get
        {
            lock (_lock)
            {
                return [.. _entries];
            }
        }
    }

    public void Note(HistoryEntry entry)
    {
        var bytes = HistoryJson.Write(entry);
        lock (_lock)
        {
            _entries.Add(entry);
            try
            {
                if (_log is not null && _log.LengthBytes + bytes.Length + 64 > _limitBytes)
                {
                    _entries.RemoveRange(0, _entries.Count / 2);
                    _log.Rewrite([.. _entries.Select(e => (ReadOnlyMemory<byte>)HistoryJson.Write(e))]);
                }
                else
                {
                    _log?.Append(bytes);
                }
            }
            catch (FileLayerException)
            {
                // A full or failing disk: the entry is known until the agent ends, and was reported as an event.
            }
        }
    }

    /// <summary>What was kept, read without taking part: for when no agent runs.</summary>
    public static IReadOnlyList<HistoryEntry> Read(IFileLayer layer, string path) =>
        layer.Stat(path) is null ? [] : new HistoryLog(layer, path).Entries;

    private static DurableLog? Open(IFileLayer layer, string path, int limitBytes)
    {
        foreach (var isLastTry in new[] { false, true })
        {
            try
            {
                return DurableLog.Open(layer, path, limitBytes);
            }
            catch (FileLayerException) when (!isLastTry)
            {
                RemoveDamaged(layer, path);
            }
            catch (FileLayerException)
            {
                return null; // known until the agent ends, at least
            }
        }

        return null;
    }

    private static void RemoveDamaged(IFileLayer layer, string path)
    {
        try
        {
            layer.UnlinkIfThere(path);
        }
        catch (FileLayerException)
        {
            // The second try says what is wrong with the disk.
        }
    }
}

/// <summary>One entry on disk and on the socket; readers take what a newer agent adds.</summary>
internal static class HistoryJson
{
    public static byte[] Write(HistoryEntry entry) => JsonSerializer.SerializeToUtf8Bytes(
        new HistoryRow(1, entry.At, entry.ClockTrusted, Word(entry.Kind), entry.Generation, entry.Because)
        {
            Bundle = entry.Bundle?.ToString(),
            Revision = entry.Revision,
            ReturnedTo = entry.ReturnedTo,
        }, HistoryContext.Default.HistoryRow);

    /// <summary>Null when it is none.</summary>
    public static HistoryEntry? TryRead(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return JsonSerializer.Deserialize(bytes, HistoryContext.Default.HistoryRow) is { Format: 1 } row && Enum.TryParse<HistoryKind>(row.Kind, ignoreCase: true, out var kind)
                ? new HistoryEntry(row.At, row.ClockTrusted, kind, row.Generation, row.Because)
                {
                    Bundle = Digest.TryParse(row.Bundle, out var bundle) ? bundle : null,
                    Revision = row.Revision,
                    ReturnedTo = row.ReturnedTo,
                }
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary><c>committed</c>, <c>givenUp</c>, <c>left</c>, <c>retried</c>.</summary>
    public static string Word(HistoryKind kind) => JsonNamingPolicy.CamelCase.ConvertName(kind.ToString());
}

internal sealed record HistoryRow(int Format, DateTimeOffset At, bool ClockTrusted, string Kind, long Generation, string Because)
{
    public string? Bundle { get; init; }

    public string? Revision { get; init; }

    public long? ReturnedTo { get; init; }
}

[JsonSourceGenerationOptions(
    GenerationMode = JsonSourceGenerationMode.Metadata,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(HistoryRow))]
internal sealed partial class HistoryContext : JsonSerializerContext;

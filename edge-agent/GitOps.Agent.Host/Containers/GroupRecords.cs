using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Serialization;
using GitOps.Platform.Files;

namespace GitOps.Agent.Host.Containers;

/// <summary>What the engine does not remember of a group: counts of restarts, and how runs ended.</summary>
internal sealed record GroupRecord(int Format)
{
    /// <summary>By name of container.</summary>
    public IReadOnlyDictionary<string, RunRecord> Runs { get; init; } = new Dictionary<string, RunRecord>();

    /// <summary>Newest last; bounded.</summary>
    public IReadOnlyList<EndRecord> Ends { get; init; } = [];
}

/// <summary>The newest start of a container. Times are of the machine's monotonic clock, in one boot of its kernel.</summary>
/// <param name="Key">As <see cref="Agent.Containers.GroupKey.Of"/>.</param>
internal sealed record RunRecord(string Key, int Attempt, int Restarts, string KernelBootId, long StartedAtMs)
{
    /// <summary>The agent is about to end it: that is no news.</summary>
    public bool IsStopOrdered { get; init; }

    /// <summary>The engine's word for when the run ended that was noted; null while none was.</summary>
    public string? NotedEnd { get; init; }

    /// <summary>Null: not known, the agent was not there.</summary>
    public long? EndedAtMs { get; init; }

    /// <summary>Why the agent ended it; null when it ended by itself.</summary>
    public string? EndedBecause { get; init; }
}

/// <summary>One end of a container, for people.</summary>
internal sealed record EndRecord(string Container, DateTimeOffset Time, int ExitCode, bool OutOfMemory, long RanForMs, string? Because, IReadOnlyList<string> LastLines);

/// <summary>Keeps one record per group, each in a file that is replaced as one.</summary>
internal sealed class GroupRecords(IFileLayer layer, string directory)
{
    public const int MostEnds = 20;
    private const int LimitBytes = 1 << 20;
    private static readonly GroupRecord Empty = new(1);

    private readonly ConcurrentDictionary<string, GroupRecord> _read = new(StringComparer.Ordinal);

    public bool Has(string unit) => layer.Stat(PathOf(unit)) is not null;

    /// <summary>An unreadable one counts as empty: it costs counts and no container.</summary>
    public GroupRecord Read(string unit) => _read.GetOrAdd(unit, _ =>
    {
        try
        {
            return layer.Read(PathOf(unit), LimitBytes) is { } bytes &&
                JsonSerializer.Deserialize(bytes, RecordJson.Default.GroupRecord) is { Format: 1 } record ? record : Empty;
        }
        catch (JsonException)
        {
            return Empty;
        }
    });

    public void Write(string unit, GroupRecord record)
    {
        if (record != Read(unit))
        {
            AtomicFile.Write(layer, PathOf(unit), JsonSerializer.SerializeToUtf8Bytes(record, RecordJson.Default.GroupRecord));
            _read[unit] = record;
        }
    }

    public void NoteRun(string unit, string container, RunRecord run)
    {
        var record = Read(unit);
        var runs = new Dictionary<string, RunRecord>(record.Runs, StringComparer.Ordinal) { [container] = run };
        Write(unit, record with { Runs = runs });
    }

    /// <summary>The agent removes the container: that it is gone is nobody's doing.</summary>
    public void ForgetRun(string unit, string container)
    {
        var record = Read(unit);
        if (record.Runs.ContainsKey(container))
        {
            Write(unit, record with { Runs = record.Runs.Where(run => run.Key != container).ToDictionary(StringComparer.Ordinal) });
        }
    }

    public void NoteEnd(string unit, RunRecord run, EndRecord end)
    {
        NoteRun(unit, end.Container, run);
        var record = Read(unit);
        Write(unit, record with { Ends = [.. record.Ends.TakeLast(MostEnds - 1), end] });
    }

    public void Remove(string unit)
    {
        layer.UnlinkIfThere(PathOf(unit));
        layer.FlushDirectory(directory);
        _read.TryRemove(unit, out _);
    }

    private string PathOf(string unit) => $"{directory}/{unit}.json";
}

[JsonSourceGenerationOptions(
    GenerationMode = JsonSourceGenerationMode.Metadata,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(GroupRecord))]
internal sealed partial class RecordJson : JsonSerializerContext;

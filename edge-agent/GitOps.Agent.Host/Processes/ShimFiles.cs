using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using GitOps.Bundles.Units;
using GitOps.Platform.Files;

namespace GitOps.Agent.Host.Processes;

/// <summary>What a shim is to run. Holds the environment, secrets included: readable by the agent only.</summary>
internal sealed record ShimOrder(int Format, string RunId, string Key, int Attempt, int Restarts, IReadOnlyList<string> Command, string WorkingDirectory)
{
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    public string? User { get; init; }

    public required string LogPath { get; init; }

    public required long LogMaxBytes { get; init; }

    public required int LogFiles { get; init; }

    public ResourceLimits? Resources { get; init; }

    /// <summary>The unit of systemd's that the shim is started as; null: it is started by the agent.</summary>
    public string? SystemUnit { get; init; }

    /// <summary>For when systemd ends that unit.</summary>
    public string StopSignal { get; init; } = "SIGTERM";

    public int StopGraceMs { get; init; } = 10_000;
}

/// <summary>A process, told apart from a later one of the same number.</summary>
/// <param name="StartTicks">Field 22 of /proc/PID/stat, proc(5): since the machine's boot.</param>
internal sealed record ProcessMark(int Pid, long StartTicks);

/// <summary>What a shim says of its run. Times are milliseconds of the machine's monotonic clock, which all processes share.</summary>
internal sealed record ShimStatus(int Format, string RunId, string Key, int Attempt, int Restarts, string KernelBootId, ProcessMark Shim)
{
    /// <summary>Null when the program could not be started.</summary>
    public ProcessMark? Process { get; init; }

    public required long StartedAtMs { get; init; }

    /// <summary>Null while it runs.</summary>
    public long? EndedAtMs { get; init; }

    public int? ExitCode { get; init; }

    /// <summary>The kernel ended something of it for want of memory; absent: no.</summary>
    public bool? OutOfMemory { get; init; }

    /// <summary>Where its output begins; absent in runs of an older release.</summary>
    public LogMark? Log { get; init; }
}

/// <summary>Where agent and shim leave word for each other; each file has one writer and is replaced as one.</summary>
internal sealed class ShimFiles(IFileLayer layer, string directory)
{
    public const string StatusSuffix = ".status.json";
    private const int LimitBytes = 4 << 20;

    public string Directory => directory;

    /// <summary>In the environment of everything a unit's run starts; what is left of a run is known by it.</summary>
    public const string Marker = "GITOPS_AGENT_RUN";

    public string MarkOf(string name) => $"{Marker}={directory}/{name}";

    /// <summary>Of the control group of a unit's runs: no other agent of this machine has it.</summary>
    public string GroupOf(string name) => $"gitops-agent.{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(directory)))[..8]}.{name}";

    public string LockPath(string name) => $"{directory}/{name}.lock";

    public ShimOrder? ReadOrder(string name) => Read(OrderPath(name), ShimContext.Default.ShimOrder) is { Format: 1 } order ? order : null;

    public ShimStatus? ReadStatus(string name) =>
        Read(StatusPath(name), ShimContext.Default.ShimStatus) is { Format: 1 } status ? status : null;

    public void WriteOrder(string name, ShimOrder order) =>
        AtomicFile.Write(layer, OrderPath(name), JsonSerializer.SerializeToUtf8Bytes(order, ShimContext.Default.ShimOrder));

    public void WriteStatus(string name, ShimStatus status) =>
        AtomicFile.Write(layer, StatusPath(name), JsonSerializer.SerializeToUtf8Bytes(status, ShimContext.Default.ShimStatus));

    /// <summary>The shim that holds the name's lock; null when none does.</summary>
    public int? FindShim(string name)
    {
        if (layer.Stat(LockPath(name)) is null)
        {
            return null;
        }

        using var free = CommandLock.TryTake(LockPath(name), out var holder);
        return free is null && int.TryParse(holder.AsSpan(holder.LastIndexOf(' ') + 1), CultureInfo.InvariantCulture, out var pid) ? pid : null;
    }

    public bool HasAny(string name) => layer.Stat(OrderPath(name)) is not null || layer.Stat(StatusPath(name)) is not null;

    public void Remove(string name)
    {
        layer.UnlinkIfThere(OrderPath(name));
        layer.UnlinkIfThere(StatusPath(name));
        layer.UnlinkIfThere(LockPath(name));
        layer.FlushDirectory(directory);
    }

    private string OrderPath(string name) => $"{directory}/{name}.order.json";

    private string StatusPath(string name) => $"{directory}/{name}{StatusSuffix}";

    private T? Read<T>(string path, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return layer.Read(path, LimitBytes) is { } bytes ? JsonSerializer.Deserialize(bytes, type) : null;
        }
        catch (JsonException)
        {
            return null; // not ours: replaced by the next run
        }
    }
}

[JsonSourceGenerationOptions(
    GenerationMode = JsonSourceGenerationMode.Metadata,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ShimOrder))]
[JsonSerializable(typeof(ShimStatus))]
internal sealed partial class ShimContext : JsonSerializerContext;

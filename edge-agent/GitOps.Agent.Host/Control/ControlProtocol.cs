using System.Text.Json.Serialization;

namespace GitOps.Agent.Host.Control;

/// <summary>One request of a command to the running agent, one line of JSON. The answer is everything until the connection ends.</summary>
internal sealed record ControlRequest(string Ask)
{
    public const string Status = "status";
    public const string Plan = "plan";
    public const string Hold = "hold";
    public const string Release = "release";
    public const string Retry = "retry";
    public const string RollBack = "rollback";
    public const string Why = "why";
    public const string History = "history";

    /// <summary>How far off the clock was.</summary>
    public const string Clock = "clock";

    /// <summary>Lifts window and budget of the link for an hour.</summary>
    public const string Fetch = "fetch";

    /// <summary>Runs the sync that <see cref="Unit"/> names, now.</summary>
    public const string Sync = "sync";

    /// <summary>Who the node is among replicas.</summary>
    public const string ReplicaId = "replica-id";

    /// <summary>
    /// Brings back a snapshot of the backup that <see cref="Unit"/> names: <see cref="Field"/> says which, <see cref="File"/> where to,
    /// <see cref="Part"/> what of it; without <see cref="Follow"/> it is only listed. The answer is lines with a <see cref="ControlAnswer"/>.
    /// </summary>
    public const string Restore = "restore";

    /// <summary>Reads back what the backup that <see cref="Unit"/> names keeps; answered as <see cref="Restore"/>.</summary>
    public const string Verify = "verify";

    /// <summary>Lists the snapshots of the backup that <see cref="Unit"/> names; answered as <see cref="Restore"/>.</summary>
    public const string Snapshots = "snapshots";

    /// <summary>Writes <see cref="Value"/> to the property <see cref="Field"/> of the device that <see cref="Unit"/> names.</summary>
    public const string Write = "write";

    /// <summary>The answer is one line with a <see cref="ControlAnswer"/>, and after it what the unit printed.</summary>
    public const string Logs = "logs";

    /// <summary>Takes in <see cref="File"/>; answered once it is judged, however long reading it takes.</summary>
    public const string Import = "import";

    public string? Unit { get; init; }

    /// <summary>Absolute.</summary>
    public string? File { get; init; }

    public long? ForMs { get; init; }

    public string? Reason { get; init; }

    public string? By { get; init; }

    /// <summary>Of a rollback; absent: its end.</summary>
    public long? Generation { get; init; }

    public string? Value { get; init; }

    /// <summary>Members joined by dots, or a property of a device.</summary>
    public string? Field { get; init; }

    public int? Lines { get; init; }

    public bool? Follow { get; init; }

    /// <summary>One of a unit's logs, where it has several.</summary>
    public string? Part { get; init; }
}

/// <summary>A short answer: done, or why not.</summary>
internal sealed record ControlAnswer(bool Ok, string Message)
{
    /// <summary>It is not the last line.</summary>
    public bool? More { get; init; }

    /// <summary>Of what was in the way, where it has a code.</summary>
    public string? Code { get; init; }
}

[JsonSourceGenerationOptions(
    GenerationMode = JsonSourceGenerationMode.Metadata,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ControlRequest))]
[JsonSerializable(typeof(ControlAnswer))]
internal sealed partial class ControlContext : JsonSerializerContext;

using System.Text.Json.Serialization;
using GitOps.Bundles.Json;

namespace GitOps.Bundles.Units;

/// <summary>Something that runs on the node. Exactly one of <see cref="Process"/> and <see cref="Containers"/> is set.</summary>
public sealed record WorkloadSpec : UnitSpec
{
    public ProcessSpec? Process { get; init; }

    public ContainerGroupSpec? Containers { get; init; }

    [JsonIgnore]
    public override string Kind => UnitKinds.Workload;
}

/// <summary>A supervised executable.</summary>
public sealed record ProcessSpec
{
    /// <summary>Argument list; a first element starting with <c>./</c> is relative to the unit's directory.</summary>
    public required EquatableArray<string> Command { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public EquatableArray<UnitFile> Files { get; init; }

    /// <summary>Sorted by name.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public EquatableArray<EnvironmentVariable> Env { get; init; }

    public string? WorkingDirectory { get; init; }

    public string? User { get; init; }

    public RestartPolicy Restart { get; init; } = RestartPolicy.Always;

    public RestartBackoff Backoff { get; init; } = new(1_000, 60_000);

    public string StopSignal { get; init; } = "SIGTERM";

    /// <summary>From the stop signal to SIGKILL.</summary>
    public int StopGraceMs { get; init; } = 10_000;

    public LogBound Log { get; init; } = new(1024 * 1024, 3);

    /// <summary>Of the process and all it starts, together. A node that cannot bound what is asked refuses the bundle.</summary>
    public ResourceLimits? Resources { get; init; }

    /// <summary>TCP ports it listens on: two units that claim one port never run at the same time.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public EquatableArray<int> Ports { get; init; }
}

/// <summary>A file of the unit's own directory; the name is relative and has no <c>..</c>.</summary>
public sealed record UnitFile(string Name, EquatableArray<ContentPart> Content)
{
    public string Mode { get; init; } = "0644";
}

public sealed record EnvironmentVariable(string Name, EquatableArray<ContentPart> Value);

[JsonConverter(typeof(WordConverter<RestartPolicy>))]
public enum RestartPolicy
{
    [JsonStringEnumMemberName("always")]
    Always,

    [JsonStringEnumMemberName("onFailure")]
    OnFailure,

    [JsonStringEnumMemberName("never")]
    Never,
}

/// <summary>The pause before a restart: doubled each time up to the maximum, reset after a run of the maximum's length.</summary>
public sealed record RestartBackoff(int InitialMs, int MaxMs);

/// <summary>A log never takes more than <paramref name="MaxBytes"/> × <paramref name="Files"/> of disk.</summary>
public sealed record LogBound(long MaxBytes, int Files);

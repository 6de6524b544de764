using System.Text.Json.Serialization;
using GitOps.Bundles.Json;

namespace GitOps.Bundles.Reports;

public sealed record UnitReport(UnitId Id, UnitPhase State)
{
    public string? Message { get; init; }

    /// <summary>Of its process, or of all its containers, since it was first started as it is.</summary>
    public int Restarts { get; init; }

    /// <summary>Of a group of containers, in the order they are started.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public EquatableArray<ContainerReport> Containers { get; init; }
}

/// <summary>One container of a group.</summary>
/// <param name="Image">What runs, by digest.</param>
public sealed record ContainerReport(string Name, string Image, ContainerPhase State)
{
    public int Restarts { get; init; }

    /// <summary>Absent while no run of it has ended by itself.</summary>
    public ContainerEndReport? LastEnd { get; init; }
}

[JsonConverter(typeof(WordConverter<ContainerPhase>))]
public enum ContainerPhase
{
    /// <summary>There is none, or it was made and not started.</summary>
    [JsonStringEnumMemberName("absent")]
    Absent,

    [JsonStringEnumMemberName("running")]
    Running,

    [JsonStringEnumMemberName("ended")]
    Ended,
}

/// <summary>How a container ended last.</summary>
/// <param name="ExitCode">128 + signal when a signal ended it.</param>
public sealed record ContainerEndReport(DateTimeOffset Time, int ExitCode)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool OutOfMemory { get; init; }

    /// <summary>Why the agent ended it.</summary>
    public string? Because { get; init; }

    /// <summary>Of its output, oldest first.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public EquatableArray<string> LastLines { get; init; }
}

[JsonConverter(typeof(WordConverter<UnitPhase>))]
public enum UnitPhase
{
    [JsonStringEnumMemberName("ready")]
    Ready,

    [JsonStringEnumMemberName("applying")]
    Applying,

    [JsonStringEnumMemberName("waiting")]
    Waiting,

    [JsonStringEnumMemberName("failed")]
    Failed,

    /// <summary>Needs a new bundle or a person.</summary>
    [JsonStringEnumMemberName("stuck")]
    Stuck,
}

/// <summary>A change that is not made yet: what is waited for, and what would end the wait.</summary>
public sealed record HoldReport(UnitId Unit, string What, string Until);

/// <summary>A bundle the node gave up; it is not tried again until another one or an explicit retry.</summary>
public sealed record QuarantineReport(Digest Bundle, string Reason)
{
    public UnitId? Unit { get; init; }
}

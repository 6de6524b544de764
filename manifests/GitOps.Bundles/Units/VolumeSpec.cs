using System.Text.Json.Serialization;
using GitOps.Bundles.Json;

namespace GitOps.Bundles.Units;

/// <summary>A directory that outlives the workloads that use it.</summary>
public sealed record VolumeSpec : UnitSpec
{
    public required string Path { get; init; }

    public long? LimitBytes { get; init; }

    /// <summary>What keeps the volume below <see cref="LimitBytes"/>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public LimitKeeping Enforce { get; init; }

    /// <summary>What is to stay free on the file system it lies on, in bytes, whoever takes it.</summary>
    public long? ReserveBytes { get; init; }

    public OnFull OnFull { get; init; } = OnFull.Alarm;

    public Retention? Retention { get; init; }

    public DeletionPolicy DeletionPolicy { get; init; } = DeletionPolicy.Retain;

    public string Mode { get; init; } = "0755";

    public string? Owner { get; init; }

    public string? Group { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Adopt { get; init; }

    [JsonIgnore]
    public override string Kind => UnitKinds.Volume;

    /// <summary>The file that holds a volume which is an image: beside its directory, on the same disk.</summary>
    public static string ImageOf(string path) => $"{path}.gitops-image";
}

/// <summary>What keeps a volume below its limit.</summary>
[JsonConverter(typeof(WordConverter<LimitKeeping>))]
public enum LimitKeeping
{
    /// <summary>Nothing: what it holds is counted, and <see cref="OnFull"/> is done above the limit.</summary>
    Watch,

    /// <summary>It is a file system of that size in a file, and takes no more.</summary>
    Image,
}

/// <summary>What happens when a volume is above its limit, or its disk below the reserve.</summary>
[JsonConverter(typeof(WordConverter<OnFull>))]
public enum OnFull
{
    /// <summary>Workloads that require the volume are stopped until there is room again.</summary>
    [JsonStringEnumMemberName("refuse")]
    Refuse,

    [JsonStringEnumMemberName("alarm")]
    Alarm,

    [JsonStringEnumMemberName("dropOldest")]
    DropOldest,
}

[JsonConverter(typeof(WordConverter<DeletionPolicy>))]
public enum DeletionPolicy
{
    Retain,
    Delete,
}

/// <summary>Which files may go: those older than the age (while the clock is trusted), and the oldest above the size.</summary>
public sealed record Retention
{
    public long? MaxAgeMs { get; init; }

    public long? MaxBytes { get; init; }
}

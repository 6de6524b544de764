using System.Text.Json.Serialization;

namespace GitOps.Bundles.Units;

/// <summary>A file on the node.</summary>
public sealed record FileSpec : UnitSpec
{
    /// <summary>Absolute, without <c>.</c> and <c>..</c> segments.</summary>
    public required string Path { get; init; }

    public required EquatableArray<ContentPart> Content { get; init; }

    /// <summary>Permission bits as four octal digits.</summary>
    public string Mode { get; init; } = "0644";

    public string? Owner { get; init; }

    public string? Group { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Adopt { get; init; }

    /// <summary>Workloads that restart when the content changes.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public EquatableArray<UnitId> Restart { get; init; }

    [JsonIgnore]
    public override string Kind => UnitKinds.File;
}

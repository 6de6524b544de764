using System.Text.Json.Serialization;

namespace GitOps.Bundles.Units;

/// <summary>A device in the hands of a KubeEdge mapper on the node.</summary>
/// <param name="Protocol">The name that the mapper registers with.</param>
public sealed record MapperConnection(string Protocol)
{
    /// <summary>What the mapper is told of the device; sorted by name.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public EquatableArray<MapperSetting> Config { get; init; }
}

/// <summary>One value that a mapper is told, as text; mappers take nothing but single values.</summary>
public sealed record MapperSetting(string Name, EquatableArray<ContentPart> Value)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public MapperSettingType Type { get; init; }
}

/// <summary>What the text is on its way to the mapper.</summary>
public enum MapperSettingType
{
    [JsonStringEnumMemberName("text")]
    Text,

    /// <summary>Of 64 bits.</summary>
    [JsonStringEnumMemberName("integer")]
    Integer,

    /// <summary>Of 32 bits: mappers know no other.</summary>
    [JsonStringEnumMemberName("decimal")]
    Decimal,

    [JsonStringEnumMemberName("bool")]
    Bool,
}

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
    /// <summary>What the text is on its way to the mapper, of <see cref="MapperTypes"/>; absent: a text.</summary>
    public string? Type { get; init; }
}

/// <summary>Words and no enumeration: a converter of one would cost every agent more than the rest of mappers does.</summary>
public static class MapperTypes
{
    /// <summary>Of 64 bits.</summary>
    public const string Integer = "integer";

    /// <summary>Of 32 bits: mappers know no other.</summary>
    public const string Decimal = "decimal";

    public const string Bool = "bool";
}

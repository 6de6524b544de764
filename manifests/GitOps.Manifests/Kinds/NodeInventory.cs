using GitOps.Bundles;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.Kinds;

/// <summary>Many EdgeNodes from one table of the repository.</summary>
public sealed record NodeInventorySpec(
    ContentSource.Source Source,
    InventoryFormat Format,
    string Delimiter,
    EquatableArray<InventoryColumn> Columns,
    InventoryDefaults Defaults);

public enum InventoryFormat
{
    /// <summary>As the name of the file ends.</summary>
    ByName,
    Csv,
    Json,
}

/// <summary>
/// What a column of the table is. <paramref name="Field"/> is <c>name</c>, <c>site</c>, <c>architecture</c>,
/// <c>capabilities</c>, <c>suspend</c>, <c>labels.KEY</c>, <c>values.PATH</c> or <c>ignore</c>.
/// </summary>
public sealed record InventoryColumn(string Column, string Field, CellType Type);

/// <summary>How a cell of a CSV file that becomes a value is read.</summary>
public enum CellType
{
    /// <summary>A number without leading zeros, <c>true</c> and <c>false</c> are what they look like; the rest is text.</summary>
    Auto,
    Text,
}

/// <summary>What a node has where its row says nothing.</summary>
public sealed record InventoryDefaults(
    string? Site, string? Architecture, EquatableArray<LabelPair> Labels, YamlNode.Mapping Values);

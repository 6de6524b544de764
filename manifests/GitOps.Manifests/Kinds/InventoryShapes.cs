using GitOps.Bundles;
using GitOps.Manifests.Inventories;
using GitOps.Manifests.Shapes;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.Kinds;

/// <summary>NodeInventory: a table, and what its columns are.</summary>
internal static class InventoryShapes
{
    private static readonly InventoryDefaults NoDefaults = new(null, null, [], YamlNode.Mapping.Empty);

    private static readonly Shape<InventoryFormat> Format = Scalars.OneOf(
        ("byName", InventoryFormat.ByName), ("csv", InventoryFormat.Csv), ("json", InventoryFormat.Json));

    private static readonly Shape<string> Delimiter = Scalars.OfText("character", "one of , ; | and a tab",
        "write delimiter: \";\", or \"\\t\" in double quotes for a tab", text => text is "," or ";" or "|" or "\t",
        ScalarForms.OneOf(",", ";", "|", "\t") with { Example = "\";\"" });

    private static readonly Shape<string> Field = Scalars.OfText("field of a node",
        "name, site, architecture, capabilities, suspend, labels.<key>, values.<path> or ignore",
        "write like site, labels.role or values.web.port", InventoryField.IsValid,
        ScalarForm.Text with { Example = "labels.role" });

    private static readonly Shape<CellType> Type = Scalars.OneOf(("auto", CellType.Auto), ("text", CellType.Text));

    private static readonly Shape<ColumnForm> Column = new EitherShape<ColumnForm, string>(
        Field, field => new(field, CellType.Auto), new ObjectShape<ColumnForm>("column", f => new(
            f.Required("field", Field, "what it is of the node"),
            f.Default("type", Type, CellType.Auto,
                "for values: `auto` reads numbers and booleans as such, `text` reads everything as text"))));

    private static readonly Shape<EquatableArray<InventoryColumn>> Columns =
        new MapShape<ColumnForm, InventoryColumn>("column", Scalars.Text, Column,
            (name, column) => new(name, column.Field, column.Type));

    private static readonly Shape<string> Architecture = Scalars.OfText("`amd64` \\| `arm64`", "amd64 or arm64",
        "write amd64 or arm64", text => text is "amd64" or "arm64",
        ScalarForms.OneOf("amd64", "arm64"));

    private static readonly Shape<InventoryDefaults> Defaults = new ObjectShape<InventoryDefaults>("defaults", f => new(
        f.Optional("site", Scalars.Name, "the Site"),
        f.Optional("architecture", Architecture, "of the processor"),
        f.Default("labels", TargetingShapes.Labels, [], "labels; a row sets each by its own"),
        f.Default("values", SharedShapes.Values, YamlNode.Mapping.Empty, "values, below those of the row")));

    public static readonly KindShape<NodeInventorySpec> NodeInventory = new(ResourceKind.NodeInventory, isRendered: false,
        "Many EdgeNodes from one table of the repository, one row each. They are nodes like those written one by one.",
        new ObjectShape<NodeInventorySpec>("NodeInventory", f => new(
            f.Required("source", SharedShapes.Source, "the table, relative to this manifest"),
            f.Default("format", Format, InventoryFormat.ByName, "how it is read; otherwise as its name ends"),
            f.Default("delimiter", Delimiter, ",", "csv: what stands between two cells"),
            f.Default("columns", Columns, [],
                "what a column is, where its name is not that of a field: `name`, `site`, `architecture`, `capabilities`, `suspend`, `labels.<key>`, `values.<path>`, or `ignore`"),
            f.Default("defaults", Defaults, NoDefaults, "what a node has where its row says nothing")))
        {
            Rules = [new("without a `format` the name of the table ends in `.csv` or `.json`", (inventory, node, findings) =>
            {
                if (inventory.Format == InventoryFormat.ByName && InventoryReader.FormatOf(inventory) is null)
                {
                    findings.Error(ManifestCodes.MissingField, node.Span,
                        $"the name '{Excerpt.Of(inventory.Source.Written)}' does not tell how the table is read",
                        "add 'format: csv' or 'format: json'");
                }
            })],
        });

    private sealed record ColumnForm(string Field, CellType Type);
}

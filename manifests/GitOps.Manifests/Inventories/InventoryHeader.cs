using GitOps.Manifests.Kinds;

namespace GitOps.Manifests.Inventories;

/// <summary>What the columns of a table are, by their own names or as the NodeInventory says.</summary>
internal sealed class InventoryHeader(Resource<NodeInventorySpec> inventory)
{
    private readonly Dictionary<string, InventoryColumn> _columns =
        inventory.Spec.Columns.ToDictionary(column => column.Column, StringComparer.Ordinal);

    /// <summary>One field per column of a CSV header, or null and findings.</summary>
    public (InventoryField Field, CellType Type)[]? Read(List<CsvCell> header, string file, FindingList findings)
    {
        var errors = findings.Errors;
        var fields = new (InventoryField, CellType)[header.Count];
        var taken = new Dictionary<InventoryField, string>();
        for (var i = 0; i < header.Count; i++)
        {
            var span = new SourceSpan(file, header[i].Line, header[i].Column);
            var name = header[i].Text.Trim();
            var field = FieldOf(name) is var found and not InventoryField.Whole ? found : null;
            if (field is null)
            {
                ReportUnknown(name, span, findings);
                field = new InventoryField.Ignored();
            }
            else if (field is not InventoryField.Ignored && !taken.TryAdd(field, name))
            {
                findings.Error(ManifestCodes.TableColumn, span,
                    $"the columns '{Excerpt.Of(taken[field])}' and '{Excerpt.Of(name)}' are the same field",
                    "remove one of them, or map it to 'ignore' under 'columns'");
            }

            fields[i] = (field, _columns.TryGetValue(name, out var column) ? column.Type : CellType.Auto);
        }

        if (findings.Errors == errors && !taken.ContainsKey(new InventoryField.Own(InventoryField.Name)))
        {
            findings.Error(ManifestCodes.TableColumn, SourceSpan.StartOf(file), "no column is the name of the nodes",
                "call one 'name', or say which under 'columns': {<column>: name}");
        }

        ReportMissing(header.Select(cell => cell.Text.Trim()).ToHashSet(StringComparer.Ordinal), findings);
        return findings.Errors == errors ? fields : null;
    }

    /// <summary>What a member of a JSON row is, or null and a finding.</summary>
    public InventoryField? Read(string member, SourceSpan span, FindingList findings)
    {
        var field = FieldOf(member);
        if (field is null)
        {
            ReportUnknown(member, span, findings);
        }

        return field;
    }

    private InventoryField? FieldOf(string name) =>
        InventoryField.Parse(_columns.TryGetValue(name, out var column) ? column.Field : name);

    private static void ReportUnknown(string name, SourceSpan span, FindingList findings)
    {
        var near = Spelling.Nearest(name, InventoryField.Known);
        findings.Error(ManifestCodes.TableColumn, span,
            name.Length == 0 ? "a column has no name" : $"the column '{Excerpt.Of(name)}' is no field of a node",
            near is not null
                ? $"did you mean '{near}'? Otherwise say what it is under 'columns' of the NodeInventory: '{Excerpt.Of(name)}: values.<path>', or 'ignore'"
                : $"say what it is under 'columns' of the NodeInventory, one of {string.Join(", ", InventoryField.Known)}");
    }

    private void ReportMissing(HashSet<string> names, FindingList findings)
    {
        foreach (var column in inventory.Spec.Columns.Where(column => !names.Contains(column.Column)))
        {
            findings.Error(ManifestCodes.TableColumn, inventory.SpanOf("columns", column.Column),
                $"the table has no column '{Excerpt.Of(column.Column)}'",
                Spelling.Nearest(column.Column, names) is { } near ? $"did you mean '{near}'?"
                    : $"its columns are {Excerpt.Of(string.Join(", ", names))}");
        }
    }
}

using System.Collections.Immutable;
using GitOps.Manifests.Kinds;
using GitOps.Manifests.Shapes;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.Inventories;

/// <summary>Bounds on what one table may cost.</summary>
public sealed record InventoryLimits
{
    public static readonly InventoryLimits Default = new();

    /// <summary>A quarter of a million rows of 256 bytes.</summary>
    public int MaxBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>After so many errors the rest of a table is not read: they have one cause.</summary>
    public int MaxErrors { get; init; } = 100;
}

/// <summary>From the table of a NodeInventory to its nodes.</summary>
public static class InventoryReader
{
    /// <summary>
    /// The nodes of one inventory, as if they were documents of the table. Depends on the inventory and the bytes of the
    /// table only, so it can be kept by both.
    /// </summary>
    public static ParsedFile Read(Resource<NodeInventorySpec> inventory, SourceFile table, InventoryLimits? limits = null)
    {
        limits ??= InventoryLimits.Default;
        var reading = new Reading(inventory, table.Path, limits);
        switch (YamlText.Decode(table, new YamlLimits { MaxBytes = limits.MaxBytes }, reading.Findings))
        {
            case null:
                reading.IsWhole = false;
                break;
            case var text when FormatOf(inventory.Spec) == InventoryFormat.Json:
                reading.ReadJson(text);
                break;
            case var text:
                reading.ReadCsv(text);
                break;
        }

        return reading.ToParsed();
    }

    /// <summary>How the table is written; null when neither the manifest nor the table's name says.</summary>
    public static InventoryFormat? FormatOf(NodeInventorySpec inventory) => inventory.Format switch
    {
        InventoryFormat.ByName when inventory.Source.Path.EndsWith(".csv", StringComparison.OrdinalIgnoreCase) => InventoryFormat.Csv,
        InventoryFormat.ByName when inventory.Source.Path.EndsWith(".json", StringComparison.OrdinalIgnoreCase) => InventoryFormat.Json,
        InventoryFormat.ByName => null,
        var format => format,
    };

    /// <summary>The nodes of an inventory; of a table that is not there, none, and a rule reports it.</summary>
    internal static ParsedFile ReadIfThere(Resource<NodeInventorySpec> inventory, SourceFile? table) => table is not null
        ? Read(inventory, table)
        : new(inventory.Spec.Source.Path, [], [], IsWhole: false, []);

    private sealed class Reading(Resource<NodeInventorySpec> inventory, string file, InventoryLimits limits)
    {
        private readonly ImmutableArray<Declaration>.Builder _declared = ImmutableArray.CreateBuilder<Declaration>();
        private readonly InventoryHeader _header = new(inventory);
        private readonly ImmutableArray<Resource>.Builder _nodes = ImmutableArray.CreateBuilder<Resource>();
        private readonly InventoryRow _row = new(inventory.Spec.Defaults);

        /// <summary>False when there may be nodes in the table whose names are not known.</summary>
        public bool IsWhole { get; set; } = true;

        public FindingList Findings { get; } = new();

        public void ReadCsv(string text)
        {
            var reader = new CsvReader(text, inventory.Spec.Delimiter[0]);
            var cells = new List<CsvCell>();
            if (!reader.TryRead(cells))
            {
                if (reader.Fault is null)
                {
                    Findings.Error(ManifestCodes.BrokenTable, SourceSpan.StartOf(file), "the table has no header",
                        "begin it with the names of its columns: name,site,labels.role");
                }
            }
            else if (_header.Read(cells, file, Findings) is { } fields)
            {
                while (!IsGivenUp() && reader.TryRead(cells))
                {
                    Add(cells, fields);
                }
            }
            else
            {
                IsWhole = false;
            }

            if (reader.Fault is { } fault)
            {
                IsWhole = false;
                Findings.Error(ManifestCodes.BrokenTable, new(file, fault.Line, fault.Column), fault.What, fault.Fix);
            }
        }

        public void ReadJson(string text)
        {
            var rows = JsonRows.Read(file, text, Findings);
            IsWhole = Findings.Errors == 0;
            foreach (var row in rows)
            {
                if (IsGivenUp())
                {
                    return;
                }

                if (row is not YamlNode.Mapping members)
                {
                    Findings.Error(ManifestCodes.TableRow, row.Span, $"a node is an object, this is {Nodes.Describe(row)}",
                        "write {\"name\": \"press-1\", \"site\": \"hall-a\"}");
                    IsWhole = false;
                    continue;
                }

                _row.Clear();
                foreach (var member in members.Entries)
                {
                    if (_header.Read(member.Key, member.KeySpan, Findings) is { } field)
                    {
                        _row.Add(field, member.KeySpan, member.Value, Findings);
                    }
                }

                Bind(members.Span);
            }
        }

        public ParsedFile ToParsed() => new(
            file, _nodes.DrainToImmutable(), _declared.DrainToImmutable(), IsWhole, Findings.ToSorted());

        private void Add(List<CsvCell> cells, (InventoryField Field, CellType Type)[] fields)
        {
            var start = new SourceSpan(file, cells[0].Line, cells[0].Column);
            if (cells.Count != fields.Length)
            {
                Findings.Error(ManifestCodes.TableRow, start, $"the row has {cells.Count} cells, the header has {fields.Length} columns",
                    cells.Count > fields.Length ? "put cells that hold the separator in quotes" : "add the missing separators");
                IsWhole = false;
                return;
            }

            _row.Clear();
            for (var i = 0; i < fields.Length; i++)
            {
                var (text, line, column) = cells[i];
                if (text.Length > 0 && fields[i].Field is not InventoryField.Ignored)
                {
                    var span = new SourceSpan(file, line, column);
                    _row.Add(fields[i].Field, span, CellNode(text, span, fields[i]), Findings);
                }
            }

            Bind(start);
        }

        private void Bind(SourceSpan start)
        {
            var (node, declared) = _row.Bind(start, Findings);
            if (node is not null)
            {
                _nodes.Add(node);
            }

            if (declared is null)
            {
                IsWhole = false;
            }
            else
            {
                _declared.Add(declared);
            }
        }

        private bool IsGivenUp()
        {
            if (Findings.Errors < limits.MaxErrors)
            {
                return false;
            }

            Findings.Error(ManifestCodes.BrokenTable, SourceSpan.StartOf(file),
                $"the table was not read further after {limits.MaxErrors} errors", "correct these first");
            IsWhole = false;
            return true;
        }

        private static YamlNode CellNode(string text, SourceSpan span, (InventoryField Field, CellType Type) column) => column.Field switch
        {
            InventoryField.Value => new YamlNode.Scalar(span, text, IsPlain: column.Type == CellType.Auto && IsTyped(text)),
            InventoryField.Own { Field: InventoryField.Capabilities } => new YamlNode.Sequence(span,
                [.. text.Split([' ', ';'], StringSplitOptions.RemoveEmptyEntries).Select(item => new YamlNode.Scalar(span, item, IsPlain: false))]),
            _ => new YamlNode.Scalar(span, text, IsPlain: false),
        };

        // 007 and 12:30 keep what they look like: in a table nobody quotes.
        private static bool IsTyped(string text) =>
            PlainScalar.TryBool(text, out _) || (PlainScalar.TryNumber(text, out _) && !PlainScalar.IsSurprising(text));
    }
}

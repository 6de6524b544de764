using System.Collections.Immutable;
using GitOps.Manifests.Kinds;
using GitOps.Manifests.Shapes;
using GitOps.Manifests.Targeting;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.Inventories;

/// <summary>
/// Puts one row together as the metadata and spec of an EdgeNode, to be bound by the shapes that an EdgeNode has: a row is
/// judged by the very rules that a document is. One for all rows of a table.
/// </summary>
internal sealed class InventoryRow(InventoryDefaults defaults)
{
    private readonly List<YamlEntry> _labels = [];
    private readonly List<YamlEntry> _spec = [];
    private readonly List<(InventoryField.Value Field, SourceSpan Span, YamlNode Value)> _values = [];
    private readonly PlainRows _plain = new(defaults);
    private YamlNode.Scalar? _name;
    private YamlNode.Mapping? _wholeValues;

    public void Clear()
    {
        _labels.Clear();
        _spec.Clear();
        _values.Clear();
        (_name, _wholeValues) = (null, null);
    }

    public void Add(InventoryField field, SourceSpan keySpan, YamlNode value, FindingList findings)
    {
        switch (field)
        {
            case InventoryField.Own { Field: InventoryField.Name }:
                _name = value as YamlNode.Scalar;
                break;
            case InventoryField.Own { Field: InventoryField.Suspend } when value is YamlNode.Scalar:
                _spec.Add(new(InventoryField.Suspend, keySpan, new YamlNode.Mapping(value.Span, [new("reason", keySpan, value)])));
                break;
            case InventoryField.Own(var name):
                _spec.Add(new(name, keySpan, value));
                break;
            case InventoryField.Label(var key):
                _labels.Add(new(key, keySpan, value));
                break;
            case InventoryField.Value target:
                _values.Add((target, keySpan, value));
                break;
            case InventoryField.Whole(var name) when value is YamlNode.Mapping mapping:
                if (name == InventoryField.Labels)
                {
                    _labels.AddRange(mapping.Entries);
                }
                else
                {
                    _wholeValues = mapping;
                }

                break;
            case InventoryField.Whole(var name):
                findings.Error(ManifestCodes.WrongType, value.Span, $"'{name}' takes a mapping, this is {Nodes.Describe(value)}",
                    $"write \"{name}\": {{\"key\": \"value\"}}");
                break;
        }
    }

    /// <summary>The node, its declaration where it has a valid name, and findings for what is wrong with the row.</summary>
    public (Resource? Node, Declaration? Declared) Bind(SourceSpan start, FindingList findings)
    {
        if (_name is null)
        {
            findings.Error(ManifestCodes.TableRow, start, "the row has no name", "give the node a name, or remove the row");
            return (null, null);
        }

        var errors = findings.Errors;
        var spec = Spec(start, findings);
        if (findings.Errors == errors && _plain.TryBind(_name, _labels, spec) is { } plain)
        {
            return (plain, new(ResourceKind.EdgeNode, plain.Name, _name.Span));
        }

        var metadata = BindMetadata(_name, findings);
        if (metadata is null)
        {
            return (null, null);
        }

        var node = KindShapes.EdgeNode.Read(metadata, _name.Span, spec, findings);
        return (findings.Errors == errors ? node : null, new(ResourceKind.EdgeNode, metadata.Name, _name.Span));
    }

    private Metadata? BindMetadata(YamlNode.Scalar name, FindingList findings)
    {
        var context = new BindContext(BindMode.Literal, findings) { Field = "metadata", IsLiteral = true };
        ImmutableArray<YamlEntry> entries = _labels.Count == 0
            ? [new(InventoryField.Name, name.Span, name)]
            : [new(InventoryField.Name, name.Span, name), new(InventoryField.Labels, name.Span, new YamlNode.Mapping(name.Span, [.. _labels]))];
        if (!SharedShapes.Metadata.TryBind(new YamlNode.Mapping(name.Span, entries), context, out var metadata))
        {
            return null;
        }

        return defaults.Labels.IsEmpty ? metadata : metadata with
        {
            Labels = new([.. metadata.Labels
                .Concat(defaults.Labels.Where(label => !metadata.Labels.Any(own => own.Key == label.Key)))
                .OrderBy(label => label.Key, StringComparer.Ordinal)]),
        };
    }

    private YamlNode.Mapping Spec(SourceSpan start, FindingList findings)
    {
        Default(InventoryField.Site, defaults.Site);
        Default(InventoryField.Architecture, defaults.Architecture);
        var values = MergedValues.Merge(defaults.Values, Values(start, findings));
        if (!values.Entries.IsEmpty)
        {
            _spec.Add(new(InventoryField.Values, values.Span, values));
        }

        return new(start, [.. _spec]);

        void Default(string name, string? text)
        {
            if (text is not null && !IsSet(name))
            {
                _spec.Add(new(name, start, new YamlNode.Scalar(start, text, IsPlain: false)));
            }
        }
    }

    private bool IsSet(string name)
    {
        foreach (var entry in _spec)
        {
            if (entry.Key == name)
            {
                return true;
            }
        }

        return false;
    }

    private YamlNode.Mapping Values(SourceSpan start, FindingList findings)
    {
        var whole = _wholeValues ?? YamlNode.Mapping.Empty;
        if (_values.Count == 0)
        {
            return whole;
        }

        foreach (var (field, span, _) in _values)
        {
            if (Clashes(whole, field))
            {
                findings.Error(ManifestCodes.TableColumn, span, $"'values.{field.Path}' and another column set the same value",
                    "give one of them another path, or 'ignore' it");
                return whole;
            }
        }

        return MergedValues.Merge(whole, Nested(_values, 0, start));
    }

    // In the order of the columns. A row has few values, so that looking at all of them for each name is the cheapest way.
    private static YamlNode.Mapping Nested(
        List<(InventoryField.Value Field, SourceSpan Span, YamlNode Value)> values, int depth, SourceSpan start)
    {
        var entries = ImmutableArray.CreateBuilder<YamlEntry>(values.Count);
        foreach (var (field, span, value) in values)
        {
            var name = field.Names[depth];
            if (!Has(entries, name))
            {
                entries.Add(new(name, span, field.Names.Length == depth + 1 ? value : Nested(Below(values, depth, name), depth + 1, span)));
            }
        }

        return new(start, entries.DrainToImmutable());
    }

    private static List<(InventoryField.Value Field, SourceSpan Span, YamlNode Value)> Below(
        List<(InventoryField.Value Field, SourceSpan Span, YamlNode Value)> values, int depth, string name) =>
        values.FindAll(value => value.Field.Names.Length > depth + 1 && value.Field.Names[depth] == name);

    private static bool Has(ImmutableArray<YamlEntry>.Builder entries, string name)
    {
        for (var i = 0; i < entries.Count; i++)
        {
            if (entries[i].Key == name)
            {
                return true;
            }
        }

        return false;
    }

    // A value may lie beside others, and neither at nor below one of them.
    private bool Clashes(YamlNode.Mapping whole, InventoryField.Value field)
    {
        foreach (var (other, _, _) in _values)
        {
            if (!ReferenceEquals(other, field) && other.Names.Length <= field.Names.Length &&
                other.Names.AsSpan().SequenceEqual(field.Names.AsSpan(0, other.Names.Length)))
            {
                return true;
            }
        }

        YamlNode node = whole;
        foreach (var name in field.Names)
        {
            if (node is not YamlNode.Mapping mapping)
            {
                return true;
            }

            if (!mapping.TryGet(name, out var next))
            {
                return false;
            }

            node = next;
        }

        return true;
    }
}

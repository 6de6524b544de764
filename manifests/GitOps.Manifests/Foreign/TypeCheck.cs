using System.Diagnostics;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.Foreign;

/// <summary>Something at a place that is not what the format takes there.</summary>
internal sealed record TypeProblem(string Path, SourceSpan Span, string Expects, YamlNode Node);

/// <summary>A key that the format does not know, and what it knows there.</summary>
internal sealed record UnknownKey(string Path, YamlEntry Entry, IReadOnlyList<string> Known);

/// <summary>
/// Holds a tree against a type as the readers of the foreign system do: everything of a wrong type is found at once; what is
/// missing is not its matter, except where the type says that it is required.
/// </summary>
internal sealed class TypeCheck(ForeignSyntax syntax)
{
    public List<TypeProblem> Problems { get; } = [];

    public List<UnknownKey> Unknown { get; } = [];

    public void Check(YamlNode node, ForeignType type, string path)
    {
        if (type is ForeignType.Any || IsNull(node))
        {
            return; // null leaves a field as it was: empty
        }

        switch (type)
        {
            case ForeignType.Scalar scalar:
                CheckScalar(node, scalar, path);
                break;
            case ForeignType.List(var item) when node is YamlNode.Sequence list:
                for (var i = 0; i < list.Items.Length; i++)
                {
                    Check(list.Items[i], item, $"{path}[{i}]");
                }

                break;
            case ForeignType.Map(var value) when node is YamlNode.Mapping map:
                foreach (var entry in map.Entries)
                {
                    Check(entry.Value, value, $"{path}.{entry.Key}");
                }

                break;
            case ForeignType.Structure structure when node is YamlNode.Mapping map:
                CheckStructure(map, structure, path);
                break;
            case ForeignType.List:
                Problems.Add(new(path, node.Span, "a list", node));
                break;
            default:
                Problems.Add(new(path, node.Span, "a mapping", node));
                break;
        }
    }

    private void CheckStructure(YamlNode.Mapping map, ForeignType.Structure type, string path)
    {
        foreach (var entry in map.Entries)
        {
            if (type.Fields.FirstOrDefault(field => ForeignObject.IsKey(entry.Key, field.Name, syntax)) is { } field)
            {
                Check(entry.Value, field.Type, Join(path, field.Name));
            }
            else if (!type.IsOpen)
            {
                Unknown.Add(new(Join(path, entry.Key), entry, [.. type.Fields.Select(known => known.Name)]));
            }
        }

        foreach (var field in type.Fields)
        {
            if (field.IsRequired && !map.Entries.Any(entry => ForeignObject.IsKey(entry.Key, field.Name, syntax) && !IsNull(entry.Value)))
            {
                Problems.Add(new(Join(path, field.Name), map.Span, "a value", map));
            }
        }
    }

    private void CheckScalar(YamlNode node, ForeignType.Scalar type, string path)
    {
        var expects = type.OneOf.IsEmpty ? NameOf(type.Type) : string.Join(", ", type.OneOf);
        if (node is not YamlNode.Scalar scalar || !Takes(scalar, type.Type) ||
            (!type.OneOf.IsEmpty && !type.OneOf.Contains(scalar.Text)))
        {
            Problems.Add(new(path, node.Span, expects, node));
        }
    }

    private bool Takes(YamlNode.Scalar scalar, ScalarType type)
    {
        var meaning = ForeignScalar.MeaningOf(scalar, syntax);
        var isLenient = syntax is ForeignSyntax.Yaml or ForeignSyntax.Toml;
        return type switch
        {
            ScalarType.Text => isLenient || meaning == ScalarMeaning.Text,
            ScalarType.Boolean => meaning == ScalarMeaning.Boolean || (isLenient && ForeignScalar.IsOldBoolean(scalar.Text)),
            ScalarType.Float => meaning is ScalarMeaning.Integer or ScalarMeaning.Float,
            ScalarType.Integer or ScalarType.Unsigned => TakesWhole(scalar, meaning, type),
            _ => throw new UnreachableException($"{type}"),
        };
    }

    // YAML cuts 1.5 down to 1 without a word; JSON takes digits only, so not even 1.0 or 1e3.
    private bool TakesWhole(YamlNode.Scalar scalar, ScalarMeaning meaning, ScalarType type)
    {
        var (least, most) = type == ScalarType.Unsigned ? (0m, (decimal)ulong.MaxValue) : (long.MinValue, long.MaxValue);
        if (meaning is not (ScalarMeaning.Integer or ScalarMeaning.Float) || ForeignScalar.Number(scalar) is not { } number)
        {
            return false;
        }

        var isWritten = meaning == ScalarMeaning.Integer || syntax is ForeignSyntax.Yaml or ForeignSyntax.Toml ||
            (syntax == ForeignSyntax.Kubernetes && decimal.IsInteger(number));
        return isWritten && decimal.Truncate(number) >= least && decimal.Truncate(number) <= most;
    }

    private bool IsNull(YamlNode node) =>
        node is YamlNode.Scalar scalar && ForeignScalar.MeaningOf(scalar, syntax) == ScalarMeaning.Null;

    private static string NameOf(ScalarType type) => type switch
    {
        ScalarType.Text => "text",
        ScalarType.Boolean => "true or false",
        ScalarType.Float => "a number",
        ScalarType.Integer => "a whole number",
        ScalarType.Unsigned => "a whole number from 0 to 18446744073709551615",
        _ => throw new UnreachableException($"{type}"),
    };

    private static string Join(string path, string key) => path.Length == 0 ? key : $"{path}.{key}";
}

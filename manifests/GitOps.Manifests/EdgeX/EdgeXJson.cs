using System.Buffers;
using System.Globalization;
using System.Text.Json;
using GitOps.Manifests.Foreign;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.EdgeX;

/// <summary>
/// A document as JSON, as REST takes it: each field in its type, whatever YAML made of it, and no field that EdgeX has not.
/// Only for what <see cref="TypeCheck"/> found nothing wrong with.
/// </summary>
internal static class EdgeXJson
{
    public static ReadOnlyMemory<byte> Write(YamlNode node, ForeignType type, ForeignSyntax syntax)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            Write(json, node, type, syntax);
        }

        return buffer.WrittenMemory;
    }

    private static void Write(Utf8JsonWriter json, YamlNode node, ForeignType type, ForeignSyntax syntax)
    {
        switch (type, node)
        {
            case (ForeignType.Structure structure, YamlNode.Mapping):
                var owner = new ForeignObject(node, syntax);
                json.WriteStartObject();
                foreach (var field in structure.Fields)
                {
                    if (owner.Node(field.Name) is { } value)
                    {
                        json.WritePropertyName(field.Name);
                        if (field.Name == "valueType" && value is YamlNode.Scalar { Text: var spelled } && EdgeXTypes.Normalised(spelled) is { } normalised)
                        {
                            json.WriteStringValue(normalised); // as EdgeX spells it when it answers
                            continue;
                        }

                        Write(json, value, field.Type, syntax);
                    }
                }

                json.WriteEndObject();
                break;
            case (ForeignType.List(var item), YamlNode.Sequence list):
                WriteList(json, list, item, syntax);
                break;
            case (ForeignType.Any, YamlNode.Sequence list):
                WriteList(json, list, type, syntax);
                break;
            case (ForeignType.Map(var values), YamlNode.Mapping map):
                WriteMap(json, map, values, syntax);
                break;
            case (ForeignType.Any, YamlNode.Mapping map):
                WriteMap(json, map, type, syntax);
                break;
            case (ForeignType.Scalar(var wanted, _), YamlNode.Scalar scalar):
                WriteScalar(json, scalar, wanted, syntax);
                break;
            case (_, YamlNode.Scalar scalar):
                WriteAny(json, scalar, syntax);
                break;
            default:
                json.WriteNullValue();
                break;
        }
    }

    private static void WriteList(Utf8JsonWriter json, YamlNode.Sequence list, ForeignType item, ForeignSyntax syntax)
    {
        json.WriteStartArray();
        foreach (var one in list.Items)
        {
            Write(json, one, item, syntax);
        }

        json.WriteEndArray();
    }

    // Of a key written twice, the last counts.
    private static void WriteMap(Utf8JsonWriter json, YamlNode.Mapping map, ForeignType values, ForeignSyntax syntax)
    {
        var last = new Dictionary<string, YamlNode>(StringComparer.Ordinal);
        foreach (var entry in map.Entries)
        {
            last[entry.Key] = entry.Value;
        }

        json.WriteStartObject();
        foreach (var (key, value) in last)
        {
            json.WritePropertyName(key);
            Write(json, value, values, syntax);
        }

        json.WriteEndObject();
    }

    private static void WriteScalar(Utf8JsonWriter json, YamlNode.Scalar scalar, ScalarType wanted, ForeignSyntax syntax)
    {
        switch (wanted)
        {
            case ScalarType.Boolean:
                json.WriteBooleanValue(ForeignScalar.MeaningOf(scalar, syntax) == ScalarMeaning.Boolean
                    ? PlainScalar.TryBool(scalar.Text, out var flag) && flag
                    : scalar.Text is "y" or "Y" or "yes" or "Yes" or "YES" or "on" or "On" or "ON");
                break;
            case ScalarType.Float:
                WriteNumber(json, scalar, isWhole: false);
                break;
            case ScalarType.Integer or ScalarType.Unsigned:
                WriteNumber(json, scalar, isWhole: true);
                break;
            case ScalarType.Text when Shapes.Nodes.IsNull(scalar):
                json.WriteStringValue("");
                break;
            default:
                json.WriteStringValue(scalar.Text);
                break;
        }
    }

    private static void WriteAny(Utf8JsonWriter json, YamlNode.Scalar scalar, ForeignSyntax syntax)
    {
        switch (ForeignScalar.MeaningOf(scalar, syntax))
        {
            case ScalarMeaning.Null:
                json.WriteNullValue();
                break;
            case ScalarMeaning.Boolean:
                json.WriteBooleanValue(PlainScalar.TryBool(scalar.Text, out var flag) && flag);
                break;
            case ScalarMeaning.Integer or ScalarMeaning.Float:
                WriteNumber(json, scalar, isWhole: false);
                break;
            default:
                json.WriteStringValue(scalar.Text);
                break;
        }
    }

    private static void WriteNumber(Utf8JsonWriter json, YamlNode.Scalar scalar, bool isWhole)
    {
        if (ForeignScalar.Number(scalar.Text) is { } number)
        {
            json.WriteNumberValue(isWhole ? decimal.Truncate(number) : number);
        }
        else if (double.TryParse(scalar.Text.Replace("_", "", StringComparison.Ordinal), NumberStyles.Float, CultureInfo.InvariantCulture, out var wide) && double.IsFinite(wide))
        {
            json.WriteNumberValue(wide);
        }
        else
        {
            json.WriteNullValue(); // infinity and what is no number: JSON has neither
        }
    }
}

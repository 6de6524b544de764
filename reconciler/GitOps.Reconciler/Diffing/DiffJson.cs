using System.Text.Json;

namespace GitOps.Reconciler.Diffing;

/// <summary>A diff for programs, format 1: every node by itself.</summary>
public static class DiffJson
{
    public static void WriteJson(this FleetDiff diff, Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteNumber("format", 1);
        json.WriteNumber("unchanged", diff.Unchanged);
        json.WriteString("removalId", diff.RemovalId);
        json.WriteStartArray("removals");
        foreach (var removal in diff.Removals)
        {
            json.WriteStartObject();
            json.WriteString("node", removal.Node);
            json.WriteString("unit", removal.Unit.ToString());
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("nodes");
        foreach (var node in diff.Nodes)
        {
            Write(node, json);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Write(NodeDiff node, Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("node", node.Node);
        json.WriteString("change", Word(node.Kind));
        Optional(json, "before", node.Before?.ToString());
        Optional(json, "after", node.After?.ToString());
        json.WriteStartArray("restarts");
        foreach (var id in node.Restarts)
        {
            json.WriteStringValue(id.ToString());
        }

        json.WriteEndArray();
        json.WriteStartArray("units");
        foreach (var unit in node.Units)
        {
            json.WriteStartObject();
            json.WriteString("unit", unit.Unit.ToString());
            json.WriteString("change", Word(unit.Kind));
            Optional(json, "from", unit.From?.ToString());
            json.WriteStartArray("fields");
            foreach (var field in unit.Fields)
            {
                Write(field, json);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Write(FieldDiff field, Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("path", field.Path);
        Raw(json, "before", field.Before);
        Raw(json, "after", field.After);
        Optional(json, "lines", field.Lines);
        json.WriteEndObject();
    }

    private static void Optional(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null)
        {
            json.WriteString(name, value);
        }
    }

    private static void Raw(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null)
        {
            json.WritePropertyName(name);
            json.WriteRawValue(value);
        }
    }

    private static string Word(DiffKind kind) => kind.ToString().ToLowerInvariant();
}

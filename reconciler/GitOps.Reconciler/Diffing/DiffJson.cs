using System.Text.Json;

namespace GitOps.Reconciler.Diffing;

/// <summary>A preview for programs, format 1: every node by itself.</summary>
public static class DiffJson
{
    public static void WriteJson(this Preview preview, Utf8JsonWriter json)
    {
        var diff = preview.Diff;
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
        if (preview.Hold is { } hold)
        {
            json.WriteStartObject("hold");
            json.WriteString("code", hold.Code);
            json.WriteString("what", hold.What);
            json.WriteString("fix", hold.Fix);
            json.WriteEndObject();
        }

        json.WriteStartArray("blockers");
        foreach (var blocker in preview.Blockers)
        {
            json.WriteStartObject();
            json.WriteString("node", blocker.Node);
            json.WriteString("why", blocker.Why);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("warnings");
        foreach (var finding in preview.Warnings)
        {
            json.WriteStringValue(finding.ToText());
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
        json.WriteNumber("fetchBytes", node.FetchBytes);
        json.WriteStartArray("images");
        foreach (var (image, bytes) in node.Images)
        {
            json.WriteStartObject();
            json.WriteString("image", image);
            if (bytes is { } known)
            {
                json.WriteNumber("bytes", known);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
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

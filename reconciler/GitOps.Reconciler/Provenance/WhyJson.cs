using System.Text.Json;

namespace GitOps.Reconciler.Provenance;

/// <summary>An answer for programs, format 1.</summary>
public static class WhyJson
{
    public static void WriteJson(this WhyAnswer.Found answer, Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteNumber("format", 1);
        json.WriteString("question", answer.Question);
        Optional("node", answer.Node, json);
        Optional("site", answer.Site, json);
        List("groups", answer.Groups, json, group =>
        {
            Place(group.Group, json);
            json.WriteNumber("priority", group.Priority);
            json.WriteString("selector", group.Selector);
        });
        List("placements", answer.Placements, json, placed =>
        {
            json.WriteString("name", placed.Name);
            Optional("resource", placed.Resource, json);
            json.WriteString("reason", placed.Reason);
            json.WriteString("reasonAt", placed.ReasonSpan.ToString());
        });
        List("fields", answer.Fields, json, field =>
        {
            json.WriteString("path", field.Path);
            Optional("written", field.Written, json);
            if (field.Rendered is { } rendered)
            {
                json.WriteString("rendered", rendered);
            }

            List("reads", field.Reads, json, value => Value(value, json));
        });
        List("values", answer.Values, json, value => Value(value, json));
        json.WriteEndObject();
    }

    private static void Value(ValueOrigin value, Utf8JsonWriter json)
    {
        json.WriteString("path", value.Path);
        Optional("winner", value.Winner, json);
        List("overrides", value.Overrides, json, over => Place(over, json));
    }

    private static void Optional(string name, Origin? origin, Utf8JsonWriter json)
    {
        if (origin is not null)
        {
            json.WriteStartObject(name);
            Place(origin, json);
            json.WriteEndObject();
        }
    }

    private static void Place(Origin origin, Utf8JsonWriter json)
    {
        json.WriteString("by", origin.By);
        json.WriteString("file", origin.Span.File);
        json.WriteNumber("line", origin.Span.Line);
        json.WriteNumber("column", origin.Span.Column);
        if (origin.Text.Length > 0)
        {
            json.WriteString("text", origin.Text);
        }
    }

    private static void List<T>(string name, IReadOnlyCollection<T> items, Utf8JsonWriter json, Action<T> write)
    {
        if (items.Count == 0)
        {
            return;
        }

        json.WriteStartArray(name);
        foreach (var item in items)
        {
            json.WriteStartObject();
            write(item);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}

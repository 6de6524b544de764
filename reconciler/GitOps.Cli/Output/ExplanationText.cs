using System.Text;
using System.Text.Json;
using GitOps.Manifests.Shapes;

namespace GitOps.Cli.Output;

/// <summary>Explanations for people, in columns, and for programs.</summary>
internal static class ExplanationText
{
    public static string OfKinds(IReadOnlyCollection<Explanation> kinds)
    {
        var text = new StringBuilder();
        WriteColumns(text, [.. kinds.Select(kind => (string[])[kind.Path, kind.Doc])]);
        return text.Append("\n'gitops explain KIND' shows the fields of one.\n").ToString();
    }

    public static string Of(Explanation explanation)
    {
        var text = new StringBuilder();
        text.Append(explanation.Path).Append("\n\n  ").Append(explanation.Doc).Append("\n\n");
        List<string[]> facts = [];
        void Add(string name, string? value)
        {
            if (value is not null)
            {
                facts.Add([$"  {name}", value]);
            }
        }

        Add("type", explanation.Type);
        Add("written", Word(explanation.Presence));
        Add("default", explanation.Default);
        Add("values", explanation.Choices.IsEmpty ? null : string.Join(", ", explanation.Choices));
        foreach (var rule in explanation.Rules)
        {
            Add("rule", rule);
        }

        Add("templates", explanation.HasTemplates ? "yes" : "no");
        WriteColumns(text, facts);
        if (explanation.Example is { } example)
        {
            text.Append("\nexample\n");
            foreach (var line in example.TrimEnd('\n').Split('\n'))
            {
                text.Append("  ").Append(line).Append('\n');
            }
        }

        if (!explanation.Fields.IsEmpty)
        {
            text.Append("\nfields\n");
            List<string[]> rows = [];
            AddFields(rows, explanation, "  ");
            WriteColumns(text, rows);
        }

        return text.ToString();
    }

    public static void WriteJson(Utf8JsonWriter writer, IReadOnlyCollection<Explanation> kinds)
    {
        writer.WriteStartObject();
        writer.WriteNumber("format", 1);
        writer.WriteStartArray("kinds");
        foreach (var kind in kinds)
        {
            WriteMembers(writer, kind, isRoot: false);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    public static void WriteJson(Utf8JsonWriter writer, Explanation explanation) => WriteMembers(writer, explanation, isRoot: true);

    private static void WriteMembers(Utf8JsonWriter writer, Explanation explanation, bool isRoot)
    {
        writer.WriteStartObject();
        if (isRoot)
        {
            writer.WriteNumber("format", 1);
        }

        writer.WriteString("path", explanation.Path);
        writer.WriteString("doc", explanation.Doc);
        WriteIfThere(writer, "type", explanation.Type);
        WriteIfThere(writer, "presence", explanation.Presence is { } presence ? JsonNamingPolicy.CamelCase.ConvertName(presence.ToString()) : null);
        WriteIfThere(writer, "default", explanation.Default);
        WriteList(writer, "choices", explanation.Choices);
        WriteList(writer, "rules", explanation.Rules);
        writer.WriteBoolean("templates", explanation.HasTemplates);
        WriteIfThere(writer, "example", explanation.Example);
        if (!explanation.Fields.IsEmpty)
        {
            writer.WriteStartArray("fields");
            foreach (var field in explanation.Fields)
            {
                WriteMembers(writer, field, isRoot: false);
            }

            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }

    private static void WriteIfThere(Utf8JsonWriter writer, string name, string? value)
    {
        if (value is not null)
        {
            writer.WriteString(name, value);
        }
    }

    private static void WriteList(Utf8JsonWriter writer, string name, IReadOnlyCollection<string> values)
    {
        if (values.Count == 0)
        {
            return;
        }

        writer.WriteStartArray(name);
        foreach (var value in values)
        {
            writer.WriteStringValue(value);
        }

        writer.WriteEndArray();
    }

    private static void AddFields(List<string[]> rows, Explanation owner, string indent)
    {
        foreach (var field in owner.Fields)
        {
            rows.Add([$"{indent}{field.Path[(field.Path.LastIndexOf('.') + 1)..]}", field.Type ?? "", field.Default ?? Word(field.Presence) ?? "", field.Doc]);
            AddFields(rows, field, indent + "  ");
        }
    }

    private static string? Word(FieldPresence? presence) => presence switch
    {
        FieldPresence.Required => "required",
        FieldPresence.Optional => "optional",
        FieldPresence.NotEnforcedYet => "not enforced yet",
        FieldPresence.WithoutMeaning => "no effect",
        FieldPresence.Refused => "refused",
        _ => null,
    };

    // As wide as its widest cell; the last column is never filled up.
    private static void WriteColumns(StringBuilder text, List<string[]> rows)
    {
        var widths = rows.Count == 0 ? [] : Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length)).ToArray();
        foreach (var row in rows)
        {
            for (var column = 0; column < row.Length; column++)
            {
                text.Append(column == row.Length - 1 ? row[column] : row[column].PadRight(widths[column] + 2));
            }

            text.Append('\n');
        }
    }
}

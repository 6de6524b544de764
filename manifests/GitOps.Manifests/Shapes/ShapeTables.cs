using System.Text;

namespace GitOps.Manifests.Shapes;

/// <summary>The fields of a kind as Markdown tables, nested objects after the one they stand in.</summary>
public static class ShapeTables
{
    public static string Of(KindShape kind)
    {
        var text = new StringBuilder();
        var name = kind.Kind.ToString();
        text.Append("### ").Append(name).Append("\n\n").Append(kind.Doc)
            .Append(kind.IsRendered ? " Templates are rendered, once for every node.\n" : " Never rendered.\n");
        Write(text, "spec", kind.Spec, new HashSet<Shape>(ReferenceEqualityComparer.Instance));
        return text.ToString();
    }

    /// <summary>The fields of a foreign format.</summary>
    public static string Of(string title, string root, Shape shape)
    {
        var text = new StringBuilder();
        text.Append("### ").Append(title).Append('\n');
        Write(text, root, shape, new HashSet<Shape>(ReferenceEqualityComparer.Instance));
        return text.ToString();
    }

    private static void Write(StringBuilder text, string path, Shape shape, HashSet<Shape> written)
    {
        if (shape.Fields.Count > 0 && written.Add(shape))
        {
            text.Append("\n`").Append(path).Append("`\n\n| field | type | default | |\n|---|---|---|---|\n");
            foreach (var field in shape.Fields)
            {
                WriteRow(text, field);
            }

            foreach (var rule in shape.RuleTexts)
            {
                text.Append("\nRule: ").Append(rule).Append(".\n");
            }
        }

        foreach (var field in shape.Fields)
        {
            if (field.Shape is { } inner)
            {
                Write(text, $"{path}.{field.Name}", inner, written);
            }
        }

        foreach (var part in shape.Parts)
        {
            Write(text, path, part, written);
        }
    }

    private static void WriteRow(StringBuilder text, FieldShape field)
    {
        var presence = field.Presence switch
        {
            FieldPresence.Required => "**required**",
            FieldPresence.NotEnforcedYet => "*not enforced yet*",
            FieldPresence.WithoutMeaning => "*no effect: warned*",
            FieldPresence.Refused => "*refused*",
            _ => field.Default is null or "see there" ? "" : $"`{field.Default}`",
        };
        text.Append("| `").Append(field.Name).Append("` | ").Append(field.Shape?.Name ?? "").Append(" | ").Append(presence)
            .Append(" | ").Append(field.Doc).Append(field.IsLiteral ? " (no template)" : "").Append(" |\n");
    }
}

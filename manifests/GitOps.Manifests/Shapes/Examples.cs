using System.Text;

namespace GitOps.Manifests.Shapes;

/// <summary>What people could write: the required fields, with the example of each type.</summary>
internal static class Examples
{
    /// <summary>A whole document with what the kind requires.</summary>
    public static string OfKind(KindShape kind)
    {
        var text = new StringBuilder($"apiVersion: {ManifestFile.ApiVersion}\nkind: {kind.Kind}\nmetadata:\n  name: example\n");
        var spec = Lines(kind.Spec).ToArray();
        text.Append(spec.Length == 0 ? "spec: {}\n" : "spec:\n");
        foreach (var line in spec)
        {
            text.Append("  ").Append(line).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>The field with a value, without a line break at its end.</summary>
    public static string OfField(FieldShape field) => string.Join('\n', Field(field));

    private static IEnumerable<string> Field(FieldShape field)
    {
        var isObject = field.Shape!.Form is ShapeForm.Object;
        var value = field.Name == "placement" ? ["all: true"]
            : field.Default is { } otherwise && !isObject && field.Shape.Form is ShapeForm.Scalar { Says.Choices.Count: 0, Says.Example: null } ? [otherwise]
            : Lines(field.Shape).ToArray();
        return value is [var line] && !isObject && field.Shape.Form is not ShapeForm.Map
            ? [$"{field.Name}: {line}"]
            : [$"{field.Name}:{(value.Length == 0 ? " {}" : "")}", .. value.Select(inner => $"  {inner}")];
    }

    private static IEnumerable<string> Lines(Shape shape) => shape.Form switch
    {
        ShapeForm.Scalar scalar => [scalar.Says.Example ?? ""],
        ShapeForm.List { Item.Form: ShapeForm.Scalar { Says.Example: { } item } } => [$"[{item}]"],
        ShapeForm.List list => Indented("- ", Lines(list.Item)),
        ShapeForm.Map map => Entry(map),
        ShapeForm.Either either => Lines(either.Short),
        ShapeForm.Object form => Required(form),
        ShapeForm.Values => ["key: value"],
        ShapeForm.Any { Choices: [var first, ..] } => Lines(first),
        _ => [],
    };

    // Where nothing is required, the first field shows the form.
    private static IEnumerable<string> Required(ShapeForm.Object form)
    {
        var required = form.Fields.Where(field => field is { Presence: FieldPresence.Required, Shape: not null }).ToArray();
        return (required.Length > 0 ? required : [.. form.Fields.Where(field => field.Shape is not null).Take(1)]).SelectMany(Field);
    }

    private static IEnumerable<string> Entry(ShapeForm.Map map)
    {
        var key = map.Key.Form is ShapeForm.Scalar { Says.Example: { } example } ? example : "key";
        var value = Lines(map.Item).ToArray();
        return map.Item.Form is ShapeForm.Scalar or ShapeForm.Either { Short.Form: ShapeForm.Scalar } && value is [var line]
            ? [$"{key}: {line}"]
            : [$"{key}:", .. value.Select(inner => $"  {inner}")];
    }

    private static IEnumerable<string> Indented(string first, IEnumerable<string> lines) =>
        lines.Select((line, index) => (index == 0 ? first : new string(' ', first.Length)) + line);
}

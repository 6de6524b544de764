using GitOps.Manifests.Kinds;

namespace GitOps.Manifests.Shapes;

/// <summary>Answers what a kind or a field is for, from the shapes alone.</summary>
public static class Explain
{
    /// <summary>
    /// <paramref name="question"/> is a kind, or a kind and a path of fields (<c>Device.connection.host</c>, with or
    /// without <c>spec</c>, or through <c>metadata</c>); null asks for all kinds. Kinds are found without regard to case.
    /// </summary>
    public static ExplainAnswer Ask(string? question, bool isRecursive)
    {
        if (string.IsNullOrEmpty(question))
        {
            return new ExplainAnswer.Kinds([.. KindShapes.All.Select(kind => OfKind(kind, depth: 0)).OrderBy(kind => kind.Path, StringComparer.Ordinal)]);
        }

        var parts = question.Split('.');
        var kind = KindShapes.All.FirstOrDefault(kind => string.Equals(kind.Kind.ToString(), parts[0], StringComparison.OrdinalIgnoreCase));
        var depth = isRecursive ? int.MaxValue : 1;
        return kind is null ? UnknownKind(parts[0])
            : parts.Length == 1 ? new ExplainAnswer.Found(OfKind(kind, depth))
            : OfField(kind, parts[1..], depth);
    }

    private static ExplainAnswer OfField(KindShape kind, string[] names, int depth)
    {
        var isMetadata = names[0] == "metadata";
        var (shape, path, hasTemplates) = isMetadata
            ? ((Shape)SharedShapes.Metadata, $"{kind.Kind}.metadata", false)
            : (kind.Spec, kind.Kind.ToString(), kind.IsRendered);
        var doc = isMetadata ? "name and labels" : kind.Doc;
        var found = Of(new FieldShape("", shape, FieldPresence.Required, null, doc, IsLiteral: false), path, hasTemplates, depth);
        foreach (var name in isMetadata || names[0] == "spec" ? names[1..] : names)
        {
            var fields = FieldsOf(shape);
            if (fields.FirstOrDefault(field => field.Name == name) is not { } field)
            {
                return UnknownField(path, name, fields);
            }

            path = $"{path}.{name}";
            hasTemplates &= !field.IsLiteral;
            found = Of(field, path, hasTemplates, depth);
            if (field.Shape is null)
            {
                return new ExplainAnswer.Found(found);
            }

            shape = field.Shape;
        }

        return new ExplainAnswer.Found(found);
    }

    private static Explanation OfKind(KindShape kind, int depth) =>
        Of(new FieldShape("", kind.Spec, FieldPresence.Required, null, kind.Doc, IsLiteral: false), kind.Kind.ToString(), kind.IsRendered, depth) with
        {
            Presence = null,
            Type = "kind",
            Example = Examples.OfKind(kind),
        };

    private static Explanation Of(FieldShape field, string path, bool hasTemplates, int depth) => new(path, field.Doc)
    {
        Type = field.Shape?.Form is ShapeForm.Scalar { Says.Choices.Count: > 0 } ? "word"
            : field.Shape?.Name.Replace("\\|", "|", StringComparison.Ordinal).Replace("`", "", StringComparison.Ordinal),
        Presence = field.Presence,
        Default = field.Default is "see there" ? null : field.Default,
        Choices = field.Shape?.Form is ShapeForm.Scalar { Says.Choices: var choices } ? [.. choices] : [],
        Rules = field.Shape is { } shape ? [.. RulesOf(shape)] : [],
        HasTemplates = hasTemplates && field.Shape is not null,
        Example = field.Name.Length == 0 || field.Shape is null ? null : Examples.OfField(field),
        Fields = depth == 0 || field.Shape is null ? []
            : [.. FieldsOf(field.Shape).Select(inner => Of(inner, $"{path}.{inner.Name}", hasTemplates && !inner.IsLiteral, depth == int.MaxValue ? depth : depth - 1))],
    };

    /// <summary>The fields of what a list, a map or the long form holds in the end.</summary>
    internal static IReadOnlyList<FieldShape> FieldsOf(Shape shape) => shape.Form switch
    {
        ShapeForm.Object form => form.Fields,
        ShapeForm.List list => FieldsOf(list.Item),
        ShapeForm.Map map => FieldsOf(map.Item),
        ShapeForm.Either either => FieldsOf(either.Full),
        // Of several, the first one's field where two have it: a Pod, and what a ConfigMap adds.
        ShapeForm.Any any => [.. any.Choices.SelectMany(FieldsOf).DistinctBy(field => field.Name)],
        _ => [],
    };

    private static IEnumerable<string> RulesOf(Shape shape) => shape.Form switch
    {
        ShapeForm.Scalar { Says.Choices.Count: 0 } scalar => [$"{scalar.Expects}: {scalar.Fix}"],
        ShapeForm.List list => [.. list.Minimum > 0 ? (string[])[$"at least {list.Minimum} item"] : [], .. RulesOf(list.Item)],
        ShapeForm.Map map => RulesOf(map.Item),
        ShapeForm.Either either => [.. RulesOf(either.Short), .. RulesOf(either.Full)],
        ShapeForm.Object form => form.Rules,
        _ => [],
    };

    private static ExplainAnswer.Unknown UnknownKind(string written)
    {
        if (KindShapes.NotEnforcedYet.TryGetValue(written, out var doc))
        {
            return new($"the kind {written} is not enforced yet: {doc}", "it has no fields until a version that acts on it");
        }

        var known = KindShapes.All.Select(kind => kind.Kind.ToString()).Order(StringComparer.Ordinal).ToArray();
        return new($"there is no kind '{Excerpt.Of(written)}'",
            Spelling.Nearest(written, known) is { } near ? $"did you mean {near}?" : $"use one of {string.Join(", ", known)}");
    }

    private static ExplainAnswer.Unknown UnknownField(string path, string written, IReadOnlyList<FieldShape> fields)
    {
        var names = fields.Select(field => field.Name).ToArray();
        return new($"{path} has no field '{Excerpt.Of(written)}'",
            Spelling.Nearest(written, names) is { } near ? $"did you mean {path}.{near}?"
                : names.Length == 0 ? $"{path} has no fields" : $"use one of {string.Join(", ", names)}");
    }
}

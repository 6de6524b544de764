using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.Shapes;

/// <summary>
/// A check over several fields of one object. It runs only where none of them is a template any more, unless it looks at
/// nothing but which fields are written.
/// </summary>
internal sealed record ObjectRule<T>(string Text, Action<T, YamlNode.Mapping, FindingList> Check)
{
    public bool IsAboutKeys { get; init; }
}

/// <summary>
/// A mapping with known fields. The function given names every field once: called with a mapping it reads them,
/// called with none it only tells what they are. It must therefore not look into the values it is given.
/// </summary>
internal sealed class ObjectShape<T> : Shape<T>
    where T : class
{
    private readonly Func<Fields, T> _bind;
    private readonly Lazy<FrozenDictionary<string, FieldShape>> _byName;
    private readonly Lazy<IReadOnlyList<FieldShape>> _fields;

    public ObjectShape(string name, Func<Fields, T> bind)
        : base(name)
    {
        _bind = bind;
        _fields = new(() => [.. Shapes.Fields.Describe(f => bind(f), NotEnforcedYet), .. Others()]);
        _byName = new(() => Fields.ToFrozenDictionary(field => field.Name, StringComparer.Ordinal));
    }

    /// <summary>Fields that are part of the language and not acted on yet, with what they are for.</summary>
    public IReadOnlyList<(string Name, string Doc)> NotEnforcedYet { get; init; } = [];

    /// <summary>Fields of a foreign format that a node cannot act on, with what to do instead.</summary>
    public IReadOnlyList<(string Name, string Fix)> Refused { get; init; } = [];

    /// <summary>Fields of a foreign format that mean nothing on a node and change nothing either, with the reason.</summary>
    public IReadOnlyList<(string Name, string Doc)> WithoutMeaning { get; init; } = [];

    public IReadOnlyList<ObjectRule<T>> Rules { get; init; } = [];

    public override IReadOnlyList<FieldShape> Fields => _fields.Value;

    public override IReadOnlyList<string> RuleTexts => [.. Rules.Select(rule => rule.Text)];

    public override ShapeForm Form => new ShapeForm.Object(Fields, RuleTexts);

    // A default object is described by the defaults of its fields.
    internal override string Format(T value) => "see there";

    internal override bool TryBindWritten(YamlNode node, BindContext context, [MaybeNullWhen(false)] out T value)
    {
        value = null;
        if (node is not YamlNode.Mapping mapping)
        {
            context.Findings.Error(ManifestCodes.WrongType, node.Span,
                $"'{context.Field}' takes a mapping, this is {Nodes.Describe(node)}",
                $"write its fields below it: {string.Join(", ", Fields.Where(f => f.Presence is FieldPresence.Required or FieldPresence.Optional).Take(4).Select(f => f.Name))}");
            return false;
        }

        var errors = context.Findings.Errors;
        var templates = context.Templates;
        RefuseUnknown(mapping, context.Findings);
        var bound = _bind(new Fields(mapping, context, IsExplained));
        if (context.Findings.Errors != errors)
        {
            return false;
        }

        foreach (var rule in Rules)
        {
            if (rule.IsAboutKeys || context.Templates == templates)
            {
                rule.Check(bound, mapping, context.Findings);
            }
        }

        value = bound;
        return context.Findings.Errors == errors;
    }

    // A misspelt field is reported by its own key, and one that is not enforced yet may stand in for those that are: a
    // second finding about the same line helps nobody.
    private bool IsExplained(YamlNode.Mapping mapping, string missing) => mapping.Entries.Any(entry =>
        _byName.Value.TryGetValue(entry.Key, out var field)
            ? field.Presence == FieldPresence.NotEnforcedYet
            : Spelling.IsNear(entry.Key, missing));

    private IEnumerable<FieldShape> Others() =>
    [
        .. WithoutMeaning.Select(field => new FieldShape(field.Name, null, FieldPresence.WithoutMeaning, null, field.Doc, IsLiteral: false)),
        .. Refused.Select(field => new FieldShape(field.Name, null, FieldPresence.Refused, null, field.Fix, IsLiteral: false)),
    ];

    private void RefuseUnknown(YamlNode.Mapping mapping, FindingList findings)
    {
        foreach (var entry in mapping.Entries)
        {
            if (!_byName.Value.TryGetValue(entry.Key, out var field))
            {
                UnknownFields.Report(entry, Name, Fields, findings);
            }
            else if (field.Presence == FieldPresence.Refused)
            {
                findings.Error(ManifestCodes.Unsupported, entry.KeySpan, $"'{field.Name}' of {Name} is nothing a node can act on", field.Doc);
            }
            else if (field.Presence == FieldPresence.WithoutMeaning)
            {
                findings.Warning(ManifestCodes.WithoutMeaning, entry.KeySpan, $"'{field.Name}' of {Name} has no effect on a node: {field.Doc}",
                    "take it out, or leave it for Kubernetes or Compose");
            }
            else if (field.Presence == FieldPresence.NotEnforcedYet)
            {
                findings.Error(ManifestCodes.NotEnforcedYet, entry.KeySpan,
                    $"'{field.Name}' of {Name} is not enforced yet: {field.Doc}", "remove it until a version that acts on it");
            }
        }
    }
}

internal static class UnknownFields
{
    public static void Report(YamlEntry entry, string owner, IReadOnlyList<FieldShape> fields, FindingList findings)
    {
        var names = fields.Where(field => field.Presence is FieldPresence.Required or FieldPresence.Optional)
            .Select(field => field.Name).ToArray();
        var fix = Spelling.Nearest(entry.Key, names) is { } near
            ? $"did you mean '{near}'?"
            : names.Length == 0 ? "remove it" : $"remove it, or use one of: {string.Join(", ", names)}";
        findings.Error(ManifestCodes.UnknownField, entry.KeySpan, $"{owner} has no field '{Excerpt.Of(entry.Key)}'", fix);
    }
}

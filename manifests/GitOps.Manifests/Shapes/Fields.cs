using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.Shapes;

/// <summary>
/// The fields of one object while it is read, or, without a mapping, while its shape is described. Each field is named
/// in one place, with its type, its default and what it is for.
/// </summary>
internal sealed class Fields
{
    private readonly BindContext? _context;
    private readonly List<FieldShape>? _described;
    private readonly Func<YamlNode.Mapping, string, bool>? _isExplained;
    private readonly YamlNode.Mapping _mapping;

    /// <summary>The function tells whether that a field is missing follows from another finding.</summary>
    public Fields(YamlNode.Mapping mapping, BindContext context, Func<YamlNode.Mapping, string, bool> isExplained) =>
        (_mapping, _context, _isExplained) = (mapping, context, isExplained);

    private Fields(List<FieldShape> described) => (_mapping, _described) = (YamlNode.Mapping.Empty, described);

    public static IReadOnlyList<FieldShape> Describe(Action<Fields> bind,
        IReadOnlyList<(string Name, string Doc)> notEnforcedYet)
    {
        var described = new List<FieldShape>();
        bind(new Fields(described));
        described.AddRange(notEnforcedYet.Select(field =>
            new FieldShape(field.Name, null, FieldPresence.NotEnforcedYet, null, field.Doc, IsLiteral: false)));
        return described;
    }

    public T Required<T>(string name, Shape<T> shape, string doc, bool literal = false)
    {
        if (_context is null)
        {
            return Describe(name, shape, FieldPresence.Required, null, doc, literal)!;
        }

        if (TryRead(name, shape, literal, out var value))
        {
            return value!;
        }

        if (!_mapping.TryGet(name, out _) && !_isExplained!(_mapping, name))
        {
            ReportMissing(name, shape, doc);
        }

        return default!;
    }

    public T Default<T>(string name, Shape<T> shape, T value, string doc, bool literal = false)
    {
        if (_context is null)
        {
            Describe(name, shape, FieldPresence.Optional, shape.Format(value), doc, literal);
            return value;
        }

        var templates = _context.Templates;
        return TryRead(name, shape, literal, out var read) && !IsProvisional(read, templates) ? read! : value;
    }

    public T? Optional<T>(string name, Shape<T> shape, string doc, bool literal = false)
        where T : class
    {
        if (_context is null)
        {
            return Describe(name, shape, FieldPresence.Optional, null, doc, literal);
        }

        return TryRead(name, shape, literal, out var read) ? read : null;
    }

    public T? OptionalValue<T>(string name, Shape<T> shape, string doc, bool literal = false)
        where T : struct
    {
        if (_context is null)
        {
            Describe(name, shape, FieldPresence.Optional, null, doc, literal);
            return null;
        }

        var templates = _context.Templates;
        return TryRead(name, shape, literal, out var read) && !IsProvisional(read, templates) ? read : null;
    }

    private bool TryRead<T>(string name, Shape<T> shape, bool literal, out T? value)
    {
        value = default;
        foreach (var entry in _mapping.Entries)
        {
            if (!string.Equals(entry.Key, name, StringComparison.Ordinal))
            {
                continue;
            }

            if (Nodes.IsNull(entry.Value))
            {
                Nodes.ReportNull(entry, _context!);
                return false;
            }

            var wasLiteral = _context!.IsLiteral;
            _context.Field = name;
            _context.IsLiteral |= literal;
            var isBound = shape.TryBind(entry.Value, _context, out value);
            _context.IsLiteral = wasLiteral;
            return isBound;
        }

        return false;
    }

    private T? Describe<T>(string name, Shape<T> shape, FieldPresence presence, string? text, string doc, bool literal)
    {
        _described!.Add(new(name, shape, presence, text, doc, literal));
        return default;
    }

    // A value type cannot hold a template's text, so what it holds until rendering means nothing.
    private bool IsProvisional<T>(T? read, int templatesBefore) =>
        read is null || (read is ValueType && _context!.Templates != templatesBefore);

    private void ReportMissing(string name, Shape shape, string doc)
    {
        if (name == "placement")
        {
            _context!.Findings.Error(ManifestCodes.MissingPlacement, _mapping.Span, "'placement' is missing",
                "say on which nodes: placement: {all: true}, {matchLabels: {…}} or {nodes: […]}");
            return;
        }

        _context!.Findings.Error(ManifestCodes.MissingField, _mapping.Span, $"'{name}' is missing: {doc}",
            $"add '{name}: <{shape.Name}>'");
    }
}

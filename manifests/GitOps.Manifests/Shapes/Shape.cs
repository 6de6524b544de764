using System.Diagnostics.CodeAnalysis;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.Shapes;

/// <summary>
/// What a place in a manifest takes. A shape is written once and serves the parser, the findings about unknown fields,
/// and the documents made from it.
/// </summary>
public abstract class Shape(string name)
{
    /// <summary>As the documents name it: <c>duration</c>, <c>list of name</c>.</summary>
    public string Name { get; } = name;

    /// <summary>For an object, its fields in the order of the documents; otherwise empty.</summary>
    public virtual IReadOnlyList<FieldShape> Fields => [];

    /// <summary>What a list, a map or an alternative is made of, so that documents can be made of that too.</summary>
    public virtual IReadOnlyList<Shape> Parts => [];

    /// <summary>What it is made of, for schemas, explanations and the formatter.</summary>
    public virtual ShapeForm Form => new ShapeForm.Any([]);

    /// <summary>Whether a value may stand there as it is written, templates aside.</summary>
    public abstract bool Accepts(YamlNode node);

    /// <summary>For an object, the rules over several fields in words; otherwise empty.</summary>
    public virtual IReadOnlyList<string> RuleTexts => [];
}

/// <summary>A shape whose values become <typeparamref name="T"/>.</summary>
public abstract class Shape<T>(string name) : Shape(name)
{
    /// <summary>
    /// Converts a node, or adds findings and returns false. A template that may stand here gives the provisional value
    /// and true.
    /// </summary>
    internal bool TryBind(YamlNode node, BindContext context, [MaybeNullWhen(false)] out T value)
    {
        if (ValueReference.IsOne(node) || node is YamlNode.Scalar { IsTemplate: true })
        {
            if (context.AcceptTemplate(node))
            {
                value = Provisional(node)!;
                return true;
            }

            if (!context.IsRendered)
            {
                value = default;
                return false;
            }
        }

        return TryBindWritten(node, context, out value);
    }

    public override bool Accepts(YamlNode node) =>
        TryBindWritten(node, new BindContext(BindMode.Rendered, new FindingList()), out _);

    internal abstract bool TryBindWritten(YamlNode node, BindContext context, [MaybeNullWhen(false)] out T value);

    /// <summary>A default as a manifest would write it.</summary>
    internal virtual string Format(T value) => value?.ToString() ?? "";

    // Text keeps its template, so that messages can show it; anything else waits for rendering.
    private static T? Provisional(YamlNode node) =>
        node is YamlNode.Scalar { Text: T text } ? text : default;
}

/// <summary>One field of an object: what the documents say about it.</summary>
public sealed record FieldShape(string Name, Shape? Shape, FieldPresence Presence, string? Default, string Doc,
    bool IsLiteral);

public enum FieldPresence
{
    Required,
    Optional,

    /// <summary>Part of the language, and refused because this version does not act on it.</summary>
    NotEnforcedYet,

    /// <summary>Of a foreign format: accepted with a warning, because it means nothing on a node.</summary>
    WithoutMeaning,

    /// <summary>Of a foreign format: a node cannot act on it.</summary>
    Refused,
}

/// <summary><c>$value: path.to.value</c>: a whole subtree of the node's values.</summary>
public static class ValueReference
{
    public const string Key = "$value";

    public static bool IsOne(YamlNode node) =>
        node is YamlNode.Mapping { Entries: [{ Key: Key, Value: YamlNode.Scalar }] };
}

using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using GitOps.Bundles;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.Shapes;

/// <summary>
/// A list. Items with the same <paramref name="key"/> are a finding; without a key, repetitions are allowed.
/// </summary>
internal sealed class ListShape<T>(Shape<T> item, Func<T, string?>? key = null, bool sorted = false, int minimum = 0)
    : Shape<EquatableArray<T>>($"list of {item.Name}")
    where T : IEquatable<T>
{
    public override IReadOnlyList<Shape> Parts { get; } = [item];

    public override ShapeForm Form => new ShapeForm.List(item, minimum);

    internal override string Format(EquatableArray<T> value) => $"[{string.Join(", ", value.Select(item.Format))}]";

    internal override bool TryBindWritten(YamlNode node, BindContext context, out EquatableArray<T> value)
    {
        value = default;
        var field = context.Field;
        if (node is not YamlNode.Sequence sequence)
        {
            context.Findings.Error(ManifestCodes.WrongType, node.Span,
                $"'{field}' takes a list, this is {Nodes.Describe(node)}", "write one item per line, each after '- '");
            return false;
        }

        if (sequence.Items.Length < minimum)
        {
            context.Findings.Error(ManifestCodes.InvalidValue, node.Span, $"'{field}' is an empty list",
                $"write at least {minimum} item");
            return false;
        }

        var items = ImmutableArray.CreateBuilder<T>(sequence.Items.Length);
        var seen = key is null ? null : new HashSet<string>(StringComparer.Ordinal);
        var isWhole = true;
        foreach (var child in sequence.Items)
        {
            context.Field = field;
            var templates = context.Templates;
            if (!item.TryBind(child, context, out var bound))
            {
                isWhole = false;
                continue;
            }

            if (context.Templates == templates && key?.Invoke(bound) is { } name && !seen!.Add(name))
            {
                isWhole = false;
                context.Findings.Error(ManifestCodes.InvalidValue, child.Span,
                    $"'{Excerpt.Of(name)}' is in '{field}' twice", "remove or rename one of them");
            }

            items.Add(bound);
        }

        if (isWhole)
        {
            value = new(sorted && key is not null
                ? [.. items.OrderBy(i => i is null ? null : key(i), StringComparer.Ordinal)]
                : items.DrainToImmutable());
        }

        return isWhole;
    }
}

/// <summary>A mapping whose keys people choose; becomes a list sorted by key (ordinal).</summary>
internal sealed class MapShape<T, TEntry>(
    string keyName, Shape<string> key, Shape<T> item, Func<string, T, TEntry> make)
    : Shape<EquatableArray<TEntry>>($"map of {keyName} to {item.Name}")
    where TEntry : IEquatable<TEntry>
{
    public override IReadOnlyList<Shape> Parts { get; } = [item];

    public override ShapeForm Form => new ShapeForm.Map(key, item);

    // Only an empty map serves as a default.
    internal override string Format(EquatableArray<TEntry> value) => "{}";

    internal override bool TryBindWritten(YamlNode node, BindContext context, out EquatableArray<TEntry> value)
    {
        value = default;
        var field = context.Field;
        if (node is not YamlNode.Mapping mapping)
        {
            context.Findings.Error(ManifestCodes.WrongType, node.Span,
                $"'{field}' takes a mapping, this is {Nodes.Describe(node)}", $"write one '{keyName}: value' per line");
            return false;
        }

        var items = new List<(string Key, TEntry Entry)>(mapping.Entries.Length);
        var isWhole = true;
        foreach (var entry in mapping.Entries)
        {
            context.Field = $"{keyName} of {field}";
            // A key is text however it is written, and never a template.
            var (wasLiteral, _) = (context.IsLiteral, context.IsLiteral = true);
            var hasKey = key.TryBind(new YamlNode.Scalar(entry.KeySpan, entry.Key, IsPlain: false), context, out _);
            context.IsLiteral = wasLiteral;
            context.Field = entry.Key;
            if (Nodes.IsNull(entry.Value))
            {
                Nodes.ReportNull(entry, context);
                isWhole = false;
            }
            else if (item.TryBind(entry.Value, context, out var bound) && hasKey)
            {
                items.Add((entry.Key, make(entry.Key, bound)));
            }
            else
            {
                isWhole = false;
            }
        }

        if (isWhole)
        {
            value = new([.. items.OrderBy(i => i.Key, StringComparer.Ordinal).Select(i => i.Entry)]);
        }

        return isWhole;
    }
}

/// <summary>Any values: a mapping as deep as people like, without templates.</summary>
internal sealed class ValuesShape() : Shape<YamlNode.Mapping>("values")
{
    public override ShapeForm Form => new ShapeForm.Values();

    internal override string Format(YamlNode.Mapping value) => "{}";

    internal override bool TryBindWritten(YamlNode node, BindContext context,
        [MaybeNullWhen(false)] out YamlNode.Mapping value)
    {
        value = node as YamlNode.Mapping;
        if (value is null)
        {
            context.Findings.Error(ManifestCodes.WrongType, node.Span,
                $"'{context.Field}' takes a mapping, this is {Nodes.Describe(node)}",
                    "write one 'name: value' per line");
            return false;
        }

        var errors = context.Findings.Errors;
        Check(value, context.Field, context.Findings);
        return context.Findings.Errors == errors;
    }

    private static void Check(YamlNode node, string name, FindingList findings)
    {
        switch (node)
        {
            case YamlNode.Mapping mapping:
                for (var i = 0; i < mapping.Entries.Length; i++)
                {
                    var entry = mapping.Entries[i];
                    if (entry.Value is YamlNode.Scalar { IsPlain: true, Text.Length: 0 })
                    {
                        WarnOfNothing(entry, i == 0 ? null : mapping.Entries[i - 1], findings);
                    }

                    Check(entry.Value, entry.Key, findings);
                }

                break;
            case YamlNode.Sequence sequence:
                foreach (var item in sequence.Items)
                {
                    Check(item, name, findings);
                }

                break;
            case YamlNode.Scalar { IsTemplate: true }:
                findings.Error(ManifestCodes.TemplateNotAllowed, node.Span, $"the value '{name}' is a template",
                    "values are what templates read; write it out, or use the expression where the value is used");
                break;
            case YamlNode.Scalar { IsPlain: true } scalar when PlainScalar.IsSurprising(scalar.Text):
                Nodes.WarnOfSurprise(scalar, name, findings);
                break;
        }
    }

    // A comma in unquoted text ends it, and what follows is a key: {title: Halle 3, Linie 1}. Siblings share a line in { } only.
    private static void WarnOfNothing(YamlEntry entry, YamlEntry? before, FindingList findings)
    {
        var isCutOff = before is { Value: YamlNode.Scalar { IsPlain: true, Text.Length: > 0 } cut } && cut.Span.Line == entry.KeySpan.Line;
        findings.Warning(ManifestCodes.NoValue, entry.KeySpan, $"the value '{Excerpt.Of(entry.Key)}' is empty, which is null in YAML",
            isCutOff
                ? $"if it belongs to '{before!.Value.Key}', quote both: {before.Value.Key}: \"{((YamlNode.Scalar)before.Value.Value).Text}, {entry.Key}\"; otherwise give it a value, or write null"
                : "give it a value, or write null");
    }
}

using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.Kinds;

/// <summary>
/// One resource of the fleet, whatever its kind. <paramref name="Tree"/> is its <c>spec</c> as written, for rendering
/// and
/// for the places of findings.
/// </summary>
public abstract record Resource(ResourceKind Kind, Metadata Metadata, SourceSpan Span, YamlNode.Mapping Tree)
{
    public string Name => Metadata.Name;

    /// <summary>
    /// Some scalar under <c>spec</c> is a template, or there is a <c>$value</c>: the spec has to be rendered and bound
    /// again for every node. Otherwise one spec serves all nodes.
    /// </summary>
    public required bool HasTemplates { get; init; }

    /// <summary>The place of a field below <c>spec</c>, or of the deepest part of the path that is there.</summary>
    public SourceSpan SpanOf(params ReadOnlySpan<string> path)
    {
        YamlNode node = Tree;
        var span = Tree.Span.File is null ? Span : Tree.Span;
        foreach (var key in path)
        {
            if (node is not YamlNode.Mapping mapping || !mapping.TryGet(key, out var next))
            {
                break;
            }

            node = next;
            span = next.Span;
        }

        return span;
    }

    /// <summary>The place of the item of a list that says <paramref name="text"/>, or of the list.</summary>
    public SourceSpan SpanOfItem(string text, params ReadOnlySpan<string> path)
    {
        YamlNode? node = Tree;
        foreach (var key in path)
        {
            node = node is YamlNode.Mapping mapping && mapping.TryGet(key, out var next) ? next : null;
        }

        var item = node is YamlNode.Sequence list
            ? list.Items.FirstOrDefault(i =>
                i is YamlNode.Scalar scalar && string.Equals(scalar.Text, text, StringComparison.Ordinal))
            : null;
        return item?.Span ?? SpanOf(path);
    }
}

/// <summary>
/// A resource with its typed spec. Where <see cref="Resource.HasTemplates"/>, the spec is provisional: a templated
/// string
/// holds the template's text, any other templated field its default; what may not be templated (names, placement,
/// <c>requires</c>, references) is exact either way.
/// </summary>
public sealed record Resource<TSpec>(
    ResourceKind Kind, Metadata Metadata, SourceSpan Span, YamlNode.Mapping Tree, TSpec Spec)
    : Resource(Kind, Metadata, Span, Tree)
    where TSpec : class;

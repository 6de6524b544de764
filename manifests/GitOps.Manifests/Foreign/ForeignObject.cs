using System.Collections.Immutable;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.Foreign;

/// <summary>
/// One object of a foreign file, read field by field as its system does. Of an object that is not there, every field is
/// missing. Typed access is meant for what <see cref="TypeCheck"/> found nothing wrong with.
/// </summary>
/// <param name="around">Where the object should have been, for when it is not there: findings need a place.</param>
internal readonly struct ForeignObject(YamlNode? node, ForeignSyntax syntax, SourceSpan around = default)
{
    private readonly YamlNode.Mapping? _mapping = node as YamlNode.Mapping;
    private readonly SourceSpan _span = node?.Span ?? around;

    public ImmutableArray<YamlEntry> Entries => _mapping?.Entries ?? [];

    public YamlNode? Node(string name)
    {
        for (var i = Entries.Length - 1; i >= 0; i--) // of a key written twice, the last counts
        {
            if (IsKey(Entries[i].Key, name, syntax) && !Shapes.Nodes.IsNull(Entries[i].Value))
            {
                return Entries[i].Value;
            }
        }

        return null;
    }

    /// <summary>The place of a field, or of the object that lacks it.</summary>
    public SourceSpan SpanOf(string name) => Node(name)?.Span ?? _span;

    public string Text(string name) => Node(name) is YamlNode.Scalar scalar ? scalar.Text : "";

    public bool Has(string name) => Node(name) is not null;

    public bool Flag(string name) =>
        Node(name) is YamlNode.Scalar { Text: var text } &&
        (PlainBool(text) || text is "y" or "Y" or "yes" or "Yes" or "YES" or "on" or "On" or "ON");

    public decimal? Number(string name) => ForeignScalar.Number(Node(name));

    public ForeignObject Object(string name) => new(Node(name), syntax, _span);

    public ImmutableArray<YamlNode> Items(string name) => Node(name) is YamlNode.Sequence list ? list.Items : [];

    public IEnumerable<ForeignObject> Objects(string name)
    {
        var how = syntax;
        return Items(name).Select(item => new ForeignObject(item, how));
    }

    public static bool IsKey(string written, string name, ForeignSyntax syntax) => string.Equals(written, name,
        syntax is ForeignSyntax.Json or ForeignSyntax.Toml ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal);

    private static bool PlainBool(string text) => Yaml.PlainScalar.TryBool(text, out var value) && value;
}

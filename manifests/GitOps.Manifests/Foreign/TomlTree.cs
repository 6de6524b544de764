using System.Globalization;
using System.Text;
using GitOps.Manifests.Yaml;
using Tomlyn.Parsing;
using Tomlyn.Syntax;

namespace GitOps.Manifests.Foreign;

/// <summary>Reads TOML into the nodes that YAML is read into, with their places.</summary>
internal sealed class TomlTree
{
    private readonly string _file;
    private readonly int _maxDepth;
    private readonly Table _root;

    private TomlTree(string file, int maxDepth)
    {
        (_file, _maxDepth) = (file, maxDepth);
        _root = new Table(SourceSpan.StartOf(file));
    }

    /// <summary>The document, or null and where and why it breaks.</summary>
    public static YamlNode? Read(SourceFile file, YamlLimits limits, out (SourceSpan Span, string Why)? broken)
    {
        broken = null;
        if (file.Bytes.Length > limits.MaxBytes)
        {
            broken = (SourceSpan.StartOf(file.Path), $"the file has {file.Bytes.Length} bytes, the limit is {limits.MaxBytes}");
            return null;
        }

        var tree = new TomlTree(file.Path, limits.MaxDepth);
        var document = SyntaxParser.Parse(Encoding.UTF8.GetString(file.Bytes.Span), file.Path, true);
        foreach (var message in document.Diagnostics)
        {
            if (message.Kind == DiagnosticMessageKind.Error)
            {
                broken = (tree.Place(message.Span), Excerpt.Of(message.Message));
                return null;
            }
        }

        try
        {
            tree.Add(document);
            return tree._root.ToNode();
        }
        catch (TomlRefusedException refused)
        {
            broken = (refused.Span, refused.Message);
            return null;
        }
    }

    private void Add(DocumentSyntax document)
    {
        AddAll(document.KeyValues, _root, 1);
        foreach (var table in document.Tables)
        {
            var keys = Keys(table.Name!);
            var parent = Open(_root, keys[..^1]);
            var (name, span) = keys[^1];
            var isItem = table is TableArraySyntax;
            AddAll(table.Items, isItem ? parent.Append(name, span) : Open(parent, [(name, span)]), keys.Count + 1);
        }
    }

    private void AddAll(IEnumerable<KeyValueSyntax> pairs, Table into, int depth)
    {
        foreach (var pair in pairs)
        {
            var keys = Keys(pair.Key!);
            var (name, span) = keys[^1];
            Open(into, keys[..^1]).Set(name, span, Value(pair.Value!, depth + keys.Count));
        }
    }

    private object Value(ValueSyntax value, int depth)
    {
        var span = Place(value.Span);
        if (depth > _maxDepth)
        {
            throw new TomlRefusedException(span, $"it is nested deeper than {_maxDepth} levels");
        }

        switch (value)
        {
            case ArraySyntax array:
                return new YamlNode.Sequence(span, [.. array.Items.Select(item => ToNode(Value(item.Value!, depth + 1)))]);
            case InlineTableSyntax inline:
                var table = new Table(span);
                AddAll(inline.Items.Select(item => item.KeyValue!), table, depth + 1);
                return table;
            case StringValueSyntax text:
                return new YamlNode.Scalar(span, text.Value ?? "", IsPlain: false);
            case IntegerValueSyntax integer:
                return new YamlNode.Scalar(span, integer.Value.ToString(CultureInfo.InvariantCulture), IsPlain: true);
            default:
                return new YamlNode.Scalar(span, value.ToString()!.Trim(), IsPlain: value is not DateTimeValueSyntax);
        }
    }

    private static YamlNode ToNode(object value) => value is Table table ? table.ToNode() : (YamlNode)value;

    private static Table Open(Table from, IReadOnlyList<(string Name, SourceSpan Span)> keys)
    {
        foreach (var (name, span) in keys)
        {
            from = from.Open(name, span);
        }

        return from;
    }

    private List<(string Name, SourceSpan Span)> Keys(KeySyntax key)
    {
        List<(string, SourceSpan)> keys = [(Text(key.Key!), Place(key.Key!.Span))];
        keys.AddRange(key.DotKeys.Select(dotted => (Text(dotted.Key!), Place(dotted.Key!.Span))));
        return keys;
    }

    private static string Text(BareKeyOrStringValueSyntax key) => key switch
    {
        BareKeySyntax bare => bare.Key?.Text ?? "",
        StringValueSyntax text => text.Value ?? "",
        _ => "",
    };

    private SourceSpan Place(Tomlyn.Syntax.SourceSpan span) => Place(span.Start);

    private SourceSpan Place(TextPosition start) => new(_file, Math.Max(0, start.Line) + 1, Math.Max(0, start.Column) + 1);

    /// <summary>A table that is still being filled; an array of tables is a list of them.</summary>
    private sealed class Table(SourceSpan span)
    {
        private readonly List<(string Key, SourceSpan Span, object Value)> _entries = [];

        public Table Open(string key, SourceSpan at)
        {
            switch (Find(key))
            {
                case null:
                    var table = new Table(at);
                    _entries.Add((key, at, table));
                    return table;
                case Table found:
                    return found;
                case List<Table> list:
                    return list[^1];
                default:
                    throw new TomlRefusedException(at, $"'{Excerpt.Of(key)}' is a value and a table");
            }
        }

        public Table Append(string key, SourceSpan at)
        {
            if (Find(key) is not List<Table> list)
            {
                Set(key, at, list = []);
            }

            list.Add(new Table(at));
            return list[^1];
        }

        public void Set(string key, SourceSpan at, object value)
        {
            if (Find(key) is not null)
            {
                throw new TomlRefusedException(at, $"'{Excerpt.Of(key)}' is written twice");
            }

            _entries.Add((key, at, value));
        }

        public YamlNode.Mapping ToNode() => new YamlNode.Mapping(span, [.. _entries.Select(entry => new YamlEntry(entry.Key, entry.Span,
            entry.Value is List<Table> list
                ? new YamlNode.Sequence(entry.Span, [.. list.Select(item => item.ToNode())])
                : TomlTree.ToNode(entry.Value)))]);

        private object? Find(string key) => _entries.Find(entry => entry.Key == key).Value;
    }

    private sealed class TomlRefusedException(SourceSpan span, string message) : Exception(message)
    {
        public SourceSpan Span { get; } = span;
    }
}

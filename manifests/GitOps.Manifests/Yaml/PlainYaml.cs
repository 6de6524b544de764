using System.Collections.Immutable;

namespace GitOps.Manifests.Yaml;

/// <summary>
/// Reads the YAML that nearly all manifests are written in, at a small part of the cost of a whole YAML parser: block
/// mappings and lists with simple keys, plain and quoted scalars and flow collections on one line, comments, several
/// documents. Where it answers, the whole parser would give the same nodes at the same places and no finding; where it
/// does not, because of anything else or anything wrong, the whole parser decides.
/// </summary>
internal ref struct PlainYaml
{
    /// <summary>How deep what it reads is nested at most.</summary>
    public const int Depth = 2 * (MaxDepth + 1);

    private const int MaxDepth = 16;
    private const int LongestLine = 500; // far below what the whole parser takes for a simple key

    private readonly string _text;
    private readonly string _file;
    private int _line;

    /// <summary>The line that is looked at: where its content begins and ends, and how far it is indented; -1 at '---'.</summary>
    private int _start;
    private int _end;
    private int _indent;
    private int _lineStart;
    private bool _isOver;

    private PlainYaml(string text, string file) => (_text, _file, _end) = (text, file, -1);

    /// <param name="text">Printable, as <see cref="YamlText"/> checks.</param>
    /// <returns>Whether these are all documents of the file; otherwise it says nothing.</returns>
    public static bool TryRead(string text, string file, out ImmutableArray<YamlNode> documents)
    {
        documents = [];
        if (text.AsSpan().IndexOfAny('\t', '\r') >= 0)
        {
            return false;
        }

        var reader = new PlainYaml(text, file);
        return reader.NextLine() && reader.TryReadAll(out documents);
    }

    private bool TryReadAll(out ImmutableArray<YamlNode> documents)
    {
        documents = [];
        var read = ImmutableArray.CreateBuilder<YamlNode>(1);
        while (!_isOver)
        {
            if (_indent == -1 && (!NextLine() || _isOver))
            {
                return false; // nothing follows '---'
            }

            if (_indent != 0 || !TryMapping(0, 1, out var document) || !(_isOver || _indent == -1))
            {
                return false;
            }

            read.Add(document);
        }

        documents = read.DrainToImmutable();
        return !documents.IsEmpty;
    }

    /// <summary>Goes to the next line with content; false where a line is none of ours.</summary>
    private bool NextLine()
    {
        while (true)
        {
            _lineStart = _end + 1;
            if (_lineStart >= _text.Length)
            {
                (_isOver, _indent) = (true, -1);
                return true;
            }

            _line++;
            var length = _text.AsSpan(_lineStart).IndexOf('\n');
            _end = length < 0 ? _text.Length : _lineStart + length;
            var line = _text.AsSpan(_lineStart, _end - _lineStart);
            _indent = line.IndexOfAnyExcept(' ');
            if (_indent < 0 || line[_indent] == '#')
            {
                continue;
            }

            _start = _lineStart + _indent;
            if (line.Length > LongestLine)
            {
                return false;
            }

            if (_indent == 0 && (line.StartsWith("---") || line.StartsWith("...")))
            {
                _indent = -1;
                return line is "---";
            }

            return true;
        }
    }

    private bool TryBlock(int depth, out YamlNode node)
    {
        if (IsItem())
        {
            return TryList(_indent, depth, out node);
        }

        var isMapping = TryMapping(_indent, depth, out var mapping);
        node = mapping;
        return isMapping;
    }

    private bool TryMapping(int indent, int depth, out YamlNode.Mapping mapping)
    {
        mapping = YamlNode.Mapping.Empty;
        var span = Span(_start);
        var entries = ImmutableArray.CreateBuilder<YamlEntry>();
        while (_indent == indent && !_isOver)
        {
            var keySpan = Span(_start);
            var length = KeyLength(_text.AsSpan(_start, _end - _start));
            if (length == 0 || depth > MaxDepth)
            {
                return false;
            }

            var key = KnownWords.Of(_text.AsSpan(_start, length));
            if (Has(entries, key) || !TryValue(_start + length + 1, indent, depth, out var value))
            {
                return false;
            }

            entries.Add(new(key, keySpan, value));
        }

        mapping = new(span, entries.DrainToImmutable());
        return _indent < indent;
    }

    private bool TryList(int indent, int depth, out YamlNode node)
    {
        node = YamlNode.Mapping.Empty;
        var span = Span(_start);
        var items = ImmutableArray.CreateBuilder<YamlNode>();
        while (_indent == indent && !_isOver && IsItem())
        {
            var at = SkipBlanks(_start + 1);
            YamlNode? item;
            if (at >= _end || depth > MaxDepth || _text[at] is '#' or '-')
            {
                return false;
            }

            if (KeyLength(_text.AsSpan(at, _end - at)) > 0)
            {
                // A mapping that begins behind the dash is indented as far as its first key.
                (_start, _indent) = (at, at - _lineStart);
                if (!TryMapping(_indent, depth + 1, out var mapping))
                {
                    return false;
                }

                item = mapping;
            }
            else if (!TryInline(at, depth, out item) || !NextLine() || _indent > indent)
            {
                return false;
            }

            items.Add(item!);
        }

        node = new YamlNode.Sequence(span, items.DrainToImmutable());
        return _indent <= indent;
    }

    /// <summary>What follows a key's colon: in its line, or below.</summary>
    private bool TryValue(int at, int indent, int depth, out YamlNode value)
    {
        value = YamlNode.Mapping.Empty;
        at = SkipBlanks(at);
        if (at < _end && _text[at] != '#')
        {
            return TryInline(at, depth, out value!) && NextLine() && _indent <= indent;
        }

        return NextLine() && !_isOver && (_indent > indent || (_indent == indent && IsItem())) &&
            TryBlock(depth + 1, out value) && _indent <= indent;
    }

    private readonly bool TryInline(int at, int depth, out YamlNode? node)
    {
        var flow = new FlowYaml(_text.AsSpan(0, _end), _file, _line, _lineStart);
        if (_text[at] is '{' or '[' or '"' or '\'')
        {
            return flow.TryRead(ref at, depth, out node) && IsRest(at);
        }

        var length = PlainLength(_text.AsSpan(at, _end - at));
        node = length > 0 ? new YamlNode.Scalar(Span(at), KnownWords.Of(_text.AsSpan(at, length)), IsPlain: true) : null;
        return length > 0;
    }

    /// <summary>Nothing but blanks and a comment.</summary>
    private readonly bool IsRest(int at)
    {
        var rest = SkipBlanks(at);
        return rest >= _end || (_text[rest] == '#' && rest > at);
    }

    private readonly bool IsItem() => _text[_start] == '-' && (_start + 1 >= _end || _text[_start + 1] == ' ');

    private readonly int SkipBlanks(int at)
    {
        while (at < _end && _text[at] == ' ')
        {
            at++;
        }

        return at;
    }

    private readonly SourceSpan Span(int at) => new(_file, _line, at - _lineStart + 1);

    /// <summary>The length of a simple key with its colon behind it, or 0.</summary>
    private static int KeyLength(ReadOnlySpan<char> line)
    {
        var length = FlowYaml.WordLength(line);
        return length > 0 && length < line.Length && line[length] == ':' && (length + 1 == line.Length || line[length + 1] == ' ') ? length : 0;
    }

    /// <summary>The length of a plain scalar that ends in this line, or 0.</summary>
    private static int PlainLength(ReadOnlySpan<char> line)
    {
        if (!FlowYaml.MayBegin(line))
        {
            return 0;
        }

        var comment = line.IndexOf(" #");
        var text = (comment < 0 ? line : line[..comment]).TrimEnd(' ');
        return text.EndsWith(":") || text.Contains(": ", StringComparison.Ordinal) || text.Contains("{{", StringComparison.Ordinal) ? 0 : text.Length;
    }

    private static bool Has(ImmutableArray<YamlEntry>.Builder entries, string key)
    {
        for (var i = 0; i < entries.Count; i++)
        {
            if (entries[i].Key == key)
            {
                return true;
            }
        }

        return false;
    }
}

using System.Buffers;
using System.Collections.Immutable;

namespace GitOps.Manifests.Yaml;

/// <summary>Quoted scalars and flow collections that begin and end in one line; the rest of what <see cref="PlainYaml"/> reads.</summary>
/// <param name="text">Up to the end of the line.</param>
internal readonly ref struct FlowYaml(ReadOnlySpan<char> text, string file, int line, int lineStart)
{
    private const int MaxDepth = 16;
    private static readonly SearchValues<char> WordCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-");

    private static readonly SearchValues<char> FlowIndicators = SearchValues.Create(",[]{}:#\"'&*!|>%@`");
    private readonly ReadOnlySpan<char> _text = text;

    /// <param name="at">Where it begins; afterwards, behind its end.</param>
    public bool TryRead(ref int at, int depth, out YamlNode? node)
    {
        node = null;
        if (at >= _text.Length || depth > MaxDepth)
        {
            return false;
        }

        switch (_text[at])
        {
            case '"' or '\'':
                return TryQuoted(ref at, out node);
            case '{':
                return TryMapping(ref at, depth, out node);
            case '[':
                return TryList(ref at, depth, out node);
            default:
                return TryPlain(ref at, out node);
        }
    }

    /// <summary>How far a word reaches that may be a key: letters, digits, <c>_</c> <c>.</c> <c>/</c> <c>-</c>.</summary>
    public static int WordLength(ReadOnlySpan<char> line)
    {
        if (line.IsEmpty || !(char.IsAsciiLetterOrDigit(line[0]) || line[0] == '_'))
        {
            return 0;
        }

        var length = line.IndexOfAnyExcept(WordCharacters);
        return length < 0 ? line.Length : length;
    }

    /// <summary>Whether a plain scalar may begin so.</summary>
    public static bool MayBegin(ReadOnlySpan<char> text) =>
        char.IsLetterOrDigit(text[0]) || text[0] is '_' or '/' or '.' or '+' or '~' || (text[0] == '-' && text.Length > 1 && char.IsAsciiLetterOrDigit(text[1]));

    private bool TryQuoted(ref int at, out YamlNode? node)
    {
        node = null;
        var quote = _text[at];
        var rest = _text[(at + 1)..];
        var length = rest.IndexOf(quote);
        if (length < 0 || (quote == '"' && rest[..length].Contains('\\')) ||
            (quote == '\'' && length + 1 < rest.Length && rest[length + 1] == '\''))
        {
            return false;
        }

        node = new YamlNode.Scalar(Span(at), KnownWords.Of(rest[..length]), IsPlain: false);
        at += length + 2;
        return true;
    }

    private bool TryPlain(ref int at, out YamlNode? node)
    {
        node = null;
        var rest = _text[at..];
        var length = rest.IndexOfAny(FlowIndicators);
        if (length <= 0 || rest[length] is not (',' or ']' or '}') || !MayBegin(rest))
        {
            return false;
        }

        node = new YamlNode.Scalar(Span(at), KnownWords.Of(rest[..length].TrimEnd(' ')), IsPlain: true);
        at += length;
        return true;
    }

    private bool TryMapping(ref int at, int depth, out YamlNode? node)
    {
        node = null;
        var span = Span(at);
        var entries = ImmutableArray.CreateBuilder<YamlEntry>();
        for (at = SkipBlanks(at + 1); at < _text.Length && _text[at] != '}'; at = SkipBlanks(at))
        {
            var key = at;
            var length = WordLength(_text[at..]);
            at += length + 1;
            if (length == 0 || at >= _text.Length || _text[at - 1] != ':' || _text[at] != ' ')
            {
                return false;
            }

            at = SkipBlanks(at);
            if (!TryRead(ref at, depth + 1, out var value) || !TrySeparator(ref at, '}'))
            {
                return false;
            }

            var name = KnownWords.Of(_text.Slice(key, length));
            foreach (var entry in entries)
            {
                if (entry.Key == name)
                {
                    return false;
                }
            }

            entries.Add(new(name, Span(key), value!));
        }

        node = new YamlNode.Mapping(span, entries.DrainToImmutable());
        return at++ < _text.Length;
    }

    private bool TryList(ref int at, int depth, out YamlNode? node)
    {
        node = null;
        var span = Span(at);
        var items = ImmutableArray.CreateBuilder<YamlNode>();
        for (at = SkipBlanks(at + 1); at < _text.Length && _text[at] != ']'; at = SkipBlanks(at))
        {
            if (!TryRead(ref at, depth + 1, out var item) || !TrySeparator(ref at, ']'))
            {
                return false;
            }

            items.Add(item!);
        }

        node = new YamlNode.Sequence(span, items.DrainToImmutable());
        return at++ < _text.Length;
    }

    /// <summary>A comma with an item behind it, or the end in front of us.</summary>
    private bool TrySeparator(ref int at, char end)
    {
        at = SkipBlanks(at);
        if (at < _text.Length && _text[at] == end)
        {
            return true;
        }

        if (at >= _text.Length || _text[at] != ',')
        {
            return false;
        }

        at = SkipBlanks(at + 1);
        return at < _text.Length && _text[at] != end;
    }

    private int SkipBlanks(int at)
    {
        while (at < _text.Length && _text[at] == ' ')
        {
            at++;
        }

        return at;
    }

    private SourceSpan Span(int at) => new(file, line, at - lineStart + 1);
}

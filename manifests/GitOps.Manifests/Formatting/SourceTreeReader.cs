using System.Collections.Immutable;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace GitOps.Manifests.Formatting;

/// <summary>Finds where everything stands, from the events of a text that <see cref="Yaml.YamlReader"/> took without a finding.</summary>
internal sealed class SourceTreeReader
{
    private readonly string[] _lines;
    private readonly Parser _parser;
    private bool _keepsOrder;

    private SourceTreeReader(string text, string[] lines)
    {
        _lines = lines;
        _parser = new Parser(new StringReader(text));
    }

    /// <summary>The documents; throws <see cref="UnusualLayoutException"/> for explicit keys, directives, <c>...</c> and the like.</summary>
    public static ImmutableArray<SourceDocument> Read(string text, string[] lines) => new SourceTreeReader(text, lines).ReadAll();

    private ImmutableArray<SourceDocument> ReadAll()
    {
        var documents = ImmutableArray.CreateBuilder<SourceDocument>();
        while (_parser.MoveNext())
        {
            switch (_parser.Current)
            {
                case DocumentStart start:
                    var first = start.IsImplicit ? 0 : Line(start.Start) + 1;
                    if (start.Version is not null || (!start.IsImplicit && !IsSeparatorAlone(_lines[first - 1])))
                    {
                        throw new UnusualLayoutException();
                    }

                    _keepsOrder = false;
                    _parser.MoveNext();
                    var root = ReadNode(first, -1);
                    documents.Add(new(first, root, _keepsOrder));
                    break;
                case DocumentEnd { IsImplicit: false }:
                    throw new UnusualLayoutException();
            }
        }

        return documents.DrainToImmutable();
    }

    private SourceTree ReadNode(int holderLine, int holderColumn)
    {
        switch (_parser.Current)
        {
            case Scalar scalar:
                _keepsOrder |= !scalar.Anchor.IsEmpty;
                return ReadScalar(scalar, holderLine);
            case AnchorAlias alias:
                _keepsOrder = true;
                return new SourceTree.Verbatim(Line(alias.Start), Column(alias.Start), Line(alias.End));
            case SequenceStart { Style: SequenceStyle.Flow } flow:
                return SkipFlow(flow);
            case MappingStart { Style: MappingStyle.Flow } flow:
                return SkipFlow(flow);
            case SequenceStart list:
                _keepsOrder |= !list.Anchor.IsEmpty;
                return ReadList();
            case MappingStart mapping:
                _keepsOrder |= !mapping.Anchor.IsEmpty;
                return ReadFields();
            default:
                return new SourceTree.Verbatim(holderLine, holderColumn, holderLine);
        }
    }

    private SourceTree ReadScalar(Scalar scalar, int holderLine)
    {
        var (line, column) = (Line(scalar.Start), Column(scalar.Start));
        if (scalar.Style is not (ScalarStyle.Literal or ScalarStyle.Folded))
        {
            // An empty value stands where the parser noticed it, which may be lines below its key.
            return scalar.Value.Length == 0 && scalar.Style == ScalarStyle.Plain && scalar.Anchor.IsEmpty
                ? new SourceTree.Verbatim(holderLine, column, holderLine) { IsEmpty = true }
                : new SourceTree.Verbatim(line, column, Line(scalar.End));
        }

        var header = _lines[line];
        var sign = scalar.Style == ScalarStyle.Literal ? '|' : '>';
        var at = header.IndexOf(sign, column);
        var comment = header.IndexOf(" #", Math.Max(at, 0), StringComparison.Ordinal);
        var indicators = comment < 0 ? header[at..] : header[at..comment];
        if (indicators.AsSpan().ContainsAnyInRange('1', '9'))
        {
            throw new UnusualLayoutException(); // an indentation that is counted cannot move
        }

        // Moved, it might come to stand above a blank line, which would be text of it.
        var keeps = indicators.Contains('+', StringComparison.Ordinal);
        _keepsOrder |= keeps;
        return new SourceTree.Block(line, column, LastOfBlock(line, !string.IsNullOrWhiteSpace(scalar.Value), keeps), keeps);
    }

    // The first line that is not blank says how far the text is indented; it ends where one is indented less.
    private int LastOfBlock(int header, bool hasText, bool keepsBlanks)
    {
        var (last, indent) = (header, hasText ? -1 : int.MaxValue);
        for (var line = header + 1; line < _lines.Length; line++)
        {
            var at = string.IsNullOrWhiteSpace(_lines[line]) ? -1 : _lines[line].AsSpan().IndexOfAnyExcept(' ');
            indent = indent < 0 && at >= 0 ? at : indent;
            if (at >= 0 && at < indent)
            {
                break;
            }

            last = at >= 0 || keepsBlanks ? line : last;
        }

        return last;
    }

    private SourceTree.Verbatim SkipFlow(NodeEvent start)
    {
        var (line, column) = (Line(start.Start), Column(start.Start));
        _keepsOrder |= !start.Anchor.IsEmpty;
        for (var depth = 1; depth > 0;)
        {
            _parser.MoveNext();
            depth += _parser.Current!.NestingIncrease;
            _keepsOrder |= _parser.Current is AnchorAlias or NodeEvent { Anchor.IsEmpty: false };
        }

        return new(line, column, Line(_parser.Current!.End));
    }

    private SourceTree.List ReadList()
    {
        var items = ImmutableArray.CreateBuilder<SourceEntry>();
        while (_parser.MoveNext() && _parser.Current is not SequenceEnd)
        {
            var start = _parser.Current!.Start;
            var (line, column) = FindDash(Line(start), Column(start), items.Count == 0 ? null : items[^1]);
            items.Add(new(line, column, "", ReadNode(line, column)));
        }

        return new(items[0].Line, items[0].Column, items[^1].LastLine, items.DrainToImmutable());
    }

    private SourceTree.Fields ReadFields()
    {
        var entries = ImmutableArray.CreateBuilder<SourceEntry>();
        while (_parser.MoveNext() && _parser.Current is not MappingEnd)
        {
            if (_parser.Current is not Scalar key || Line(key.End) != Line(key.Start) ||
                _lines[Line(key.Start)].AsSpan(0, Column(key.Start)).ContainsAnyExcept(" -"))
            {
                throw new UnusualLayoutException();
            }

            _keepsOrder |= !key.Anchor.IsEmpty;
            var (line, column) = (Line(key.Start), Column(key.Start));
            _parser.MoveNext();
            entries.Add(new(line, column, key.Value, ReadNode(line, column)));
        }

        return new(entries[0].Line, entries[0].Column, entries[^1].LastLine, entries.DrainToImmutable());
    }

    // The dash itself is no event: it is the last one before the value, in its line or in one above that holds nothing else.
    private (int Line, int Column) FindDash(int line, int column, SourceEntry? before)
    {
        var dash = _lines[line].AsSpan(0, Math.Min(column, _lines[line].Length)).TrimEnd(' ');
        if (dash.EndsWith("-") && !dash.ContainsAnyExcept(" -"))
        {
            return (line, dash.Length - 1);
        }

        for (var above = line - 1; above > (before?.Line ?? -1); above--)
        {
            var text = _lines[above];
            var comment = text.IndexOf(" #", StringComparison.Ordinal);
            var rest = (comment < 0 ? text : text[..comment]).TrimEnd();
            if (rest.EndsWith('-') && !rest.AsSpan().ContainsAnyExcept(" -"))
            {
                return (above, rest.Length - 1);
            }
        }

        throw new UnusualLayoutException();
    }

    private static bool IsSeparatorAlone(string line)
    {
        var rest = line.StartsWith("---", StringComparison.Ordinal) ? line[3..].TrimStart() : line;
        return rest.Length == 0 || rest.StartsWith('#');
    }

    private static int Line(in Mark mark) => (int)mark.Line - 1;

    private static int Column(in Mark mark) => (int)mark.Column - 1;
}

using System.Diagnostics;
using GitOps.Manifests.Shapes;

namespace GitOps.Manifests.Formatting;

/// <summary>
/// Writes the lines of a document again: two spaces for each level, fields in their order, each with the comments above
/// it. A comment that is indented deeper than the next key belongs to what stands before it.
/// </summary>
internal sealed class SourceTreeWriter(string[] lines)
{
    private const int Step = 2;

    /// <summary>One document up to, not including, a line. What stands above its first key stays there.</summary>
    public List<string> Write(SourceDocument document, int limit, ShapeForm? form)
    {
        if (document.Root is SourceTree.Verbatim { IsEmpty: true })
        {
            return WithoutBlankEnds(Between(document.FirstLine, limit, 0));
        }

        if (document.Root is not SourceTree.Fields root)
        {
            throw new UnusualLayoutException();
        }

        var header = WithoutBlankStart(Between(document.FirstLine, root.Line, 0));
        var body = Write(root, 0, root.Line, limit, document.KeepsOrder ? null : form, isRoot: true);
        return [.. header, .. body.Leading, .. body.Lines];
    }

    private Piece Write(SourceTree tree, int target, int first, int limit, ShapeForm? form, bool isRoot = false)
    {
        var entries = tree switch { SourceTree.Fields fields => fields.Entries, SourceTree.List list => list.Items, _ => throw new UnreachableException() };
        var pieces = new List<(string Key, Piece Piece)>();
        for (var i = 0; i < entries.Length; i++)
        {
            var entry = entries[i];
            var end = OwnEnd(entry, i + 1 < entries.Length ? entries[i + 1].Line : limit, tree.Column);
            var leading = Between(first, entry.Line, target);
            var piece = WriteEntry(entry, tree is SourceTree.List, target, end, tree is SourceTree.List ? FieldOrder.OfItem(form) : FieldOrder.OfField(form, entry.Key));
            pieces.Add((entry.Key, piece with { Leading = [.. i == 0 ? WithoutBlankStart(leading) : leading, .. piece.Leading] }));
            first = end;
        }

        var trailing = Between(first, limit, target);
        var sorted = tree is SourceTree.Fields ? FieldOrder.Sort(pieces, piece => piece.Key, form).ToList() : pieces;
        var start = sorted[0].Piece;
        return new(
            WithoutBlankStart(start.Leading),
            [
                .. start.Lines,
                .. sorted.Skip(1).SelectMany(piece => (string[])[.. piece.Piece.Leading, .. piece.Piece.Lines]),
                .. isRoot ? WithoutBlankEnd(trailing) : trailing,
            ]);
    }

    private Piece WriteEntry(SourceEntry entry, bool isItem, int target, int limit, ShapeForm? form)
    {
        var rest = lines[entry.Line][entry.Column..];
        var head = Indent(target) + (isItem ? $"- {rest[1..].TrimStart()}" : rest);
        switch (entry.Value)
        {
            case SourceTree.Fields or SourceTree.List when isItem && entry.Value.Line == entry.Line:
                // The first field stands beside the dash, whichever that is; comments above it go above the dash.
                var inner = Write(entry.Value, target + Step, entry.Line, limit, form);
                return new(
                    [.. inner.Leading.Select(line => line.Length == 0 ? line : Indent(target) + line.TrimStart())],
                    [$"{Indent(target)}- {inner.Lines[0].TrimStart()}", .. inner.Lines.Skip(1)]);
            case SourceTree.Fields or SourceTree.List:
                var below = Write(entry.Value, target + Step, entry.Line + 1, limit, form);
                return new([], [head.TrimEnd(), .. below.Leading, .. below.Lines]);
            case SourceTree.Block block:
                return new([], [.. Shifted(entry.Line + 1, block.Line, target, target - entry.Column, [head.TrimEnd()]), .. Content(block, target - entry.Column)]);
            case SourceTree.Verbatim:
                var shifted = Shifted(entry.Line + 1, entry.Value.LastLine, target, target - entry.Column, [head]);
                shifted[^1] = shifted[^1].TrimEnd();
                return new([], shifted);
            default:
                throw new UnreachableException();
        }
    }

    // Up to where comments below an entry are inside of it: those that are indented deeper than its siblings.
    private int OwnEnd(SourceEntry entry, int next, int column)
    {
        var end = entry.LastLine + 1;
        for (var line = end; entry.Value is SourceTree.Fields or SourceTree.List && line < next; line++)
        {
            var indent = IndentOf(lines[line]);
            if (indent is not null && indent <= column)
            {
                break;
            }

            end = indent is null ? end : line + 1;
        }

        return end;
    }

    private List<string> Shifted(int from, int last, int target, int by, List<string> into)
    {
        for (var line = from; line <= last; line++)
        {
            into.Add(IndentOf(lines[line]) is { } indent ? Indent(Math.Max(target, indent + by)) + lines[line].TrimStart(' ') : "");
        }

        return into;
    }

    // Blanks that are no more than indentation go; others are content.
    private IEnumerable<string> Content(SourceTree.Block block, int by)
    {
        var content = lines[(block.Line + 1)..(block.LastLine + 1)];
        var indent = content.Min(line => string.IsNullOrWhiteSpace(line) ? int.MaxValue : IndentOf(line)) ?? int.MaxValue;
        return content.Select(line => line.Length <= indent && string.IsNullOrWhiteSpace(line) ? ""
            : by >= 0 ? Indent(by) + line
            : line[Math.Min(-by, line.Length)..]);
    }

    // Comments and at most one blank line in a row; anything else has no place between two entries.
    private List<string> Between(int from, int to, int target)
    {
        var between = new List<string>();
        for (var line = from; line < to; line++)
        {
            var text = lines[line].Trim();
            if (text.Length > 0 && text[0] != '#')
            {
                throw new UnusualLayoutException();
            }

            if (text.Length > 0 || between is not [.., ""])
            {
                between.Add(text.Length == 0 ? "" : Indent(target) + text);
            }
        }

        return between;
    }

    private static List<string> WithoutBlankStart(List<string> between) => [.. between.SkipWhile(line => line.Length == 0)];

    private static List<string> WithoutBlankEnd(List<string> between) => between is [.., ""] ? between[..^1] : between;

    private static List<string> WithoutBlankEnds(List<string> between) => WithoutBlankEnd(WithoutBlankStart(between));

    private static int? IndentOf(string line)
    {
        var indent = line.AsSpan().IndexOfAnyExcept(' ');
        return indent < 0 || string.IsNullOrWhiteSpace(line) ? null : indent;
    }

    private static string Indent(int by) => new(' ', by);

    /// <summary>An entry: what stands above it, and its own lines.</summary>
    private sealed record Piece(List<string> Leading, List<string> Lines);
}

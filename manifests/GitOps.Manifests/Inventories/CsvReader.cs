using System.Text;

namespace GitOps.Manifests.Inventories;

/// <summary>What a cell says, without its quotes, and where it begins.</summary>
internal readonly record struct CsvCell(string Text, int Line, int Column);

/// <summary>Where a table breaks off being one.</summary>
internal sealed record CsvFault(int Line, int Column, string What, string Fix);

/// <summary>
/// Reads a table as RFC 4180 describes it, row by row, with the place of every cell: lines end with LF or CRLF, a cell in
/// quotes may hold separators, line breaks and doubled quotes, and lines without anything on them are no rows. Stricter
/// than spreadsheet programs: a quote inside of a cell that is not quoted is a fault, because readers disagree about it.
/// </summary>
internal sealed class CsvReader(string text, char separator)
{
    private const int MaxPooled = 4096;

    // Sites, roles and the like are the same in thousands of rows.
    private readonly HashSet<string> _pool = new(StringComparer.Ordinal);
    private int _at;
    private int _line = 1;
    private int _lineStart;

    /// <summary>False at the end of the table or where it is broken; <see cref="Fault"/> tells which.</summary>
    public bool TryRead(List<CsvCell> cells)
    {
        cells.Clear();
        SkipEmptyLines();
        if (_at >= text.Length)
        {
            return false;
        }

        while (true)
        {
            if (!TryReadCell(cells))
            {
                return false;
            }

            if (_at >= text.Length)
            {
                return true;
            }

            if (text[_at] == separator)
            {
                _at++;
                continue;
            }

            return EndLine();
        }
    }

    public CsvFault? Fault { get; private set; }

    private bool TryReadCell(List<CsvCell> cells)
    {
        var (start, line, column) = (_at, _line, _at - _lineStart + 1);
        if (_at < text.Length && text[_at] == '"')
        {
            return TryReadQuoted(cells, line, column);
        }

        var length = text.AsSpan(start).IndexOfAny([separator, '\n', '\r', '"']);
        _at = length < 0 ? text.Length : start + length;
        if (_at < text.Length && text[_at] == '"')
        {
            return Fail(_line, _at - _lineStart + 1, "a quote stands inside of a cell that does not begin with one",
                "put the whole cell in quotes and write its own quotes twice: \"a \"\"b\"\" c\"");
        }

        cells.Add(new(Pooled(text.AsSpan(start, _at - start)), line, column));
        return true;
    }

    private bool TryReadQuoted(List<CsvCell> cells, int line, int column)
    {
        var content = new StringBuilder();
        _at++;
        while (true)
        {
            var length = text.AsSpan(_at).IndexOf('"');
            if (length < 0)
            {
                return Fail(line, column, "the quote that opens this cell is never closed", "close it");
            }

            var part = text.AsSpan(_at, length);
            CountLines(part);
            content.Append(part);
            _at += length + 1;
            if (_at >= text.Length || text[_at] != '"')
            {
                break;
            }

            content.Append('"');
            _at++;
        }

        if (_at < text.Length && text[_at] != separator && text[_at] is not ('\n' or '\r'))
        {
            return Fail(_line, _at - _lineStart + 1, "text follows the quote that closes a cell",
                $"end the cell with '{separator}', or write the quote twice");
        }

        cells.Add(new(content.Replace("\r\n", "\n").ToString(), line, column));
        return true;
    }

    private bool EndLine()
    {
        if (text[_at] == '\r' && (_at + 1 >= text.Length || text[_at + 1] != '\n'))
        {
            return Fail(_line, _at - _lineStart + 1, "a carriage return stands without a line feed",
                "end lines with LF or CRLF");
        }

        _at += text[_at] == '\r' ? 2 : 1;
        (_line, _lineStart) = (_line + 1, _at);
        return true;
    }

    private void SkipEmptyLines()
    {
        while (_at < text.Length && (text[_at] == '\n' || text.AsSpan(_at).StartsWith("\r\n")))
        {
            EndLine();
        }
    }

    private void CountLines(ReadOnlySpan<char> part)
    {
        for (var end = part.IndexOf('\n'); end >= 0;)
        {
            _line++;
            _lineStart = _at + end + 1;
            var next = part[(end + 1)..].IndexOf('\n');
            end = next < 0 ? -1 : end + 1 + next;
        }
    }

    private string Pooled(ReadOnlySpan<char> cell)
    {
        if (cell.IsEmpty)
        {
            return "";
        }

        var pool = _pool.GetAlternateLookup<ReadOnlySpan<char>>();
        if (pool.TryGetValue(cell, out var known))
        {
            return known;
        }

        var made = cell.ToString();
        if (_pool.Count < MaxPooled)
        {
            _pool.Add(made);
        }

        return made;
    }

    private bool Fail(int line, int column, string what, string fix)
    {
        Fault = new(line, column, what, fix);
        return false;
    }
}

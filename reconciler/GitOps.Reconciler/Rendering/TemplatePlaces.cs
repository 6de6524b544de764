using System.Text;
using GitOps.Manifests;
using GitOps.Manifests.Yaml;
using ScribanSpan = Scriban.Parsing.SourceSpan;

namespace GitOps.Reconciler.Rendering;

/// <summary>
/// Finds the place in a file that a place inside a template's text came from. Only asked when there is a finding, so it reads
/// the file's text again instead of keeping a map for every scalar.
/// </summary>
internal static class TemplatePlaces
{
    /// <summary>In a file that is a template as a whole.</summary>
    public static SourceSpan InFile(string path, ScribanSpan span) => new(path, span.Start.Line + 1, span.Start.Column + 1);

    /// <summary>
    /// In a scalar of a manifest. Quotes, escapes, folding and indentation make the text differ from the file, so the place is
    /// counted from the nearest <c>{{</c> before it, which no style of scalar changes.
    /// </summary>
    public static SourceSpan InScalar(FleetSource source, YamlNode.Scalar scalar, ScribanSpan span)
    {
        if (scalar.Span.File is null || !source.TryGet(scalar.Span.File, out var file))
        {
            return scalar.Span;
        }

        var text = scalar.Text;
        var offset = Math.Clamp(span.Start.Offset, 0, text.Length);
        var (opening, number) = LastOpening(text, offset);
        if (number == 0)
        {
            return scalar.Span;
        }

        var written = Encoding.UTF8.GetString(file.Bytes.Span).TrimStart('\uFEFF').ReplaceLineEndings("\n");
        var start = OffsetOf(written, scalar.Span);
        var at = NthOpening(written, start, number);
        return at < 0 ? scalar.Span : Walk(written, scalar.Span.File, at, offset - opening, isEscaped: start < written.Length && written[start] == '"');
    }

    private static (int Offset, int Number) LastOpening(string text, int offset)
    {
        var (last, number) = (0, 0);
        for (var at = text.IndexOf("{{", StringComparison.Ordinal); at >= 0 && at <= offset; at = text.IndexOf("{{", at + 2, StringComparison.Ordinal))
        {
            (last, number) = (at, number + 1);
        }

        return (last, number);
    }

    private static int NthOpening(string written, int start, int number)
    {
        var at = start - 2;
        for (var i = 0; i < number; i++)
        {
            at = written.IndexOf("{{", at + 2, StringComparison.Ordinal);
            if (at < 0)
            {
                return -1;
            }
        }

        return at;
    }

    private static SourceSpan Walk(string written, string file, int at, int steps, bool isEscaped)
    {
        for (; steps > 0 && at < written.Length; steps--, at++)
        {
            if (isEscaped && written[at] == '\\')
            {
                at++;
            }
            else if (written[at] == '\n')
            {
                // The indentation of the next line is no part of the text.
                while (at + 1 < written.Length && written[at + 1] == ' ')
                {
                    at++;
                }
            }
        }

        at = Math.Min(at, written.Length);
        var before = written.AsSpan(0, at);
        return new SourceSpan(file, before.Count('\n') + 1, at - before.LastIndexOf('\n'));
    }

    private static int OffsetOf(string written, SourceSpan span)
    {
        var at = 0;
        for (var line = 1; line < span.Line; line++)
        {
            var next = written.IndexOf('\n', at);
            if (next < 0)
            {
                return at;
            }

            at = next + 1;
        }

        return Math.Min(at + span.Column - 1, written.Length);
    }
}

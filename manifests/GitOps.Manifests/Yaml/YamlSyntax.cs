using YamlDotNet.Core;

namespace GitOps.Manifests.Yaml;

/// <summary>Puts the parser's complaint into words that lead to the fix.</summary>
internal static class YamlSyntax
{
    public static void Report(string text, SourceSpan place, YamlException exception, FindingList findings)
    {
        var line = LineAt(text, place.Line);
        if (TemplateColumn(line) is { } column)
        {
            findings.Error(ManifestCodes.UnquotedTemplate, place with { Column = column },
                "a template stands outside of quotes", "put the whole value in quotes: \"{{ … }}\"");
            return;
        }

        var (what, fix) = line.TrimStart(' ').StartsWith('\t')
            ? ("a tab is used for indentation", "indent with spaces")
            : ($"the YAML breaks here: {FirstSentence(exception.Message)}",
               "check indentation, brackets and quotes here and in the line above");
        findings.Error(ManifestCodes.Syntax, place, what, fix);
    }

    // A template directly after 'key:' or '- ', or anywhere in a line that failed, outside of quotes.
    private static int? TemplateColumn(string line)
    {
        var at = line.IndexOf("{{", StringComparison.Ordinal);
        return at < 0 || line.AsSpan(0, at).ContainsAny('"', '\'', '#') ? null : at + 1;
    }

    private static string LineAt(string text, int number)
    {
        var start = 0;
        for (var line = 1; line < number; line++)
        {
            var end = text.IndexOf('\n', start);
            if (end < 0)
            {
                return "";
            }

            start = end + 1;
        }

        var stop = text.IndexOf('\n', start);
        return stop < 0 ? text[start..] : text[start..stop];
    }

    // The parser's messages carry positions of their own in front: "(Line: 1, Col: 2, Idx: 3) - (…): words".
    private static string FirstSentence(string message)
    {
        var colon = message.LastIndexOf("): ", StringComparison.Ordinal);
        var words = colon < 0 ? message : message[(colon + 3)..];
        var printable = string.Concat(words.Where(c => !char.IsControl(c)));
        return (printable.Length > 160 ? printable[..160] : printable).TrimEnd('.');
    }
}

using System.Collections.Immutable;
using System.Text;
using GitOps.Bundles;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.Containers;

/// <summary>
/// <c>${NAME}</c> in a Compose file, as the Compose Specification describes it, from nothing but the variables that the
/// Workload gives: a node's or a developer's environment would make two things of one commit.
/// </summary>
internal sealed class ComposeVariables(IReadOnlyDictionary<string, string> variables, FindingList findings)
{
    private const int MaxDepth = 8;

    /// <summary>Every value of a tree with its variables put in; keys have none.</summary>
    public YamlNode Apply(YamlNode node) => node switch
    {
        YamlNode.Mapping mapping => mapping with { Entries = [.. mapping.Entries.Select(entry => entry with { Value = Apply(entry.Value) })] },
        YamlNode.Sequence sequence => sequence with { Items = [.. sequence.Items.Select(Apply)] },
        YamlNode.Scalar scalar when scalar.Text.Contains('$', StringComparison.Ordinal) => scalar with { Text = Apply(scalar.Text, scalar.Span, 0) },
        _ => node,
    };

    private string Apply(string text, SourceSpan span, int depth)
    {
        var result = new StringBuilder();
        for (var at = 0; at < text.Length;)
        {
            var dollar = text.IndexOf('$', at);
            if (dollar < 0 || depth > MaxDepth)
            {
                result.Append(text.AsSpan(at));
                break;
            }

            result.Append(text.AsSpan(at, dollar - at));
            at = Replace(text, dollar, span, depth, result);
        }

        return result.ToString();
    }

    private int Replace(string text, int dollar, SourceSpan span, int depth, StringBuilder result)
    {
        var next = dollar + 1 < text.Length ? text[dollar + 1] : '\0';
        if (next == '$')
        {
            result.Append('$');
            return dollar + 2;
        }

        if (next == '{')
        {
            var close = Close(text, dollar + 2);
            if (close < 0)
            {
                return Malformed(text, span);
            }

            result.Append(Expression(text[(dollar + 2)..close], span, depth));
            return close + 1;
        }

        var end = NameEnd(text, dollar + 1);
        if (end == dollar + 1)
        {
            return Malformed(text, span);
        }

        result.Append(Expression(text[(dollar + 1)..end], span, depth));
        return end;
    }

    private string Expression(string expression, SourceSpan span, int depth)
    {
        var end = NameEnd(expression, 0);
        var (name, rest) = (expression[..end], expression[end..]);
        var isSet = variables.TryGetValue(name, out var value);
        var isFull = isSet && value!.Length > 0;
        var (known, word) = rest switch
        {
            "" => (isSet, ""),
            [':', '-' or '?' or '+', ..] => (isFull, rest[2..]),
            ['-' or '?' or '+', ..] => (isSet, rest[1..]),
            _ => (false, ""),
        };
        var kind = rest.Length == 0 ? ' ' : rest[0] == ':' && rest.Length > 1 ? rest[1] : rest[0];
        switch (kind)
        {
            case '+' when end > 0:
                return known ? Apply(word, span, depth + 1) : "";
            case '-' when end > 0:
                return known ? value! : Apply(word, span, depth + 1);
            case ' ' or '?' when end > 0:
                if (!known)
                {
                    findings.Error(ManifestCodes.UnknownReference, span, $"the variable '{Excerpt.Of(name)}' is not given",
                        Spelling.Nearest(name, variables.Keys) is { } near ? $"did you mean '{near}'?"
                            : $"add it to the Workload: compose: {{variables: {{{Excerpt.Of(name)}: <value>}}}}; '$$' writes a dollar sign");
                }

                return value ?? "";
            default:
                Malformed(expression, span);
                return "";
        }
    }

    private int Malformed(string text, SourceSpan span)
    {
        findings.Error(ManifestCodes.InvalidValue, span, $"'{Excerpt.Of(text)}' holds a '$' that begins no variable",
            "write ${NAME}, or '$$' for a dollar sign");
        return text.Length;
    }

    private static int Close(string text, int from)
    {
        var open = 1;
        for (var i = from; i < text.Length; i++)
        {
            open += text[i] == '{' && text[i - 1] == '$' ? 1 : text[i] == '}' ? -1 : 0;
            if (open == 0)
            {
                return i;
            }
        }

        return -1;
    }

    private static int NameEnd(string text, int from)
    {
        var end = from;
        while (end < text.Length && (char.IsAsciiLetter(text[end]) || text[end] == '_' || (end > from && char.IsAsciiDigit(text[end]))))
        {
            end++;
        }

        return end;
    }
}

/// <summary>A command line as a shell splits it: blanks, quotes and backslashes, and nothing else of a shell.</summary>
internal static class ShellWords
{
    /// <summary>Null when a quote is not closed.</summary>
    public static EquatableArray<string>? Split(string line)
    {
        var words = ImmutableArray.CreateBuilder<string>();
        var word = new StringBuilder();
        var (quote, isWord) = ('\0', false);
        for (var i = 0; i < line.Length; i++)
        {
            var c = line[i];
            if (quote == '\'' ? c == '\'' : quote == '"' && c == '"')
            {
                quote = '\0';
            }
            else if (c == '\\' && quote != '\'' && i + 1 < line.Length && (quote == '\0' || line[i + 1] is '"' or '\\' or '$' or '`'))
            {
                (isWord, i) = (true, i + 1);
                word.Append(line[i]);
            }
            else if (quote == '\0' && c is '\'' or '"')
            {
                (quote, isWord) = (c, true);
            }
            else if (quote == '\0' && char.IsWhiteSpace(c))
            {
                if (isWord)
                {
                    words.Add(word.ToString());
                    word.Clear();
                    isWord = false;
                }
            }
            else
            {
                isWord = true;
                word.Append(c);
            }
        }

        if (isWord)
        {
            words.Add(word.ToString());
        }

        return quote == '\0' ? new(words.DrainToImmutable()) : null;
    }
}

using System.Text;
using System.Text.Json;

namespace GitOps.Agent.Host.Support;

/// <summary>
/// Takes out of a text what must not leave the node: every value that is known to be secret here, in plain, JSON and base64;
/// private keys; and what stands behind words such as <c>password=</c>. Pure.
/// </summary>
internal sealed class Redactor
{
    public const string Mask = "[taken out]";
    private const int ShortestValue = 4;

    private static readonly string[] Telling =
        ["password", "passwd", "passphrase", "secret", "token", "apikey", "api_key", "api-key", "credential", "authorization", "bearer"];

    private readonly List<string> _values;

    /// <param name="secrets">Contents of secret files; of those with several lines, each long one counts too.</param>
    public Redactor(IEnumerable<string> secrets)
    {
        _values = [.. secrets.SelectMany(Forms).Where(v => v.Length >= ShortestValue).Distinct(StringComparer.Ordinal).OrderByDescending(v => v.Length)];
    }

    public string Clean(string text)
    {
        foreach (var value in _values)
        {
            text = text.Replace(value, Mask, StringComparison.Ordinal);
        }

        return CleanAssignments(CleanKeys(text));
    }

    private static IEnumerable<string> Forms(string secret)
    {
        var trimmed = secret.Trim();
        var lines = trimmed.Contains('\n', StringComparison.Ordinal) ? trimmed.Split('\n').Select(l => l.Trim()).Where(l => l.Length >= 8) : [];
        foreach (var plain in lines.Prepend(trimmed))
        {
            yield return plain;
            yield return JsonEncodedText.Encode(plain).ToString();
            yield return Convert.ToBase64String(Encoding.UTF8.GetBytes(plain));
        }
    }

    private static string CleanKeys(string text)
    {
        const string Begin = "-----BEGIN";
        const string End = "PRIVATE KEY-----";
        for (var from = 0; (from = text.IndexOf(Begin, from, StringComparison.Ordinal)) >= 0;)
        {
            var label = text.IndexOf(End, from, StringComparison.Ordinal);
            if (label < 0 || label - from > 40)
            {
                from += Begin.Length;
                continue;
            }

            var end = text.IndexOf(End, label + End.Length, StringComparison.Ordinal);
            text = string.Concat(text.AsSpan(0, from), Mask, end < 0 ? "" : text.AsSpan(end + End.Length));
        }

        return text;
    }

    /// <summary><c>password=…</c>, <c>"token": "…"</c>, <c>Authorization: Bearer …</c>: the rest of the value goes.</summary>
    private static string CleanAssignments(string text)
    {
        var clean = new StringBuilder(text.Length);
        var at = 0;
        while (Next(text, at) is var (start, end) && start >= 0)
        {
            clean.Append(text, at, start - at).Append(Mask);
            at = end;
        }

        return clean.Append(text, at, text.Length - at).ToString();
    }

    private static (int Start, int End) Next(string text, int from)
    {
        var found = (Start: -1, End: -1);
        foreach (var word in Telling)
        {
            for (var at = from; (at = text.IndexOf(word, at, StringComparison.OrdinalIgnoreCase)) >= 0 && (found.Start < 0 || at < found.Start); at += word.Length)
            {
                var value = Value(text, at + word.Length);
                if (value.Start >= 0 && (found.Start < 0 || value.Start < found.Start))
                {
                    found = value;
                    break;
                }
            }
        }

        return found;
    }

    /// <summary>The value behind a telling word; none where the word is only mentioned.</summary>
    private static (int Start, int End) Value(string text, int at)
    {
        var start = at;
        while (start < text.Length && text[start] is '"' or '\'' or '_' or '-' || (start < text.Length && char.IsAsciiLetterOrDigit(text[start])))
        {
            start++; // the rest of the name, and its closing quote
        }

        if (start >= text.Length || text[start] is not ('=' or ':'))
        {
            return (-1, -1);
        }

        start++;
        while (start < text.Length && text[start] is ' ' or '"' or '\'')
        {
            start++;
        }

        var end = start;
        while (end < text.Length && text[end] is not ('"' or '\'' or '\n' or '\r' or ',' or '}' or '&'))
        {
            end++;
        }

        return end > start && !text.AsSpan(start).StartsWith(Mask, StringComparison.Ordinal) ? (start, end) : (-1, -1);
    }
}

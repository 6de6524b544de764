using System.Text;
using GitOps.Manifests.Yaml;
using Scriban.Runtime;

namespace GitOps.Reconciler.Rendering.Functions;

/// <summary><c>string.*</c>: ordinal, culture-free, each result bounded before it is made.</summary>
internal static class TextFunctions
{
    public static readonly IReadOnlyList<(string Name, string[] Parameters, int Required, Func<Call, object?> Body)> All =
    [
        ("append", ["text", "with"], 2, call => Joined(call, call.Text(0), call.Text(1))),
        ("prepend", ["text", "by"], 2, call => Joined(call, call.Text(1), call.Text(0))),
        ("upcase", ["text"], 1, call => call.Text(0).ToUpperInvariant()),
        ("downcase", ["text"], 1, call => call.Text(0).ToLowerInvariant()),
        ("capitalize", ["text"], 1, call => call.Text(0) is [var first, .. var rest] ? char.ToUpperInvariant(first) + rest : ""),
        ("strip", ["text"], 1, call => call.Text(0).Trim()),
        ("lstrip", ["text"], 1, call => call.Text(0).TrimStart()),
        ("rstrip", ["text"], 1, call => call.Text(0).TrimEnd()),
        ("size", ["text"], 1, call => (long)call.Text(0).Length),
        ("empty", ["text"], 1, call => call.Text(0).Length == 0),
        ("contains", ["text", "part"], 2, call => call.Text(0).Contains(call.Text(1), StringComparison.Ordinal)),
        ("starts_with", ["text", "start"], 2, call => call.Text(0).StartsWith(call.Text(1), StringComparison.Ordinal)),
        ("ends_with", ["text", "end"], 2, call => call.Text(0).EndsWith(call.Text(1), StringComparison.Ordinal)),
        ("replace", ["text", "what", "by"], 3, Replace),
        ("remove", ["text", "what"], 2, call => call.Text(1) is { Length: > 0 } what
            ? call.Text(0).Replace(what, "", StringComparison.Ordinal)
            : call.Text(0)),
        ("split", ["text", "by"], 2, Split),
        ("slice", ["text", "start", "length"], 2, Slice),
        ("truncate", ["text", "length"], 2, call => call.Text(0) is var text && text.Length > Math.Max(call.Integer(1), 0)
            ? text[..Math.Max(call.Integer(1), 0)]
            : call.Text(0)),
        ("pad_left", ["text", "width"], 2, call => Pad(call, static (text, width) => text.PadLeft(width))),
        ("pad_right", ["text", "width"], 2, call => Pad(call, static (text, width) => text.PadRight(width))),
        ("indent", ["text", "width"], 2, Indent),
        ("quote", ["text"], 1, call => Quoted(call)),
        ("base64_encode", ["text"], 1, Base64),
        ("to_int", ["text"], 1, call => PlainScalar.TryInteger(call.Text(0).Trim(), out var number) && number is >= long.MinValue and <= long.MaxValue
            ? (long)number
            : throw TemplateError.Operand(call.Span, $"'{call.Text(0)}' is no integer")),
        ("to_number", ["text"], 1, call => PlainScalar.TryNumber(call.Text(0).Trim(), out var number)
            ? number
            : throw TemplateError.Operand(call.Span, $"'{call.Text(0)}' is no number")),
    ];

    private static string Joined(Call call, string left, string right)
    {
        call.Charge((long)left.Length + right.Length);
        return left + right;
    }

    private static string Replace(Call call)
    {
        var (text, what, by) = (call.Text(0), call.Text(1), call.Text(2));
        if (what.Length == 0)
        {
            throw TemplateError.Operand(call.Span, "string.replace is asked to replace the empty text");
        }

        var count = 0L;
        for (var at = text.IndexOf(what, StringComparison.Ordinal); at >= 0; at = text.IndexOf(what, at + what.Length, StringComparison.Ordinal))
        {
            count++;
        }

        call.Charge(text.Length + (count * Math.Max(0, by.Length - what.Length)));
        return text.Replace(what, by, StringComparison.Ordinal);
    }

    private static ScriptArray Split(Call call)
    {
        var (text, by) = (call.Text(0), call.Text(1));
        call.Charge(text.Length);
        return by.Length == 0
            ? throw TemplateError.Operand(call.Span, "string.split is asked to split at the empty text")
            : new ScriptArray(text.Split(by, StringSplitOptions.None));
    }

    private static string Slice(Call call)
    {
        var text = call.Text(0);
        var start = call.Integer(1) is var asked && asked < 0 ? Math.Max(0, text.Length + asked) : Math.Min(asked, text.Length);
        var length = call.Has(2) ? Math.Clamp(call.Integer(2), 0, text.Length - start) : text.Length - start;
        return text.Substring(start, length);
    }

    private static string Pad(Call call, Func<string, int, string> pad)
    {
        var width = Math.Max(0, call.Integer(1));
        call.Charge(width);
        return pad(call.Text(0), width);
    }

    private static string Indent(Call call)
    {
        var (text, width) = (call.Text(0), Math.Max(0, call.Integer(1)));
        var lines = text.Split('\n');
        call.Charge(text.Length + ((long)lines.Length * width));
        var blanks = new string(' ', width);
        return string.Join('\n', lines.Select(line => line.Length == 0 ? line : blanks + line));
    }

    /// <summary>As JSON (RFC 8259) writes a string; YAML and most configuration formats read the same.</summary>
    private static string Quoted(Call call)
    {
        var text = call.Text(0);
        call.Charge(2 + (text.Length * 6L));
        return JsonText.Quote(text);
    }

    private static string Base64(Call call)
    {
        var bytes = Encoding.UTF8.GetBytes(call.Text(0));
        call.Charge(((bytes.Length + 2L) / 3) * 4);
        return Convert.ToBase64String(bytes);
    }
}

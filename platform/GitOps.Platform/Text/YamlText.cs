using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace GitOps.Platform.Text;

/// <summary>Writes JSON as YAML 1.2 block style, for <c>--output yaml</c>. It is written only: nothing of ours reads it back.</summary>
public static class YamlText
{
    // What a plain scalar may not begin with or hold without being read as something else (YAML 1.2.2 §7.3.3).
    private static readonly SearchValues<char> Indicators = SearchValues.Create("-?:,[]{}#&*!|>'\"%@`");
    private static readonly SearchValues<char> Unsafe = SearchValues.Create(":#\n\r\t\"\\");

    public static string Of(JsonElement value)
    {
        var text = new StringBuilder();
        Write(text, value, indent: 0, inList: false);
        return text.ToString();
    }

    private static void Write(StringBuilder text, JsonElement value, int indent, bool inList)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object when value.EnumerateObject().Any():
                WriteMembers(text, value, indent, inList);
                break;
            case JsonValueKind.Array when value.GetArrayLength() > 0:
                WriteItems(text, value, indent, inList);
                break;
            default:
                text.Append(Scalar(value)).Append('\n');
                break;
        }
    }

    private static void WriteMembers(StringBuilder text, JsonElement value, int indent, bool inList)
    {
        var first = inList; // the first member stands behind the dash
        foreach (var member in value.EnumerateObject())
        {
            text.Append(' ', first ? 0 : indent).Append(Quote(member.Name)).Append(':');
            first = false;
            WriteBelow(text, member.Value, member.Value.ValueKind == JsonValueKind.Array ? indent : indent + 2);
        }
    }

    private static void WriteItems(StringBuilder text, JsonElement value, int indent, bool inList)
    {
        var first = inList;
        foreach (var item in value.EnumerateArray())
        {
            text.Append(' ', first ? 0 : indent).Append("- ");
            first = false;
            Write(text, item, indent + 2, inList: true);
        }
    }

    private static void WriteBelow(StringBuilder text, JsonElement value, int indent)
    {
        var isBlock = value.ValueKind switch
        {
            JsonValueKind.Object => value.EnumerateObject().Any(),
            JsonValueKind.Array => value.GetArrayLength() > 0,
            _ => false,
        };
        text.Append(isBlock ? '\n' : ' ');
        Write(text, value, indent, inList: false);
    }

    private static string Scalar(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => Quote(value.GetString()!),
        JsonValueKind.Object => "{}",
        JsonValueKind.Array => "[]",
        _ => value.GetRawText(),
    };

    private static string Quote(string text)
    {
        var isPlain = text.Length > 0 && !Indicators.Contains(text[0]) && !text.AsSpan().ContainsAny(Unsafe) &&
            text[0] != ' ' && text[^1] != ' ' && !text.Any(char.IsControl) && !LooksLikeSomethingElse(text);
        return isPlain ? text : $"\"{JsonEncodedText.Encode(text, System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"";
    }

    private static bool LooksLikeSomethingElse(string text) =>
        double.TryParse(text, NumberStyles.Any, CultureInfo.InvariantCulture, out _) || char.IsAsciiDigit(text[0]) || text[0] is '+' or '.' or '~' or '=' ||
        text.ToUpperInvariant() is "TRUE" or "FALSE" or "NULL" or "YES" or "NO" or "ON" or "OFF" or "Y" or "N";
}

using System.Globalization;
using System.Text;

namespace GitOps.Manifests.Yaml;

/// <summary>Writes nodes as YAML 1.2, in blocks, two spaces deep; what is read back is what was written.</summary>
public static class YamlWriter
{
    public static string Write(YamlNode node)
    {
        var text = new StringBuilder();
        Write(text, node, indent: 0, afterDash: false);
        return text.ToString();
    }

    private static void Write(StringBuilder text, YamlNode node, int indent, bool afterDash)
    {
        switch (node)
        {
            case YamlNode.Mapping { Entries.IsEmpty: true }:
                text.Append("{}\n");
                break;
            case YamlNode.Sequence { Items.IsEmpty: true }:
                text.Append("[]\n");
                break;
            case YamlNode.Mapping mapping:
                foreach (var entry in mapping.Entries)
                {
                    text.Append(afterDash ? "" : new string(' ', indent)).Append(Quoted(entry.Key)).Append(':');
                    Value(text, entry.Value, indent + 2);
                    afterDash = false;
                }

                break;
            case YamlNode.Sequence sequence:
                foreach (var item in sequence.Items)
                {
                    text.Append(' ', indent).Append("- ");
                    Write(text, item, indent + 2, afterDash: true);
                }

                break;
            case YamlNode.Scalar scalar:
                text.Append(Of(scalar)).Append('\n');
                break;
        }
    }

    private static void Value(StringBuilder text, YamlNode value, int indent)
    {
        var isBlock = value is YamlNode.Mapping { Entries.IsEmpty: false } or YamlNode.Sequence { Items.IsEmpty: false };
        text.Append(isBlock ? "\n" : " ");
        Write(text, value, indent, afterDash: false);
    }

    private static string Of(YamlNode.Scalar scalar) => scalar.IsPlain ? scalar.Text : Quoted(scalar.Text);

    // A word that could be nothing but text stands as it is; everything else in double quotes (YAML 1.2 §7.3.1).
    private static string Quoted(string text)
    {
        if (text.Length > 0 && char.IsAsciiLetter(text[0]) && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '/') &&
            !PlainScalar.IsNull(text) && !PlainScalar.TryBool(text, out _) && !PlainScalar.IsSurprising(text))
        {
            return text;
        }

        var quoted = new StringBuilder("\"");
        foreach (var c in text)
        {
            quoted.Append(c switch
            {
                '"' => "\\\"",
                '\\' => "\\\\",
                '\n' => "\\n",
                _ when char.IsControl(c) || c is '\u2028' or '\u2029' or '\uFEFF' => "\\u" + ((int)c).ToString("x4", CultureInfo.InvariantCulture),
                _ => c.ToString(),
            });
        }

        return quoted.Append('"').ToString();
    }
}

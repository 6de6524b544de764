using System.Globalization;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.Foreign;

internal enum ScalarMeaning
{
    Null,
    Boolean,
    Integer,
    Float,
    Text,
}

/// <summary>
/// What a scalar means to the YAML and JSON readers of EdgeX and KubeEdge, which follow the core schema of YAML 1.2 except for
/// underscores in numbers and numbers with a leading zero, which are octal.
/// </summary>
internal static class ForeignScalar
{
    public static ScalarMeaning MeaningOf(YamlNode.Scalar scalar, ForeignSyntax syntax)
    {
        var text = scalar.Text;
        if (!scalar.IsPlain)
        {
            return ScalarMeaning.Text;
        }

        if (PlainScalar.IsNull(text))
        {
            return ScalarMeaning.Null;
        }

        if (PlainScalar.TryBool(text, out _) || (syntax == ForeignSyntax.Kubernetes && IsOldBoolean(text)))
        {
            return ScalarMeaning.Boolean;
        }

        return IsInteger(text) ? ScalarMeaning.Integer
            : IsFloat(text) ? ScalarMeaning.Float
            : ScalarMeaning.Text;
    }

    /// <summary>
    /// <c>y</c>, <c>yes</c>, <c>on</c> and their opposites: text, that a field of type boolean takes all the same, quoted or not.
    /// </summary>
    public static bool IsOldBoolean(string text) => text is
        "y" or "Y" or "yes" or "Yes" or "YES" or "on" or "On" or "ON" or
        "n" or "N" or "no" or "No" or "NO" or "off" or "Off" or "OFF";

    /// <summary>The number a plain scalar is, as far as 28 digits can say it.</summary>
    public static decimal? Number(YamlNode? node)
    {
        if (node is not YamlNode.Scalar { IsPlain: true } scalar)
        {
            return null;
        }

        return Number(scalar.Text);
    }

    /// <summary>The number a text says, as far as 28 digits can say it.</summary>
    public static decimal? Number(string written)
    {
        var text = written.Replace("_", "", StringComparison.Ordinal);
        if (TryWhole(text, out var whole))
        {
            return whole;
        }

        return IsFloat(text) && decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;
    }

    private static bool IsInteger(string text) => TryWhole(text.Replace("_", "", StringComparison.Ordinal), out _);

    private static bool TryWhole(string text, out decimal value)
    {
        var sign = text is ['-' or '+', ..] ? text[..1] : "";
        var digits = text.AsSpan(sign.Length);
        var (radix, start) = digits switch
        {
            ['0', 'x' or 'X', _, ..] => (16, 2),
            ['0', 'o' or 'O', _, ..] => (8, 2),
            ['0', 'b' or 'B', _, ..] => (2, 2),
            ['0', _, ..] => (8, 1),
            _ => (10, 0),
        };
        value = 0;
        digits = digits[start..];
        if (digits.Length is 0 or > 64)
        {
            return false;
        }

        foreach (var c in digits)
        {
            var digit = char.IsAsciiHexDigit(c) ? Convert.ToInt32(c.ToString(), 16) : radix;
            if (digit >= radix || value > ulong.MaxValue)
            {
                return false;
            }

            value = (value * radix) + digit;
        }

        value = sign == "-" ? -value : value;
        return value is >= long.MinValue and <= ulong.MaxValue;
    }

    private static bool IsFloat(string text)
    {
        if (text.TrimStart('-', '+') is ".inf" or ".Inf" or ".INF" || text is ".nan" or ".NaN" or ".NAN")
        {
            return true;
        }

        var unsigned = text is ['-' or '+', ..] ? text[1..] : text;
        return unsigned is [(>= '0' and <= '9') or '.', ..] && unsigned is not "." &&
            double.TryParse(unsigned, NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out _);
    }
}

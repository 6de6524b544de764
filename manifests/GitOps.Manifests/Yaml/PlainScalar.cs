using System.Buffers;
using System.Globalization;

namespace GitOps.Manifests.Yaml;

/// <summary>
/// What an unquoted scalar means by the core schema of YAML 1.2 (§10.3.2), and which of them YAML 1.1 reads
/// differently.
/// </summary>
public static class PlainScalar
{
    private static readonly SearchValues<char> NumberCharacters = SearchValues.Create("0123456789+-.eE");
    private static readonly SearchValues<char> SexagesimalCharacters = SearchValues.Create("0123456789:");

    public static bool IsNull(string text) => text is "" or "~" or "null" or "Null" or "NULL";

    public static bool TryBool(string text, out bool value)
    {
        value = text is "true" or "True" or "TRUE";
        return value || text is "false" or "False" or "FALSE";
    }

    /// <summary>Decimal (leading zeros do not matter), <c>0o</c> octal and <c>0x</c> hexadecimal.</summary>
    public static bool TryInteger(string text, out decimal value)
    {
        value = 0;
        if (text.StartsWith("0x", StringComparison.Ordinal))
        {
            var isHex = ulong.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture,
                out var hex);
            value = hex;
            return isHex;
        }

        if (text.StartsWith("0o", StringComparison.Ordinal))
        {
            return TryOctal(text.AsSpan(2), out value);
        }

        var digits = text.AsSpan(text is ['-' or '+', ..] ? 1 : 0);
        return digits.Length is > 0 and <= 28 && !digits.ContainsAnyExceptInRange('0', '9') &&
            decimal.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);
    }

    /// <summary>
    /// Also takes integers. Infinity and NaN are no numbers here: no device and no field can use them.
    /// </summary>
    public static bool TryNumber(string text, out decimal value) =>
        TryInteger(text, out value) ||
        (text.Length is > 0 and <= 64 && text[0] is not (' ' or ',') && HasNumberCharactersOnly(text) &&
         decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value));

    /// <summary>
    /// YAML 1.1 reads the unquoted text as a boolean, an octal number or a sexagesimal one; YAML 1.2 does not.
    /// </summary>
    public static bool IsSurprising(string text) => IsOldBoolean(text) || IsOldOctal(text) || IsSexagesimal(text);

    private static bool IsOldBoolean(string text) =>
        text.Length <= 3 && text.ToLowerInvariant() is "yes" or "no" or "on" or "off";

    private static bool IsOldOctal(string text)
    {
        var digits = text.AsSpan(text is ['-' or '+', ..] ? 1 : 0);
        return digits.Length > 1 && digits[0] == '0' && !digits.ContainsAnyExceptInRange('0', '9');
    }

    private static bool IsSexagesimal(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon < 1 || text.Length > 12 || text.AsSpan().ContainsAnyExcept(SexagesimalCharacters))
        {
            return false;
        }

        foreach (var part in text[(colon + 1)..].Split(':'))
        {
            if (part.Length is < 1 or > 2 || (part.Length == 2 && part[0] > '5'))
            {
                return false;
            }
        }

        return true;
    }

    private static bool TryOctal(ReadOnlySpan<char> digits, out decimal value)
    {
        value = 0;
        if (digits.Length is 0 or > 21 || digits.ContainsAnyExceptInRange('0', '7'))
        {
            return false;
        }

        foreach (var digit in digits)
        {
            value = (value * 8) + (digit - '0');
        }

        return true;
    }

    private static bool HasNumberCharactersOnly(string text) => !text.AsSpan().ContainsAnyExcept(NumberCharacters);
}

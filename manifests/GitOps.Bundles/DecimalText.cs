using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace GitOps.Bundles;

/// <summary>
/// The one way a number that is not an integer is written: digits, a point, digits; no exponent, no trailing zeros, no
/// <c>-0</c>. Values are <see cref="decimal"/>: 28 digits, so a reading survives the way to the cloud and back unchanged.
/// </summary>
public static class DecimalText
{
    public static string Format(decimal value)
    {
        var text = value.ToString(CultureInfo.InvariantCulture);
        if (text.Contains('.', StringComparison.Ordinal))
        {
            text = text.TrimEnd('0').TrimEnd('.');
        }

        return text is "-0" ? "0" : text;
    }

    /// <summary>Accepts the canonical form only.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out decimal value) =>
        decimal.TryParse(
            text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out value) &&
        Format(value) == text;
}

using System.Buffers;
using System.Globalization;
using System.Text.RegularExpressions;

namespace GitOps.Manifests.EdgeX;

/// <summary>Durations as Go writes them: <c>100ms</c>, <c>1h30m</c>, <c>1.5h</c>; EdgeX 4 adds days at some places.</summary>
internal static partial class GoDuration
{
    private const decimal MaxNanoseconds = long.MaxValue;

    private static readonly SearchValues<char> NumberCharacters = SearchValues.Create("0123456789.");

    /// <summary>The duration in nanoseconds, or null.</summary>
    public static decimal? Parse(string text)
    {
        var rest = text.AsSpan(text is ['-' or '+', ..] ? 1 : 0);
        if (rest is "0")
        {
            return 0;
        }

        decimal total = 0;
        var isAny = false;
        while (rest.Length > 0)
        {
            var digits = rest.IndexOfAnyExcept(NumberCharacters);
            if (digits <= 0 || digits > 24 || !TryNumber(rest[..digits], out var number))
            {
                return null;
            }

            rest = rest[digits..];
            var end = rest.IndexOfAny(NumberCharacters);
            var unit = UnitOf(end < 0 ? rest : rest[..end]);
            if (unit is null || number > MaxNanoseconds || (total += number * unit.Value) > MaxNanoseconds)
            {
                return null;
            }

            isAny = true;
            rest = end < 0 ? [] : rest[end..];
        }

        return !isAny ? null : text[0] == '-' ? -total : total;
    }

    /// <summary>As the contracts of EdgeX 4 do: <c>2.5d</c> anywhere in it counts as days.</summary>
    public static decimal? ParseWithDays(string text)
    {
        decimal days = 0;
        foreach (Match match in Days().Matches(text))
        {
            if (match.Groups[1].Length > 24 || !TryNumber(match.Groups[1].ValueSpan, out var number) || number > 106_751)
            {
                return null;
            }

            days += number;
        }

        var rest = Days().Replace(text, "").Trim();
        var nanoseconds = rest.Length > 0 ? Parse(rest) : text.Length > 0 ? 0 : null;
        return nanoseconds + (days * 86_400_000_000_000m);
    }

    [GeneratedRegex(@"([0-9.]+)d", RegexOptions.NonBacktracking)]
    private static partial Regex Days();

    private static bool TryNumber(ReadOnlySpan<char> digits, out decimal number) =>
        decimal.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out number);

    private static decimal? UnitOf(ReadOnlySpan<char> unit) => unit switch
    {
        "ns" => 1,
        "us" or "µs" or "μs" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => null,
    };
}

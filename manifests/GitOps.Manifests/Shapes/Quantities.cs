using System.Globalization;

namespace GitOps.Manifests.Shapes;

/// <summary>
/// How durations and sizes are written: <c>90s</c>, <c>1h30m</c>, <c>2d</c>; <c>10Mi</c>, <c>1Gi</c>, <c>500M</c>.
/// </summary>
public static class Quantities
{
    private static readonly (string Unit, long Milliseconds)[] DurationUnits =
        [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

    private static readonly (string Unit, long Bytes)[] SizeUnits =
    [
        ("Ti", 1L << 40), ("Gi", 1L << 30), ("Mi", 1L << 20), ("Ki", 1L << 10),
        ("T", 1_000_000_000_000), ("G", 1_000_000_000), ("M", 1_000_000), ("k", 1_000), ("K", 1_000), ("", 1),
    ];

    /// <summary>Whole numbers with units, largest first, each unit once. At most 3,650 days.</summary>
    public static bool TryParseDuration(string text, out TimeSpan duration)
    {
        duration = default;
        var total = 0L;
        var rest = text.AsSpan();
        var nextUnit = 0;
        if (rest.IsEmpty)
        {
            return false;
        }

        while (!rest.IsEmpty)
        {
            var digits = LeadingDigits(rest);
            if (digits is 0 or > 12)
            {
                return false;
            }

            var letters = digits;
            while (letters < rest.Length && char.IsAsciiLetter(rest[letters]))
            {
                letters++;
            }

            var unit = rest[digits..letters].ToString();
            var index = Array.FindIndex(DurationUnits, nextUnit, known => known.Unit == unit);
            if (index < 0)
            {
                return false;
            }

            var milliseconds = long.Parse(rest[..digits], NumberStyles.None, CultureInfo.InvariantCulture) *
                (decimal)DurationUnits[index].Milliseconds;
            if (milliseconds + total > 3650L * 86_400_000)
            {
                return false;
            }

            total += (long)milliseconds;
            nextUnit = index + 1;
            rest = rest[letters..];
        }

        duration = TimeSpan.FromMilliseconds(total);
        return true;
    }

    /// <summary>
    /// A whole number of bytes, with a binary (<c>Ki</c> …) or decimal (<c>k</c> …) unit; at most 2^63 − 1.
    /// </summary>
    public static bool TryParseSize(string text, out long bytes)
    {
        bytes = 0;
        var digits = LeadingDigits(text);
        if (digits is 0 or > 19)
        {
            return false;
        }

        var index = Array.FindIndex(SizeUnits, known => text.AsSpan(digits).SequenceEqual(known.Unit));
        if (index < 0)
        {
            return false;
        }

        var size = decimal.Parse(text.AsSpan(0, digits), NumberStyles.None, CultureInfo.InvariantCulture) *
            SizeUnits[index].Bytes;
        if (size > long.MaxValue)
        {
            return false;
        }

        bytes = (long)size;
        return true;
    }

    public static string FormatDuration(TimeSpan duration)
    {
        var rest = (long)duration.TotalMilliseconds;
        var text = "";
        foreach (var (unit, milliseconds) in DurationUnits)
        {
            if (rest >= milliseconds)
            {
                text += string.Create(CultureInfo.InvariantCulture, $"{rest / milliseconds}{unit}");
                rest %= milliseconds;
            }
        }

        return text.Length == 0 ? "0s" : text;
    }

    public static string FormatSize(long bytes)
    {
        foreach (var (unit, size) in SizeUnits.Take(4))
        {
            if (bytes >= size && bytes % size == 0)
            {
                return string.Create(CultureInfo.InvariantCulture, $"{bytes / size}{unit}");
            }
        }

        return bytes.ToString(CultureInfo.InvariantCulture);
    }

    private static int LeadingDigits(ReadOnlySpan<char> text)
    {
        var end = text.IndexOfAnyExceptInRange('0', '9');
        return end < 0 ? text.Length : end;
    }
}

using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json.Serialization;
using GitOps.Bundles.Json;

namespace GitOps.Bundles.Units;

/// <summary>
/// A part of every day, by the clock on the wall, written <c>22:00-05:00</c>; one that ends at or before its beginning goes on
/// past midnight.
/// </summary>
[JsonConverter(typeof(DailyWindowConverter))]
public readonly record struct DailyWindow(TimeOnly From, TimeOnly To) : IParsable<DailyWindow>
{
    /// <summary>How much of it is left; null outside of it.</summary>
    public TimeSpan? Left(TimeOnly now) => From == To ? TimeSpan.FromDays(1)
        : now.IsBetween(From, To) ? To - now // of times of day: what is past midnight counts on
        : null;

    /// <summary>Reads <c>22:00-05:00, 12:00-13:00</c>; null when it is not written so.</summary>
    public static EquatableArray<DailyWindow>? TryParseList(string text)
    {
        List<DailyWindow> windows = [];
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (!TryParse(part, CultureInfo.InvariantCulture, out var window))
            {
                return null;
            }

            windows.Add(window);
        }

        return windows.ToEquatableArray();
    }

    public static DailyWindow Parse(string s, IFormatProvider? provider) =>
        TryParse(s, provider, out var window) ? window : throw new FormatException($"'{s}' is not a window such as 22:00-05:00");

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out DailyWindow result)
    {
        if (s?.Split('-', StringSplitOptions.TrimEntries) is [var from, var to] && TryTime(from) is { } begin && TryTime(to) is { } end)
        {
            result = new DailyWindow(begin, end);
            return true;
        }

        result = default;
        return false;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{From:HH:mm}-{To:HH:mm}");

    private static TimeOnly? TryTime(string text) =>
        TimeOnly.TryParseExact(text, "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out var time) ? time : null;
}

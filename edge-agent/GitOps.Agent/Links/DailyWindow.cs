using System.Globalization;
using GitOps.Bundles;

namespace GitOps.Agent.Links;

/// <summary>A part of every day, by the clock on the wall; one that ends at or before its beginning goes on past midnight.</summary>
public readonly record struct DailyWindow(TimeOnly From, TimeOnly To)
{
    /// <summary>How much of it is left; null outside of it.</summary>
    public TimeSpan? Left(TimeOnly now) => From == To ? TimeSpan.FromDays(1)
        : now.IsBetween(From, To) ? To - now // of times of day: what is past midnight counts on
        : null;

    /// <summary>Reads <c>22:00-05:00, 12:00-13:00</c>; null when it is not written so.</summary>
    public static EquatableArray<DailyWindow>? TryParse(string text)
    {
        List<DailyWindow> windows = [];
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (part.Split('-', StringSplitOptions.TrimEntries) is not [var from, var to] || TryTime(from) is not { } begin || TryTime(to) is not { } end)
            {
                return null;
            }

            windows.Add(new DailyWindow(begin, end));
        }

        return windows.ToEquatableArray();
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{From:HH:mm}-{To:HH:mm}");

    private static TimeOnly? TryTime(string text) =>
        TimeOnly.TryParseExact(text, "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out var time) ? time : null;
}

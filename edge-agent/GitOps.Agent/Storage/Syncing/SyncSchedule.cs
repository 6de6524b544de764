using System.Globalization;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Storage.Syncing;

/// <summary>Whether a sync runs now.</summary>
public abstract record SyncTurn
{
    private SyncTurn() { } // closed: every case is in this file

    /// <param name="For">How long the run may take.</param>
    public sealed record Run(TimeSpan For) : SyncTurn
    {
        /// <summary>A person wants it.</summary>
        public bool IsAsked { get; init; }
    }

    /// <param name="For">Until it is worth asking again.</param>
    public sealed record Wait(TimeSpan For, string Why) : SyncTurn;
}

/// <summary>Says when a sync runs: by its interval, its windows, and its failures. Pure.</summary>
public static class SyncSchedule
{
    /// <summary>The wall clock may be set meanwhile: nothing is slept through for longer.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    /// <summary>Short: most often it is a line that is back a moment later.</summary>
    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan LastRetry = TimeSpan.FromHours(1);

    /// <param name="failures">In a row.</param>
    /// <param name="sinceTry">Since the last run began; null when none did that is known of.</param>
    /// <param name="sinceEnd">Since it ended.</param>
    /// <param name="now">On the wall, in the zone of the windows; trusted or not.</param>
    public static SyncTurn Next(SyncSpec spec, int failures, TimeSpan? sinceTry, TimeSpan sinceEnd, DateTime now)
    {
        var every = TimeSpan.FromMilliseconds(spec.EveryMs);
        if (sinceTry is { } since)
        {
            var left = failures == 0 ? every - since : RetryAfter(failures, every) - sinceEnd;
            if (left > TimeSpan.Zero)
            {
                return new SyncTurn.Wait(Min(left, Longest), failures == 0 ? "for its time" : "for the next try");
            }
        }

        var limit = TimeSpan.FromMilliseconds(spec.TimeLimitMs);
        if (spec.Windows.IsEmpty)
        {
            return new SyncTurn.Run(limit);
        }

        return Left(spec, now) is { } open
            ? new SyncTurn.Run(Min(limit, open))
            : new SyncTurn.Wait(Min(spec.Windows.Min(w => Until(w, now)), Longest), WhyClosed(spec, now)!);
    }

    /// <summary>Why nothing may be under way at this time; null when it may.</summary>
    public static string? WhyClosed(SyncSpec spec, DateTime now) => spec.Windows.IsEmpty || Left(spec, now) is not null ? null
        : string.Create(CultureInfo.InvariantCulture, $"for its window {string.Join(", ", spec.Windows)}, and it is {now:HH:mm}{(spec.TimeZone is { } zone ? $" in {zone}" : "")}");

    private static TimeSpan? Left(SyncSpec spec, DateTime now) => spec.Windows.Select(w => w.Left(TimeOnly.FromDateTime(now))).Max();

    /// <summary>The pause after so many failures in a row; never longer than the interval, where that is longer than the first pause.</summary>
    public static TimeSpan RetryAfter(int failures, TimeSpan every)
    {
        var doubled = FirstRetry * Math.Pow(2, Math.Clamp(failures - 1, 0, 20));
        return Min(Min(doubled, LastRetry), every > FirstRetry ? every : FirstRetry);
    }

    private static TimeSpan Until(DailyWindow window, DateTime now) => window.From - TimeOnly.FromDateTime(now); // counts past midnight

    private static TimeSpan Min(TimeSpan one, TimeSpan two) => one < two ? one : two;
}

using GitOps.Bundles.Reports;

namespace GitOps.Agent.TimeSync;

/// <summary>The clock as the report says it.</summary>
public static class ClockReporting
{
    /// <param name="isWithin">The error is below what the bundle allows: a clock measured as an hour off is not synchronised.</param>
    /// <param name="worstNs">The largest bound on the error of the last day, in nanoseconds; null when none is known.</param>
    public static ClockReport Report(bool isManaged, ClockMeasure? measure, bool isWithin, long? worstNs = null) => new()
    {
        Managed = isManaged,
        Synchronised = isWithin,
        Offset = measure is null ? null : Math.Round(measure.Ahead, 9),
        ErrorBoundMs = measure is null ? null : Math.Round(measure.ErrorBound * 1_000, 6),
        WorstErrorBoundMs = worstNs / 1_000_000m,
        Stratum = measure?.Stratum,
        Source = measure?.Source,
        Isolated = measure is { IsIsolated: true } ? true : null,
    };

    /// <summary>
    /// Whether there is something to tell: who is followed, or an offset that moved by a millisecond. A clock that is measured
    /// is a little different each time, and its error bound grows by itself.
    /// </summary>
    public static bool Differs(ClockReport? now, ClockReport? told) =>
        (now is null) != (told is null) ||
        (now is not null && told is not null && (WithoutDigits(now) != WithoutDigits(told) ||
            Moved(now.Offset, told.Offset, 0.001m) || Doubled(now.ErrorBoundMs, told.ErrorBoundMs)));

    private static ClockReport WithoutDigits(ClockReport clock) => clock with { Offset = null, ErrorBoundMs = null, WorstErrorBoundMs = null };

    private static bool Moved(decimal? now, decimal? told, decimal by) =>
        now is { } a && told is { } b ? Math.Abs(a - b) >= by : now is null != told is null;

    private static bool Doubled(decimal? now, decimal? told) =>
        now is { } a && told is { } b ? a > 2 * b || b > 2 * a : now is null != told is null;
}

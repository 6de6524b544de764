using GitOps.Bundles.Reports;

namespace GitOps.Agent.TimeSync;

/// <summary>The clock as the report says it.</summary>
public static class ClockReporting
{
    /// <param name="isWithin">The error is below what the bundle allows: a clock measured as an hour off is not synchronised.</param>
    public static ClockReport Report(bool isManaged, ClockMeasure? measure, bool isWithin) => new()
    {
        Managed = isManaged,
        Synchronised = isWithin,
        Offset = measure is null ? null : Math.Round(measure.Ahead, 9),
        ErrorBoundMs = measure is null ? null : Math.Round(measure.ErrorBound * 1_000, 6),
        Stratum = measure?.Stratum,
        Source = measure?.Source,
    };
}

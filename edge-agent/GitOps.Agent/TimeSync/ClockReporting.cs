using GitOps.Bundles.Reports;

namespace GitOps.Agent.TimeSync;

/// <summary>The clock as the report says it.</summary>
public static class ClockReporting
{
    public static ClockReport Report(bool isManaged, ClockMeasure? measure) => new()
    {
        Managed = isManaged,
        Synchronised = measure is not null,
        Offset = measure is null ? null : Math.Round(measure.Ahead, 9),
        ErrorBoundMs = measure is null ? null : Math.Round(measure.ErrorBound * 1_000, 6),
        Stratum = measure?.Stratum,
        Source = measure?.Source,
    };
}

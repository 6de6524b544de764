using GitOps.Agent.TimeSync;

namespace GitOps.Agent.Host.Chrony;

/// <summary>Measures the clock: by asking chronyd, or servers directly.</summary>
internal interface IClockSource : IAsyncDisposable
{
    /// <summary>The newest measure, and why there is none.</summary>
    Task<(ClockMeasure? Measure, string? Trouble)> MeasureAsync(CancellationToken cancellationToken);
}

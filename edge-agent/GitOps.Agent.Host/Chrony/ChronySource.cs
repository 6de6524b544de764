using GitOps.Agent.TimeSync;

namespace GitOps.Agent.Host.Chrony;

/// <summary>chronyd knows; it is asked.</summary>
internal sealed class ChronySource(Chronyc chronyc) : IClockSource
{
    public async Task<(ClockMeasure? Measure, string? Trouble)> MeasureAsync(CancellationToken cancellationToken)
    {
        var text = await chronyc.AskAsync(["tracking"], cancellationToken);
        return text is null ? (null, "chronyd does not answer")
            : ChronyTracking.TryParse(text) is not { } tracking ? (null, "chronyd answers what this agent does not read")
            : (tracking.ToMeasure(), tracking.IsSynchronised ? null : "chronyd has selected no source yet");
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

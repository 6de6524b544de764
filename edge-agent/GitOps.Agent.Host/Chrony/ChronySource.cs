using GitOps.Agent.TimeSync;

namespace GitOps.Agent.Host.Chrony;

/// <summary>
/// chronyd knows; it is asked. The clock of an isolated site counts only once it has been all there is for a while: right after
/// a start it is so everywhere, and nothing may begin to rely on it.
/// </summary>
/// <param name="mayBeOrphan">The node may go by its own clock while no server answers.</param>
/// <param name="isolatedAfter">How long there must have been no real clock.</param>
internal sealed class ChronySource(Chronyc chronyc, bool mayBeOrphan, TimeSpan isolatedAfter, TimeProvider time) : IClockSource
{
    private long? _alone;

    public async Task<(ClockMeasure? Measure, string? Trouble)> MeasureAsync(CancellationToken cancellationToken)
    {
        var text = await chronyc.AskAsync(["tracking"], cancellationToken);
        if (text is null || ChronyTracking.TryParse(text) is not { } tracking)
        {
            return (null, text is null ? "chronyd does not answer" : "chronyd answers what this agent does not read");
        }

        var measure = tracking.ToMeasure(mayBeOrphan);
        if (measure is not { IsIsolated: true })
        {
            _alone = null;
            return (measure, tracking.IsSynchronised ? null : "chronyd has selected no source yet");
        }

        _alone ??= time.GetTimestamp();
        return time.GetElapsedTime(_alone.Value) >= isolatedAfter ? (measure, null)
            : (null, "no server of a real clock answers; the site goes by its own soon");
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

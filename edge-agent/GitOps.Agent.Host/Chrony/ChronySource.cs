using GitOps.Agent.TimeSync;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Host.Chrony;

/// <summary>
/// chronyd knows; it is asked. The clock of an isolated site counts only once it has been all there is for a while: right after
/// a start it is so everywhere, and nothing may begin to rely on it.
/// </summary>
/// <param name="isolatedAfter">How long there must have been no real clock.</param>
/// <param name="ptp">Null where PTP is not used.</param>
internal sealed class ChronySource(Chronyc chronyc, ClockSpec spec, PtpDaemon? ptp, TimeSpan isolatedAfter, TimeProvider time) : IClockSource
{
    private long? _alone;
    private bool? _toldReal;

    public async Task<(ClockMeasure? Measure, string? Trouble)> MeasureAsync(CancellationToken cancellationToken)
    {
        var text = await chronyc.AskAsync(["tracking"], cancellationToken);
        if (text is null || ChronyTracking.TryParse(text) is not { } tracking)
        {
            return (null, text is null ? "chronyd does not answer" : "chronyd answers what this agent does not read");
        }

        var measure = await WithPtpAsync(tracking.ToMeasure(spec.Isolation == ClockIsolation.Orphan), cancellationToken);
        if (measure is not { IsIsolated: true })
        {
            _alone = null;
            var ended = ptp?.Trouble is { Length: > 0 } why ? $"; ptp4l ended: {why}" : "";
            return (measure, tracking.IsSynchronised ? null : $"chronyd has selected no source yet{ended}");
        }

        _alone ??= time.GetTimestamp();
        return time.GetElapsedTime(_alone.Value) >= isolatedAfter ? (measure, null)
            : (null, "no server of a real clock answers; the site goes by its own soon");
    }

    /// <summary>A grandmaster says whether its clock is a real one; as one, the node says so.</summary>
    private async Task<ClockMeasure?> WithPtpAsync(ClockMeasure? measure, CancellationToken cancellationToken)
    {
        if (ptp is null || spec.Ptp is not { } link)
        {
            return measure;
        }

        if (link.Serve)
        {
            var isReal = measure is { IsIsolated: false };
            if (_toldReal != isReal && await ptp.TellAsync(link.Domain, isReal, cancellationToken))
            {
                _toldReal = isReal;
            }
        }
        else if (measure?.Source == PtpConfig.ReferenceId)
        {
            var master = await ptp.AskAsync(link.Domain, cancellationToken);
            return measure with { Source = $"PTP {master?.Identity ?? link.Interface}", IsAgreedOnly = master is not { IsReal: true } };
        }

        return measure;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

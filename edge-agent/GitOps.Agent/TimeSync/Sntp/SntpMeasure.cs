namespace GitOps.Agent.TimeSync.Sntp;

/// <summary>The last sample of one server; the time is monotonic.</summary>
public sealed record ServerSample(string Server, SntpAnswer.Sample Sample, TimeSpan At);

/// <summary>Puts the samples of several servers together.</summary>
public static class SntpMeasure
{
    /// <summary>How fast a clock may drift while nobody looks: RFC 5905 §7.2, PHI.</summary>
    private const decimal DriftPerSecond = 15e-6m;

    /// <summary>Older samples say nothing.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromMinutes(30);

    /// <summary>The server in the middle by offset: of three, one that lies is outvoted. Null when no server was heard.</summary>
    public static ClockMeasure? Median(IEnumerable<ServerSample> samples, TimeSpan now)
    {
        var fresh = samples.Where(s => now - s.At <= MaxAge).OrderBy(s => s.Sample.Ahead).ThenBy(s => s.Server, StringComparer.Ordinal).ToList();
        if (fresh.Count == 0)
        {
            return null;
        }

        var (server, sample, at) = fresh[(fresh.Count - 1) / 2];
        var age = (decimal)(now - at).Ticks / TimeSpan.TicksPerSecond;
        var bound = Math.Abs(sample.Ahead) + ((sample.Delay + sample.RootDelay) / 2) + sample.RootDispersion + (age * DriftPerSecond);
        return new ClockMeasure(sample.Ahead, bound, sample.Stratum, server);
    }
}

namespace GitOps.Platform.Timing;

/// <summary>Spreads periodic work of many nodes over time.</summary>
public static class Jitter
{
    /// <summary>A period within ± <paramref name="fraction"/> of the given one, evenly spread.</summary>
    public static TimeSpan Around(TimeSpan period, double fraction, Random random) =>
        period * (1 + (fraction * ((2 * random.NextDouble()) - 1)));

    /// <summary>A start within the first period.</summary>
    public static TimeSpan FirstOf(TimeSpan period, Random random) => period * random.NextDouble();
}

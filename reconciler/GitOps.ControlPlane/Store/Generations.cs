namespace GitOps.ControlPlane.Store;

/// <summary>Chooses the next generation: above everything anybody has seen, so that no node refuses it as old.</summary>
internal static class Generations
{
    /// <param name="database">The highest one recorded.</param>
    /// <param name="store">The highest one opened.</param>
    /// <param name="reported">The highest one a node says it has seen.</param>
    /// <param name="clock">
    /// The time, where the host's clock is synchronised: a lower bound that holds when database and store are lost together
    /// and no node has reported yet. Null otherwise; a clock that runs ahead would use numbers up for ever.
    /// </param>
    public static long Next(long database, long store, long reported, DateTimeOffset? clock) =>
        Math.Max(1 + Math.Max(database, Math.Max(store, reported)), clock?.ToUnixTimeMilliseconds() ?? 0);
}

namespace GitOps.ControlPlane.Store;

/// <summary>Chooses the next generation: above everything anybody has seen, so that no node refuses it as old.</summary>
internal static class Generations
{
    /// <summary>
    /// A clock further ahead of the highest generation says nothing: either the fleet was idle, and 1 more is enough, or the
    /// clock jumped, and numbers used up by it would be gone for ever.
    /// </summary>
    public static readonly TimeSpan LargestLead = TimeSpan.FromDays(1);

    /// <param name="database">The highest one recorded.</param>
    /// <param name="store">The highest one opened.</param>
    /// <param name="reported">The highest one a node says it has seen.</param>
    /// <param name="clock">
    /// The time, where the host's clock is synchronised; null otherwise. In Unix milliseconds it is a lower bound where a
    /// backup of less than a day came back, and where nothing is known at all: then there is no other.
    /// </param>
    public static long Next(long database, long store, long reported, DateTimeOffset? clock)
    {
        var known = Math.Max(database, Math.Max(store, reported));
        var bound = clock?.ToUnixTimeMilliseconds() ?? 0;
        return known == 0 || bound - known < (long)LargestLead.TotalMilliseconds ? Math.Max(known + 1, bound) : known + 1;
    }
}

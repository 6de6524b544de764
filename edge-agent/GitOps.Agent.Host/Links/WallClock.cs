namespace GitOps.Agent.Host.Links;

/// <summary>The clock on the wall of a site.</summary>
internal static class WallClock
{
    /// <param name="zone">
    /// IANA name; null: the zone the machine is set to. One that this machine has no table of is taken for its own: a window at
    /// a wrong hour is better than none.
    /// </param>
    public static DateTime Now(TimeProvider time, string? zone) => zone is not null && TimeZoneInfo.TryFindSystemTimeZoneById(zone, out var found)
        ? TimeZoneInfo.ConvertTime(time.GetUtcNow(), found).DateTime
        : time.GetLocalNow().DateTime;
}

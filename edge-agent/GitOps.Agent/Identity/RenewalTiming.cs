namespace GitOps.Agent.Identity;

/// <summary>When a node asks for its next certificate, and how it stands until then.</summary>
/// <param name="From">Good from.</param>
/// <param name="Until">Good until.</param>
/// <param name="Spread">0 to 1, drawn once for each certificate: a fleet that enrolled in one hour does not come back as one.</param>
public sealed record RenewalTiming(DateTimeOffset From, DateTimeOffset Until, double Spread)
{
    /// <summary>The longest wait before looking again: clocks are set, and machines sleep.</summary>
    private static readonly TimeSpan LongestLook = TimeSpan.FromHours(1);

    /// <summary>Two thirds of its life, or up to a tenth of it later.</summary>
    public DateTimeOffset Due => From + (Life * ((2d / 3) + (0.1 * Spread)));

    /// <summary>After a renewal, whatever the clock says: one that is weeks ahead must not renew without end.</summary>
    public TimeSpan LeastRest => Life / 3;

    private TimeSpan Life => Until - From;

    public bool IsDue(DateTimeOffset now) => now >= Due;

    /// <summary>It is refused everywhere but where the next one is asked for.</summary>
    public bool HasEnded(DateTimeOffset now) => now >= Until;

    /// <summary>How long nothing is to be done.</summary>
    public TimeSpan WaitAt(DateTimeOffset now)
    {
        var (left, look) = (Due - now, Life / 20);
        var longest = look < LongestLook ? look : LongestLook;
        return left <= TimeSpan.Zero ? TimeSpan.Zero : left < longest ? left : longest;
    }
}

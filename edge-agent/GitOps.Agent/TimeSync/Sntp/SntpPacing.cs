namespace GitOps.Agent.TimeSync.Sntp;

/// <summary>
/// When one server is asked again. A few requests at the start, then never more often than every 64 s (RFC 4330 §10 asks
/// for at least 15 s); a server that says RATE is asked half as often each time, one that denies us never again.
/// </summary>
public sealed record SntpPacing
{
    public static readonly TimeSpan Least = TimeSpan.FromSeconds(64);
    public static readonly TimeSpan Most = TimeSpan.FromSeconds(1_024);
    private const int Burst = 4;
    private static readonly TimeSpan InBurst = TimeSpan.FromSeconds(2);

    public int Asked { get; init; }

    public TimeSpan Interval { get; init; } = Least;

    /// <summary>DENY and RSTR: RFC 5905 §7.4 wants no more packets.</summary>
    public bool IsDenied { get; init; }

    /// <summary>The pause until the next request.</summary>
    /// <param name="jitter">0 to 1.</param>
    public TimeSpan Pause(double jitter) => Asked < Burst && Interval == Least ? InBurst : Interval * (1 + (jitter / 4));

    public SntpPacing After(SntpAnswer? answer) => answer switch
    {
        SntpAnswer.Kiss("DENY" or "RSTR") => this with { Asked = Asked + 1, IsDenied = true },
        SntpAnswer.Kiss => this with { Asked = Asked + 1, Interval = Interval * 2 < Most ? Interval * 2 : Most },
        _ => this with { Asked = Asked + 1 },
    };
}

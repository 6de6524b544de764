namespace GitOps.Bundles.Units;

/// <summary>
/// Tells whether a unit is well. Exactly one of <see cref="Http"/>, <see cref="Tcp"/>, <see cref="Exec"/>, <see cref="Log"/>,
/// <see cref="Clock"/> and <see cref="Device"/> is set.
/// </summary>
public sealed record Probe(string Name)
{
    public HttpProbe? Http { get; init; }

    public TcpProbe? Tcp { get; init; }

    public ExecProbe? Exec { get; init; }

    public LogProbe? Log { get; init; }

    public ClockProbe? Clock { get; init; }

    public DeviceProbe? Device { get; init; }

    public int PeriodMs { get; init; } = 2_000;

    public int TimeoutMs { get; init; } = 1_000;

    /// <summary>So many failures in a row make the unit unhealthy.</summary>
    public int FailureThreshold { get; init; } = 3;
}

public sealed record HttpProbe(string Url)
{
    public int Status { get; init; } = 200;
}

public sealed record TcpProbe(string Host, int Port);

public sealed record ExecProbe(EquatableArray<string> Command);

/// <summary>
/// Healthy once what the run wrote has this text in one line; a later run begins anew. Of a group of containers, the newest run
/// of any of them.
/// </summary>
public sealed record LogProbe(string Contains);

/// <summary>Healthy while the error of the node's clock is known and at most this.</summary>
public sealed record ClockProbe(int MaxErrorMs);

/// <summary>
/// Healthy while a property of a device of this node is read well and is as told: <see cref="EqualTo"/>, or within
/// <see cref="Minimum"/> and <see cref="Maximum"/>.
/// </summary>
public sealed record DeviceProbe(string Device, string Property)
{
    /// <summary>The value as reports write it.</summary>
    public string? EqualTo { get; init; }

    public decimal? Minimum { get; init; }

    public decimal? Maximum { get; init; }
}

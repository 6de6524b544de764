namespace GitOps.Bundles.Units;

/// <summary>Tells whether a unit is well. Exactly one of <see cref="Http"/>, <see cref="Tcp"/> and <see cref="Exec"/> is set.</summary>
public sealed record Probe(string Name)
{
    public HttpProbe? Http { get; init; }

    public TcpProbe? Tcp { get; init; }

    public ExecProbe? Exec { get; init; }

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

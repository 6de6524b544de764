namespace GitOps.Bundles.Units;

/// <summary>Upper bounds of a process or a container; absent: none.</summary>
public sealed record ResourceLimits
{
    /// <summary>Thousandths of a processor.</summary>
    public int? CpuMillis { get; init; }

    public long? MemoryBytes { get; init; }

    public int? Pids { get; init; }
}

namespace GitOps.Bundles.Reports;

/// <summary>Tells a node to look: a hint is never truth.</summary>
public sealed record Hint(long Generation)
{
    public int Format { get; init; } = 1;
}

/// <summary>Every report of the boot up to the sequence is in the database; the node may forget them.</summary>
public sealed record Ack(string BootId, long Sequence)
{
    public int Format { get; init; } = 1;
}

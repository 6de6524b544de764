namespace GitOps.ControlPlane.Api;

/// <summary>
/// What a node told of a property at one moment: a value, or that there is no good one from here on (<see cref="Quality"/>), or
/// that values of the device were dropped up to here (<see cref="Lost"/>).
/// </summary>
/// <param name="At">By the clock of the node.</param>
public sealed record ValueDocument(DateTimeOffset At, string Node)
{
    /// <summary>Of an interval the last.</summary>
    public string? Value { get; init; }

    public string? Min { get; init; }

    public string? Max { get; init; }

    public string? Mean { get; init; }

    /// <summary>How many readings it stands for; absent: one.</summary>
    public long? Count { get; init; }

    public long? IntervalMs { get; init; }

    /// <summary><c>stale</c> or <c>bad</c>.</summary>
    public string? Quality { get; init; }

    public long? Lost { get; init; }
}

/// <summary>What <c>GET /api/v1/devices/{device}/values</c> answers, oldest first.</summary>
public sealed record ValuePage(string Device, string Property, IReadOnlyList<ValueDocument> Values)
{
    public int Format { get; init; } = 1;

    /// <summary>There are older ones: ask again with <c>to</c> = this. Absent when there are not.</summary>
    public DateTimeOffset? Next { get; init; }
}

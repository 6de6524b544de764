using GitOps.Bundles.Units;

namespace GitOps.Agent.Host.Logs;

/// <summary>What somebody wants to see of a log.</summary>
/// <param name="Lines">The last so many of what there is.</param>
/// <param name="Follow">Then whatever comes, until cancelled.</param>
internal sealed record LogQuery(int Lines, bool Follow)
{
    public const int MostLines = 100_000;

    /// <summary>Which of a unit's logs, where it has several; null: all of them.</summary>
    public string? Part { get; init; }
}

/// <summary>A driver whose units print something. Found by the composition: a driver that implements this is asked.</summary>
internal interface IUnitLogs
{
    /// <summary>Whether the unit prints, and here.</summary>
    bool Has(Unit unit);

    /// <summary>Bytes as the unit printed them, whole lines first. Ends when everything was said, or on cancellation by throwing.</summary>
    IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(Unit unit, LogQuery query, CancellationToken cancellationToken);
}

using GitOps.Bundles;

namespace GitOps.Agent.History;

/// <summary>What happened to a generation on this node.</summary>
public enum HistoryKind
{
    /// <summary>Every unit of it was ready.</summary>
    Committed,

    /// <summary>Refused or unhealthy: its bundle is not tried again by itself.</summary>
    GivenUp,

    /// <summary>A signed tombstone took the node out of its fleet.</summary>
    Left,

    /// <summary>A person asked that what was given up be tried again.</summary>
    Retried,
}

/// <summary>One turn in the life of a node, for people: nothing is decided by it.</summary>
/// <param name="At">By the node's clock at that moment.</param>
/// <param name="ClockTrusted">Whether that clock was known to be right.</param>
/// <param name="Because">In words: the unit that failed and how, or what was asked for.</param>
public sealed record HistoryEntry(DateTimeOffset At, bool ClockTrusted, HistoryKind Kind, long Generation, string Because)
{
    public Digest? Bundle { get; init; }

    public string? Revision { get; init; }

    /// <summary>The generation that the node went back to; null where it went back to none.</summary>
    public long? ReturnedTo { get; init; }
}

/// <summary>Keeps what happened, within a bound. A full disk costs an entry, never a pass.</summary>
public interface IHistoryKeeper
{
    void Note(HistoryEntry entry);
}

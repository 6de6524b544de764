using GitOps.Agent.Generations;
using GitOps.Bundles;
using GitOps.Bundles.Reports;

namespace GitOps.Agent.Loop;

/// <summary>Keeps the durable state; a value that was written is there after a power cut.</summary>
public interface IStateKeeper
{
    /// <returns>Why the value is not kept (a full or failing disk), or null: it holds. The value before then still does.</returns>
    Problem? Write(DurableState state);
}

/// <summary>Where releases come from, and the bytes of those on this disk. The world misbehaving is an answer, never a throw.</summary>
public interface IReleaseSource
{
    /// <summary>Asks for the node's pointer.</summary>
    Task<PullOutcome> PullAsync(CancellationToken cancellationToken);

    /// <summary>Asks for one version of the fleet's trust. Not verified.</summary>
    Task<PullOutcome> FetchRootAsync(long version, CancellationToken cancellationToken);

    /// <summary>Asks for the signed head of the store. Not verified.</summary>
    Task<PullOutcome> FetchHeadAsync(CancellationToken cancellationToken);

    /// <summary>Brings the bundle's bytes onto this disk, verified.</summary>
    Task<FetchOutcome> FetchBundleAsync(Release release, CancellationToken cancellationToken);

    /// <summary>
    /// Brings the blobs that a bundle names onto this disk, verified; those that are there are not fetched again. What the
    /// bundle says of the link counts.
    /// </summary>
    Task<FetchOutcome> FetchBlobsAsync(Bundle bundle, CancellationToken cancellationToken);

    /// <summary>The verified bytes of a bundle on this disk; null when they are not there or damaged.</summary>
    byte[]? ReadBundle(Digest digest);

    /// <summary>Forgets every blob but these.</summary>
    void Collect(IReadOnlySet<Digest> keep);
}

public abstract record PullOutcome
{
    private PullOutcome() { } // closed: every case is in this file

    public sealed record Unchanged : PullOutcome;

    /// <summary>What was asked for, not verified.</summary>
    public sealed record Fetched(byte[] Bytes) : PullOutcome;

    /// <summary>The store has none yet.</summary>
    public sealed record Missing : PullOutcome;

    public sealed record Unreachable(Problem Problem) : PullOutcome;
}

public abstract record FetchOutcome
{
    private FetchOutcome() { } // closed: every case is in this file

    public sealed record Done : FetchOutcome;

    /// <summary>An environment cause: tried again with back-off.</summary>
    public sealed record Failed(Problem Problem) : FetchOutcome;
}

/// <summary>Takes reports; sends them when it can, and forgets them once they are acknowledged.</summary>
public interface IReportOutbox
{
    /// <param name="isNews">Kept on disk until acknowledged; otherwise only the newest is kept, in memory.</param>
    void Post(NodeReport report, bool isNews);
}

/// <summary>Something that has to be put in order after a crash before anything managed starts.</summary>
public interface ISettlingDriver
{
    ValueTask SettleAsync(CancellationToken cancellationToken);
}

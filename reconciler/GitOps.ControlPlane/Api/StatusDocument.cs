namespace GitOps.ControlPlane.Api;

/// <summary>What <c>GET /api/v1/status</c> answers: where the fleet stands.</summary>
public sealed record StatusDocument
{
    /// <summary>A rollout of a large fleet holds nearly all of it; <see cref="HoldCount"/> says how many there are.</summary>
    public const int MaxHolds = 100;

    public int Format { get; init; } = 1;

    /// <summary>The fleet's uid; absent until the first revision was read.</summary>
    public string? Fleet { get; init; }

    /// <summary>Where revisions come from, without a password.</summary>
    public required string Repository { get; init; }

    /// <summary>What is followed, e.g. <c>branch 'main'</c>.</summary>
    public required string Reference { get; init; }

    /// <summary>The revision nodes are given; absent before the first.</summary>
    public string? Published { get; init; }

    /// <summary>The highest generation opened to a node; 0 before the first.</summary>
    public long Generation { get; init; }

    /// <summary>The newest revision seen and what became of it; absent before the first.</summary>
    public RevisionDocument? Latest { get; init; }

    /// <summary>When the repository was last reached; absent while it never was.</summary>
    public DateTimeOffset? FetchedAt { get; init; }

    /// <summary>What keeps the control plane from its work now: the repository, the mirror or the store.</summary>
    public ProblemDocument? Problem { get; init; }

    public RolloutDocument? Rollout { get; init; }

    /// <summary>Nodes that keep their old bundle for now, by name; at most the first <see cref="MaxHolds"/>.</summary>
    public IReadOnlyList<HoldDocument> Holds { get; init; } = [];

    public int HoldCount { get; init; }

    /// <summary>Nodes whose identity two machines seem to have, by name; at most the first <see cref="MaxHolds"/>.</summary>
    public IReadOnlyList<CopyDocument> Copies { get; init; } = [];

    public required CountsDocument Counts { get; init; }
}

/// <summary>A revision and what became of it.</summary>
/// <param name="Outcome"><c>pending</c>, <c>published</c>, <c>rejected</c> or <c>held</c>.</param>
public sealed record RevisionDocument(string Id, string Outcome, DateTimeOffset SeenAt)
{
    public DateTimeOffset? SettledAt { get; init; }

    /// <summary>Of a held one: the id of what has to be confirmed.</summary>
    public string? HoldId { get; init; }

    /// <summary>Of a held one: why.</summary>
    public ProblemDocument? Hold { get; init; }

    public IReadOnlyList<FindingDocument> Findings { get; init; } = [];
}

/// <summary>Something wrong in what was written.</summary>
/// <param name="Severity"><c>error</c> or <c>warning</c>.</param>
public sealed record FindingDocument(string Code, string Severity, string What, string Fix)
{
    public string? File { get; init; }

    public int? Line { get; init; }

    public int? Column { get; init; }
}

public sealed record ProblemDocument(string Code, string What, string Fix);

/// <summary>How far a revision has got.</summary>
/// <param name="Phase"><c>canary</c>, <c>open</c> or <c>stopped</c>.</param>
public sealed record RolloutDocument(string Revision, string Phase)
{
    /// <summary>The node whose health is awaited.</summary>
    public string? Canary { get; init; }

    /// <summary>Of a stopped one: the node that failed.</summary>
    public string? StoppedBy { get; init; }

    public ProblemDocument? Stop { get; init; }
}

/// <summary>A change that is not made yet: what is waited for, and what would end the wait.</summary>
public sealed record HoldDocument(string Node, string What, string Until);

/// <summary>How many nodes are how. A node counts once as online or not, and once in a phase or as silent.</summary>
/// <param name="Current">Nodes committed to what their pointer names.</param>
/// <param name="Silent">Nodes that never reported.</param>
public sealed record CountsDocument(
    int Nodes, int Online, int Current, int Converged, int Applying, int Waiting, int Degraded, int Failed, int Silent);

/// <summary>A node whose identity two machines seem to have, and what says so.</summary>
public sealed record CopyDocument(string Node, DateTimeOffset Since, string What);

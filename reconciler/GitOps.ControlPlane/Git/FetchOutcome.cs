using GitOps.Bundles;

namespace GitOps.ControlPlane.Git;

public abstract record FetchOutcome
{
    private FetchOutcome() { } // closed: every case is in this file

    /// <summary>The commit the reference names now.</summary>
    public sealed record Fetched(string Commit) : FetchOutcome;

    public sealed record Failed(Problem Problem) : FetchOutcome;
}

public abstract record Ancestry
{
    private Ancestry() { } // closed: every case is in this file

    public sealed record Known(bool IsAncestor) : Ancestry;

    public sealed record Unknown(Problem Problem) : Ancestry;
}

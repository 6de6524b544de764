using GitOps.Bundles;

namespace GitOps.Agent.Planning;

/// <summary>A driver that brings something onto this node, or looks whether the node can do it, before a bundle is applied.</summary>
public interface IStagingDriver
{
    /// <summary>Has no effect on anything that runs. May take long; the bundle waits for it.</summary>
    Task<StagingOutcome> StageAsync(Bundle bundle, CancellationToken cancellationToken);

    /// <summary>What was brought here for other bundles than these may go. Returns at once.</summary>
    void Keep(IReadOnlyList<Bundle> kept);
}

public abstract record StagingOutcome
{
    private StagingOutcome() { } // closed: every case is in this file

    public sealed record Done : StagingOutcome;

    /// <summary>An environment cause: tried again with back-off.</summary>
    public sealed record Failed(Problem Problem) : StagingOutcome;

    /// <summary>This node cannot do it, whatever is tried.</summary>
    public sealed record Refused(IReadOnlyList<UnitProblem> Problems) : StagingOutcome;
}

using GitOps.ControlPlane.Git;
using GitOps.Reconciler.Guards;

namespace GitOps.ControlPlane.Reconciling;

public sealed record ReconcilerOptions
{
    /// <summary>How often the repository is asked, give or take a tenth.</summary>
    public TimeSpan Poll { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>For a fleet of which nothing is published yet; later the guards come from what is.</summary>
    public GuardSettings FirstGuards { get; init; } = GuardSettings.Default;

    public SourceLimits Source { get; init; } = new();

    /// <summary>Reading a revision from the local mirror takes at most this long.</summary>
    public TimeSpan ReadDeadline { get; init; } = TimeSpan.FromMinutes(2);
}

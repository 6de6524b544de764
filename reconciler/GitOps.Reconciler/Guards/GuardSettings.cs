using GitOps.Manifests;
using GitOps.Manifests.Kinds;

namespace GitOps.Reconciler.Guards;

/// <summary>
/// What a push may do without being held. Read from the revision that is published, never from the one to be judged: a
/// commit that loosens a guard passes the old one and counts from the next commit on.
/// </summary>
/// <param name="RemovalLimit">So many (node, unit) removals pass without a confirmation.</param>
/// <param name="AllowForcePush">A history that does not contain the published revision is accepted.</param>
/// <param name="Signing">Null: whoever may push may publish.</param>
public sealed record GuardSettings(int RemovalLimit, bool AllowForcePush, CommitSigning? Signing = null)
{
    /// <summary>For a fleet of which nothing is published, where the control plane's configuration says nothing else.</summary>
    public static readonly GuardSettings Default = new(RemovalLimit: 10, AllowForcePush: false);

    /// <summary>How long machines are believed, once the revision is published.</summary>
    public IdentityPolicy Identity { get; init; } = IdentityPolicy.Default;

    /// <exception cref="ArgumentException">The manifest has no Fleet: it cannot have been published.</exception>
    public static GuardSettings Of(FleetManifest published) =>
        published.Fleet?.Spec is { } fleet
            ? new GuardSettings(fleet.Removal.Limit, fleet.AllowForcePush, CommitSigning.Of(published)) { Identity = fleet.Identity }
            : throw new ArgumentException("a published manifest has a Fleet", nameof(published));
}

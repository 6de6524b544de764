using System.Collections.Immutable;
using GitOps.Manifests.Kinds;
using GitOps.Manifests.Targeting;
using GitOps.Reconciler.Rendering;

namespace GitOps.Reconciler.Targeting;

/// <summary>One node of the fleet with everything that is placed on it.</summary>
/// <param name="Resources">Sorted by kind, then name.</param>
/// <param name="Shared">What templates see that do not look at <c>node</c>; nodes that see the same share one.</param>
/// <param name="Scope">What templates see that do.</param>
/// <param name="Secrets">The names of the secrets that lie on the node.</param>
internal sealed record NodePlan(
    TargetNode Node, Resource<SiteSpec>? Site, ImmutableArray<Resource> Resources, RenderScope Shared, RenderScope Scope,
    IReadOnlySet<string> Secrets)
{
    public string Name => Node.Name;
}

using GitOps.Manifests.Targeting;

namespace GitOps.Manifests.State;

/// <summary>A node and what meets on it.</summary>
/// <param name="Units">What becomes its units.</param>
/// <param name="Groups">The NodeGroups whose selector matches it.</param>
/// <param name="Secrets">The Secrets that lie on it.</param>
public sealed record PlacedNode(TargetNode Target, ResourceSet Units, ResourceSet Groups, ResourceSet Secrets)
{
    public string Name => Target.Name;
}

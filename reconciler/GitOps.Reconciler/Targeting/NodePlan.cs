using System.Collections.Immutable;
using GitOps.Manifests;
using GitOps.Manifests.Kinds;
using GitOps.Manifests.Rules;
using GitOps.Manifests.Targeting;
using GitOps.Reconciler.Rendering;

namespace GitOps.Reconciler.Targeting;

/// <summary>One node of the fleet with everything that is placed on it: for questions about it.</summary>
/// <param name="Resources">Sorted by kind, then name.</param>
/// <param name="Groups">The NodeGroups whose selector matches it, by name.</param>
/// <param name="Shared">What templates see that do not look at <c>node</c>.</param>
/// <param name="Scope">What templates see that do.</param>
/// <param name="Secrets">The names of the secrets that lie on the node.</param>
internal sealed record NodePlan(
    TargetNode Node, Resource<SiteSpec>? Site, ImmutableArray<Resource> Resources, ImmutableArray<Resource<NodeGroupSpec>> Groups,
    RenderScope Shared, RenderScope Scope, IReadOnlySet<string> Secrets)
{
    public string Name => Node.Name;

    /// <summary>Null when there is no node of the name.</summary>
    public static NodePlan? Of(FleetManifest manifest, string name)
    {
        if (!manifest.Nodes.TryGet(name, out var written))
        {
            return null;
        }

        var node = new TargetNode(written, NodeLabels.Of(written));
        var site = written.Spec.Site is { } at && manifest.Sites.TryGet(at, out var found) ? found : null;
        ImmutableArray<Resource<NodeGroupSpec>> groups = [.. manifest.Groups.Where(group => group.Spec.Selector.Matches(node.Labels))];
        IEnumerable<Resource> resources =
            [.. manifest.ConfigFiles, .. manifest.Volumes, .. manifest.VolumeSyncs, .. manifest.TimeSyncs, .. manifest.Devices, .. manifest.EdgeXs, .. manifest.Workloads, .. manifest.Sites];
        var shared = ScopeTable.Make(manifest.Fleet, site, groups, written.Spec, ScopeTable.KnownSecrets(manifest));
        return new NodePlan(
            node, site, [.. resources.Where(resource => Units.PlacementOf(resource) is { } placement && IsOn(placement, node))], groups, shared,
            ScopeTable.ForNode(shared, node),
            manifest.Secrets.Where(secret => IsOn(secret.Spec.Placement, node)).Select(secret => secret.Name).ToHashSet(StringComparer.Ordinal));
    }

    private static bool IsOn(Placement placement, TargetNode node) => placement switch
    {
        Placement.Matching(var selector) => selector.Matches(node.Labels),
        Placement.Nodes(var names) => names.Contains(node.Name),
        _ => true,
    };
}

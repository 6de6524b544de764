using System.Collections.Immutable;
using GitOps.Manifests;
using GitOps.Manifests.Kinds;
using GitOps.Manifests.Rules;

namespace GitOps.Reconciler.Targeting;

/// <summary>Which resources land on which node, and what their templates see there.</summary>
internal static class FleetPlan
{
    /// <summary>One plan per node, sorted by name.</summary>
    public static ImmutableArray<NodePlan> Of(FleetManifest manifest)
    {
        var resources = Placed(manifest);
        var secrets = SecretsByNode(manifest);
        var scopes = new NodeScopes(manifest);
        return [.. manifest.NodeIndex.Nodes.Select(node =>
        {
            var site = node.Resource.Spec.Site is { } name && manifest.Sites.TryGet(name, out var found) ? found : null;
            var shared = scopes.Shared(node, site);
            return new NodePlan(node, site, resources[node.Name].ToImmutable(), shared, NodeScopes.ForNode(shared, node), secrets[node.Name]);
        })];
    }

    private static Dictionary<string, ImmutableArray<Resource>.Builder> Placed(FleetManifest manifest)
    {
        var byNode = manifest.NodeIndex.Nodes.ToDictionary(
            node => node.Name, _ => ImmutableArray.CreateBuilder<Resource>(), StringComparer.Ordinal);
        IEnumerable<Resource> resources =
            [.. manifest.ConfigFiles, .. manifest.Volumes, .. manifest.TimeSyncs, .. manifest.Devices, .. manifest.Workloads];
        foreach (var resource in resources)
        {
            foreach (var node in manifest.NodeIndex.Select(Units.PlacementOf(resource)!))
            {
                byNode[node.Name].Add(resource);
            }
        }

        return byNode;
    }

    private static Dictionary<string, HashSet<string>> SecretsByNode(FleetManifest manifest)
    {
        var byNode = manifest.NodeIndex.Nodes.ToDictionary(
            node => node.Name, _ => new HashSet<string>(StringComparer.Ordinal), StringComparer.Ordinal);
        foreach (var secret in manifest.Secrets)
        {
            foreach (var node in manifest.NodeIndex.Select(secret.Spec.Placement))
            {
                byNode[node.Name].Add(secret.Name);
            }
        }

        return byNode;
    }
}

using System.Globalization;
using GitOps.Bundles;
using GitOps.Manifests.Kinds;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.Rules;

/// <summary>Claims that are written without a template.</summary>
public static class StaticClaims
{
    /// <summary>
    /// What a resource claims by its spec, with the place of each; <paramref name="tree"/> is the one the spec was
    /// bound from.
    /// </summary>
    public static IEnumerable<(NodeClaim Claim, SourceSpan Span)> Of(Resource resource, YamlNode.Mapping tree)
    {
        switch (resource.Kind)
        {
            case ResourceKind.ConfigFile when Literal(tree, "path") is { } path:
                yield return (new NodeClaim.FilePath(path.Text), path.Span);
                break;
            case ResourceKind.Volume when Literal(tree, "path") is { } path:
                yield return (new NodeClaim.DirectoryPath(path.Text), path.Span);
                break;
            case ResourceKind.Workload when tree.TryGet("process", out var process) &&
                process is YamlNode.Mapping mapping &&
                mapping.TryGet("ports", out var ports) && ports is YamlNode.Sequence list:
                foreach (var item in list.Items)
                {
                    if (item is YamlNode.Scalar scalar && PlainScalar.TryInteger(scalar.Text, out var number) &&
                        number is > 0 and < 65_536)
                    {
                        yield return (new NodeClaim.Port((int)number), scalar.Span);
                    }
                }

                break;
        }
    }

    internal static void Check(PlacementTable placements, FindingList findings)
    {
        var claims = new NodeClaims(findings);
        var all = placements.Placed.SelectMany(resource =>
            Of(resource, resource.Tree).Select(claim => (Resource: resource, claim.Claim, claim.Span))).ToList();
        // Only what more than one resource claims (or lies below) has to be looked at node by node.
        var contested = Contested(all.Select(claim => claim.Claim));
        foreach (var (resource, claim, span) in all.Where(claim => contested.Contains(claim.Claim)))
        {
            foreach (var node in placements.NodesOf(resource))
            {
                claims.Add(node.Name, (UnitId)Units.IdOf(resource)!, claim, span);
            }
        }

        claims.CheckBelowFiles();
    }

    private static HashSet<NodeClaim> Contested(IEnumerable<NodeClaim> claims)
    {
        var byText = claims.GroupBy(TextOf, StringComparer.Ordinal).ToDictionary(group => group.Key, group =>
            group.ToList(), StringComparer.Ordinal);
        var contested = new HashSet<NodeClaim>();
        foreach (var (text, same) in byText)
        {
            if (same.Count > 1)
            {
                contested.UnionWith(same);
            }

            for (var end = text.LastIndexOf('/'); end > 0; end = text.LastIndexOf('/', end - 1))
            {
                if (byText.TryGetValue(text[..end], out var above))
                {
                    contested.UnionWith(same);
                    contested.UnionWith(above);
                }
            }
        }

        return contested;
    }

    private static string TextOf(NodeClaim claim) => claim switch
    {
        NodeClaim.FilePath(var path) => path,
        NodeClaim.DirectoryPath(var path) => path,
        NodeClaim.Port(var number) => number.ToString(CultureInfo.InvariantCulture),
        _ => "",
    };

    private static YamlNode.Scalar? Literal(YamlNode.Mapping tree, string field) =>
        tree.TryGet(field, out var node) && node is YamlNode.Scalar { IsTemplate: false } scalar ? scalar : null;
}

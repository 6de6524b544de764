using GitOps.Manifests.Kinds;
using GitOps.Manifests.State;
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
                if (Literal(tree, "enforce")?.Text == "image")
                {
                    yield return (new NodeClaim.FilePath(GitOps.Bundles.Units.VolumeSpec.ImageOf(path.Text)), path.Span);
                }

                break;
            case ResourceKind.VolumeSync when resource is Resource<VolumeSyncSpec> { Spec.Remote.Nodes: { } nodes }:
                yield return (new NodeClaim.Port(nodes.Port), resource.SpanOf("remote", "nodes"));
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

    /// <summary>The units of one node.</summary>
    internal static void Check(ResourceSet set, FindingList findings)
    {
        var claims = new NodeClaims(findings);
        foreach (var resource in set.Items)
        {
            foreach (var (claim, span) in Of(resource, resource.Tree))
            {
                claims.Add(NodeFindings.Node, Units.IdOf(resource)!.Value, claim, span);
            }
        }

        claims.CheckBelowFiles();
    }

    private static YamlNode.Scalar? Literal(YamlNode.Mapping tree, string field) =>
        tree.TryGet(field, out var node) && node is YamlNode.Scalar { IsTemplate: false } scalar ? scalar : null;
}

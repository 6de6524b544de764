using System.Collections.Immutable;
using GitOps.Manifests.EdgeX;
using GitOps.Manifests.Foreign;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.KubeEdge;

/// <summary>
/// What an API server with KubeEdge's definitions says about one document of a file. <paramref name="Pruned"/> are the fields
/// it would drop without a word.
/// </summary>
public sealed record KubeEdgeVerdict(string Kind, string ApiVersion, bool IsServed, ForeignVerdict Verdict, ImmutableArray<string> Pruned);

/// <summary>
/// The answers of KubeEdge's CustomResourceDefinitions and of its admission webhook, which checks no more than that names of
/// properties are unique.
/// </summary>
public static class KubeEdgeVerdicts
{
    /// <summary>One answer for each Device and DeviceModel of a file; what else it holds is not KubeEdge's.</summary>
    public static ImmutableArray<KubeEdgeVerdict> Of(SourceFile file)
    {
        var findings = new FindingList();
        return [.. YamlReader.ReadForeign(file, YamlLimits.Default, findings).Where(IsOne).Select(Of)];
    }

    internal static bool IsOne(YamlNode document) =>
        new ForeignObject(document, ForeignSyntax.Kubernetes).Text("apiVersion").StartsWith(KubeEdgeTypes.Group, StringComparison.Ordinal);

    internal static KubeEdgeVerdict Of(YamlNode document)
    {
        var root = new ForeignObject(document, ForeignSyntax.Kubernetes);
        var (kind, apiVersion) = (root.Text("kind"), root.Text("apiVersion"));
        if (KubeEdgeTypes.Of(kind, apiVersion) is not { } type)
        {
            var blame = new Blame("apiVersion", root.SpanOf("apiVersion"), $"no API server serves {Excerpt.Of(kind)} of {Excerpt.Of(apiVersion)}",
                $"write it as {KubeEdgeTypes.Group}v1beta1");
            return new KubeEdgeVerdict(kind, apiVersion, IsServed: false, new ForeignVerdict([blame]), []);
        }

        var check = new TypeCheck(ForeignSyntax.Kubernetes);
        check.Check(document, type, "");
        var blames = check.Problems.Select(problem => problem.Node is YamlNode.Mapping && problem.Expects == "a value"
            ? new Blame(problem.Path, problem.Span, $"'{Last(problem.Path)}' is missing", "add it")
            : EdgeXVerdicts.BlameOf(problem, ForeignSyntax.Kubernetes));
        return new KubeEdgeVerdict(kind, apiVersion, IsServed: true, new ForeignVerdict([.. blames.Concat(Twice(root))]),
            [.. check.Unknown.Select(unknown => unknown.Path)]);
    }

    private static IEnumerable<Blame> Twice(ForeignObject root)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var properties = root.Object("spec").Objects("properties").ToList();
        for (var i = 0; i < properties.Count; i++)
        {
            if (properties[i].Text("name") is { Length: > 0 } name && !seen.Add(name))
            {
                yield return new Blame($"spec.properties[{i}].name", properties[i].SpanOf("name"),
                    $"there are two properties '{Excerpt.Of(name)}'", "rename one of them");
            }
        }
    }

    private static string Last(string path) => path[(path.LastIndexOf('.') + 1)..];
}

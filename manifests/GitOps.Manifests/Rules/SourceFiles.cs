using GitOps.Manifests.Kinds;
using GitOps.Manifests.Shapes;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.Rules;

/// <summary>The files that resources name as <c>source</c>.</summary>
public static class SourceFiles
{
    /// <summary>Paths relative to the root, of every source that is no template.</summary>
    public static IReadOnlySet<string> NamedBy(IEnumerable<Resource> resources)
    {
        var paths = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (_, path) in resources.SelectMany(In))
        {
            paths.Add(path);
        }

        return paths;
    }

    /// <summary>
    /// Reports each source that is not in the tree. Call it again with a rendered tree where a source was a template.
    /// </summary>
    public static void Check(FleetSource source, Resource resource, YamlNode.Mapping tree, FindingList findings)
    {
        foreach (var (scalar, path) in In(resource.Kind, tree))
        {
            if (!source.TryGet(path, out _))
            {
                var near = Spelling.Nearest(path, source.Files.Select(file => file.Path));
                findings.Error(ManifestCodes.SourceMissing, scalar.Span,
                    $"there is no file '{Excerpt.Of(path)}' in the repository",
                    near is null ? "add it, or correct the path: it is relative to this manifest"
                        : $"did you mean '{near}'?");
            }
        }
    }

    private static IEnumerable<(YamlNode.Scalar Scalar, string Path)> In(Resource resource) =>
        In(resource.Kind, resource.Tree);

    private static IEnumerable<(YamlNode.Scalar Scalar, string Path)> In(ResourceKind kind, YamlNode.Mapping tree) =>
        kind switch
        {
            ResourceKind.ConfigFile or ResourceKind.NodeInventory => SourceOf(tree),
            ResourceKind.Fleet => AgentOf(tree).Concat(SignersOf(tree)),
            ResourceKind.NodeGroup => AgentOf(tree),
            ResourceKind.Secret when tree.TryGet("age", out var age) => PathOf(age),
            ResourceKind.Secret when tree.TryGet("sops", out var sops) => PathOf(sops),
            ResourceKind.Workload when tree.TryGet("process", out var process) && process is YamlNode.Mapping mapping &&
                mapping.TryGet("files", out var files) && files is YamlNode.Sequence list =>
                    list.Items.SelectMany(SourceOf),
            ResourceKind.Workload when tree.TryGet("pod", out var pod) => SourceOf(pod),
            ResourceKind.Workload when tree.TryGet("compose", out var compose) => SourceOf(compose),
            _ => [],
        };

    private static IEnumerable<(YamlNode.Scalar Scalar, string Path)> AgentOf(YamlNode.Mapping tree) =>
        tree.TryGet("agent", out var agent) && agent is YamlNode.Mapping release &&
        release.TryGet("executables", out var executables) && executables is YamlNode.Mapping byArchitecture
            ? byArchitecture.Entries.Select(entry => entry.Value).SelectMany(PathOf)
            : [];

    private static IEnumerable<(YamlNode.Scalar Scalar, string Path)> SignersOf(YamlNode.Mapping tree) =>
        tree.TryGet("signing", out var signing) && signing is YamlNode.Mapping policy &&
        policy.TryGet("signers", out var signers) && signers is YamlNode.Sequence list
            ? list.Items.SelectMany(SourceOf)
            : [];

    // One path, or, in a pod, a list of them.
    private static IEnumerable<(YamlNode.Scalar Scalar, string Path)> SourceOf(YamlNode node) =>
        node is not YamlNode.Mapping mapping || !mapping.TryGet("source", out var source) ? []
        : PathOf(source);

    private static IEnumerable<(YamlNode.Scalar Scalar, string Path)> PathOf(YamlNode source) =>
        (source is YamlNode.Sequence list ? list.Items : [source]).OfType<YamlNode.Scalar>()
            .Where(scalar => !scalar.IsTemplate)
            .Select(scalar => (Scalar: scalar, Path: Paths.Resolve(scalar.Span.File, scalar.Text)))
            .Where(found => found.Path is not null)
            .Select(found => (found.Scalar, found.Path!));
}

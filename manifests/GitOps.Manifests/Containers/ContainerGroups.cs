using System.Collections.Immutable;
using GitOps.Bundles.Units;
using GitOps.Manifests.Kinds;
using GitOps.Manifests.Shapes;
using GitOps.Manifests.Yaml;
using WorkloadSpec = GitOps.Manifests.Kinds.WorkloadSpec;

namespace GitOps.Manifests.Containers;

/// <summary>Workloads that are Pods or Compose files, as groups of containers.</summary>
public static class ContainerGroups
{
    /// <summary>What of a Pod's spec is done, warned about and refused.</summary>
    public static Shape Pod => PodShapes.Spec;

    /// <summary>What of a Compose file is done, warned about and refused.</summary>
    public static Shape Compose => ComposeShapes.File;

    /// <summary>The files of the repository that a Workload's pod or compose names.</summary>
    public static IEnumerable<ContentSource.Source> SourcesOf(WorkloadSpec workload) =>
        workload is { Pod: { } pod } ? pod.Sources
        : workload is { Compose.Source: { } source } ? [source]
        : [];

    /// <summary>
    /// The group, or null for a process. <paramref name="tree"/> is the one the spec was bound from;
    /// <paramref name="surroundings"/> answers for every file and resource it depends on.
    /// </summary>
    public static GroupReading? Read(
        Resource resource, WorkloadSpec workload, YamlNode.Mapping tree, IGroupSurroundings surroundings, FindingList findings)
    {
        var errors = findings.Errors;
        var builder = new GroupBuilder(surroundings, findings);
        return workload switch
        {
            { Pod: { } pod } => builder.ToReading(Read(pod, PlaceOf(resource, tree, "pod"), builder), errors),
            { Compose: { } compose } => builder.ToReading(Read(compose, builder), errors),
            _ => null,
        };
    }

    private static ContainerGroupSpec? Read(PodSource pod, SourceSpan place, GroupBuilder builder)
    {
        var errors = builder.Findings.Errors;
        var documents = new PodDocuments(builder.Findings);
        foreach (var node in pod.Sources.SelectMany(source => DocumentsOf(source, builder)).Concat(pod.Objects))
        {
            documents.Add(node);
        }

        // What is missing may be in the file that could not be read.
        return builder.Findings.Errors == errors && documents.Running(place) is { } running
            ? PodReader.Read(running, documents.ConfigMaps, builder)
            : null;
    }

    private static ContainerGroupSpec? Read(ComposeSource compose, GroupBuilder builder)
    {
        var errors = builder.Findings.Errors;
        var documents = compose.Inline is { } inline ? [inline] : DocumentsOf(compose.Source!, builder);
        if (documents is [var document])
        {
            return ComposeReader.Read(document, compose, builder);
        }

        if (builder.Findings.Errors == errors && builder.Surroundings.File(compose.Source!.Path) is { } file)
        {
            builder.Findings.Error(ManifestCodes.WorkloadObjects, documents.IsEmpty ? SourceSpan.StartOf(file.Path) : documents[1].Span,
                documents.IsEmpty ? "the Compose file is empty" : "a Compose file is one document", "write one, with services; a Workload for each");
        }

        return null;
    }

    private static ImmutableArray<YamlNode> DocumentsOf(ContentSource.Source source, GroupBuilder builder) =>
        builder.Surroundings.File(source.Path) is { } file ? YamlReader.Read(file, YamlLimits.Default, builder.Findings) : [];

    private static SourceSpan PlaceOf(Resource resource, YamlNode.Mapping tree, string field) =>
        tree.TryGet(field, out var node) ? node.Span : resource.Span;
}

using System.Text;
using GitOps.Manifests.Containers;
using GitOps.Manifests.Kinds;
using GitOps.Manifests.Yaml;
using GitOps.Reconciler.Rendering;

namespace GitOps.Reconciler.Compile;

/// <summary>How much of the fleet one lowering of a resource serves.</summary>
internal enum Variation
{
    /// <summary>Nothing is rendered: every node.</summary>
    None,

    /// <summary>Nodes with the same values and site.</summary>
    ByScope,

    /// <summary>Each node by itself.</summary>
    ByNode,
}

internal static class ResourceTemplates
{
    public static (Variation Variation, bool UsesSecrets) Of(Resource resource, Lookup lookup, TemplateCache templates)
    {
        if (HasTemplatedSource(resource.Tree))
        {
            return (Variation.ByNode, true); // which template that will be is not known before it is rendered
        }

        var (variation, secrets) = (resource.HasTemplates || HasWindows(resource) ? Variation.ByScope : Variation.None, NamesSecrets(resource));
        foreach (var template in Texts(resource, lookup).Select(templates.Get))
        {
            variation = template.UsesNode || variation == Variation.ByNode ? Variation.ByNode : Variation.ByScope;
            secrets |= template.UsesSecrets;
        }

        return (variation, secrets);
    }

    /// <summary>The template files of the repository that a resource's contents come from.</summary>
    public static IEnumerable<ContentSource.Source> FilesOf(Resource resource)
    {
        var files = resource switch
        {
            Resource<ConfigFileSpec> file => [file.Spec.Content],
            Resource<WorkloadSpec> { Spec.Process: { } process } => process.Files.Select(file => file.Content),
            Resource<WorkloadSpec> workload => ContainerGroups.SourcesOf(workload.Spec),
            _ => Enumerable.Empty<ContentSource>(),
        };
        return files.OfType<ContentSource.Source>().Where(written => written.IsTemplate);
    }

    /// <summary>Windows are read in the time zone of the site.</summary>
    private static bool HasWindows(Resource resource) => resource is Resource<VolumeSyncSpec> { Spec.Windows.IsEmpty: false };

    /// <summary>In fields of its own, beside its templates.</summary>
    private static bool NamesSecrets(Resource resource) => resource is
        Resource<WorkloadSpec> { Spec.Process: null } or Resource<VolumeSyncSpec> or Resource<DeviceSpec> { Spec.Password: not null } or
        Resource<DeviceSpec> { Spec.Backend.Token: not null } or Resource<EdgeXSpec> { Spec.Bus.Password: not null };

    private static bool HasTemplatedSource(YamlNode node) => node switch
    {
        YamlNode.Sequence sequence => sequence.Items.Any(HasTemplatedSource),
        YamlNode.Mapping mapping => mapping.Entries.Any(entry =>
            (entry.Key == "source" && HasTemplate(entry.Value)) || HasTemplatedSource(entry.Value)),
        _ => false,
    };

    private static bool HasTemplate(YamlNode node) =>
        node is YamlNode.Scalar { IsTemplate: true } || (node is YamlNode.Sequence list && list.Items.Any(HasTemplate));

    private static IEnumerable<string> Texts(Resource resource, Lookup lookup)
    {
        foreach (var written in FilesOf(resource))
        {
            if (lookup.TryGetFile(written.Path, out var file))
            {
                yield return Encoding.UTF8.GetString(file.Bytes.Span).TrimStart('\uFEFF');
            }
        }

        if (resource.HasTemplates)
        {
            foreach (var text in Scalars(resource.Tree))
            {
                yield return text;
            }
        }
    }

    private static IEnumerable<string> Scalars(YamlNode node) => node switch
    {
        YamlNode.Scalar { IsTemplate: true } scalar => [scalar.Text],
        YamlNode.Sequence sequence => sequence.Items.SelectMany(Scalars),
        YamlNode.Mapping mapping => mapping.Entries.SelectMany(entry => Scalars(entry.Value)),
        _ => [],
    };
}

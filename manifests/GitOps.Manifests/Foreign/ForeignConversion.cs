using System.Collections.Immutable;
using GitOps.Bundles.Units;
using GitOps.Manifests.EdgeX;
using GitOps.Manifests.Kinds;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.Foreign;

/// <summary>What files of EdgeX and KubeEdge are in our language, and everything there is to say about them.</summary>
public sealed record Conversion(ImmutableArray<Translated> Resources, ImmutableArray<Finding> Findings)
{
    public bool HasErrors => Findings.Any(finding => finding.Severity == Severity.Error);
}

/// <summary>
/// Converts files as a DeviceImport of all of them would: devices together with the profiles and models they name, profiles that no
/// device names for the protocol that their attributes belong to.
/// </summary>
public static class ForeignConversion
{
    /// <param name="files">Files of EdgeX and KubeEdge; one that is neither is a finding.</param>
    /// <param name="node">The node that the devices are behind, where a file does not say.</param>
    /// <param name="broker">Where MQTT devices of EdgeX are heard.</param>
    public static Conversion Convert(IReadOnlyList<SourceFile> files, string node, string? broker)
    {
        var findings = new FindingList();
        var documents = new List<ForeignDocument>();
        foreach (var file in files)
        {
            if (ForeignFile.Parse(file, YamlLimits.Default) is not { } parsed)
            {
                findings.Error(EdgeXCodes.Broken, SourceSpan.StartOf(file.Path), "the file is neither of EdgeX nor of KubeEdge",
                    "give a device profile, a device list, a provision watcher, or a Device or DeviceModel of devices.kubeedge.io");
                continue;
            }

            findings.AddRange(parsed.Findings);
            documents.AddRange(parsed.Foreign);
        }

        var isWhole = findings.Errors == 0;
        var import = new DeviceImportSpec(node, [""], [], [], ["*", "discovery"], null, broker is null ? null : new(broker), []);
        var imports = new List<Resource<DeviceImportSpec>>
        {
            new(ResourceKind.DeviceImport, new Metadata("imported", [], []), default, YamlNode.Mapping.Empty, import) { HasTemplates = false },
        };
        var edgeX = new EdgeXImport(documents, imports, isWhole, findings).Translate().ToList();
        var kubeEdge = new KubeEdge.KubeEdgeImport(documents, [], Nodes(documents), isWhole, findings).Translate().ToList();
        var resources = edgeX.Concat(kubeEdge).SelectMany(device => new[] { device.Model, device.Device })
            .Concat(Unused(documents, edgeX, findings))
            .Distinct(ReferenceEqualityComparer.Instance).Cast<Translated>();
        return new Conversion([.. resources], findings.ToSorted());
    }

    /// <summary>One document, as somebody would write it.</summary>
    public static string ToYaml(Translated resource) => YamlWriter.Write(TreeEdit.Map(resource.Span,
        ("apiVersion", TreeEdit.Text(resource.Span, ManifestFile.ApiVersion)),
        ("kind", TreeEdit.Text(resource.Span, resource.Kind.ToString())),
        ("metadata", TreeEdit.Map(resource.Span, ("name", TreeEdit.Text(resource.Span, resource.Name)))),
        ("spec", resource.Spec)));

    private static IEnumerable<Translated> Unused(List<ForeignDocument> documents, List<TranslatedDevice> devices, FindingList findings)
    {
        var used = devices.Select(device => device.Model.Span).ToHashSet();
        foreach (var profile in documents.Where(document => document.Kind == ForeignKind.EdgeXProfile && !used.Contains(document.Span)))
        {
            if (!profile.Root.Objects("deviceResources").Any(resource => resource.Object("attributes").Has("primaryTable")))
            {
                findings.Warning(EdgeXCodes.LeftOut, profile.Span, $"no device uses the profile '{Excerpt.Of(profile.Name)}', and its attributes show no protocol that the agent speaks",
                    "convert it together with its devices");
            }
            else if (EdgeXModels.Translate(profile, DeviceProtocol.ModbusTcp, "", ForeignNames.Resource(profile.Name), findings) is { } model)
            {
                yield return model;
            }
        }
    }

    // Whatever node a KubeEdge device names: that it exists is a matter of the fleet it is put into.
    private static HashSet<string> Nodes(List<ForeignDocument> documents) => documents.Where(document => document.Kind == ForeignKind.KubeEdgeDevice)
        .Select(device => device.Root.Object("spec").Text("nodeName")).ToHashSet(StringComparer.Ordinal);
}

using GitOps.Manifests.Kinds;

namespace GitOps.Manifests.Foreign;

/// <summary>
/// Joins the documents of other systems with the DeviceImports of a fleet: which device is behind which node, and which profile or
/// model it has. What comes out are DeviceModels and Devices like written ones.
/// </summary>
internal static class ForeignFleet
{
    public static IReadOnlyList<Resource> Resolve(
        IReadOnlyList<ForeignDocument> documents, IReadOnlyList<Resource> written, bool isWhole, FindingList findings)
    {
        var imports = written.OfType<Resource<DeviceImportSpec>>().ToList();
        if (documents.Count == 0 && imports.Count == 0)
        {
            return [];
        }

        var nodes = written.OfType<Resource<EdgeNodeSpec>>().Select(node => node.Name).ToHashSet(StringComparer.Ordinal);
        var edgeX = new EdgeX.EdgeXImport(documents, imports, isWhole, findings);
        var kubeEdge = new KubeEdge.KubeEdgeImport(documents, imports, nodes, isWhole, findings);
        var translated = edgeX.Translate().Concat(kubeEdge.Translate()).ToList();
        if (isWhole)
        {
            ReportIdle(imports, documents, findings);
            ImportedNames.Check(imports, documents, findings);
        }

        var resources = new List<Resource>();
        var made = translated.SelectMany(device => new[] { device.Model, device.Device }).Distinct(ReferenceEqualityComparer.Instance).Cast<Translated>();
        foreach (var one in made.Concat(edgeX.Backends))
        {
            Shapes.KindShape shape = one.Kind switch
            {
                ResourceKind.Device => KindShapes.Device,
                ResourceKind.EdgeX => KindShapes.EdgeX,
                _ => KindShapes.DeviceModel,
            };
            if (shape.Read(new Metadata(one.Name, [], []), one.Span, one.Spec, findings) is { } resource)
            {
                resources.Add(resource);
            }
        }

        return resources;
    }

    private static void ReportIdle(List<Resource<DeviceImportSpec>> imports, IReadOnlyList<ForeignDocument> documents, FindingList findings)
    {
        foreach (var import in imports)
        {
            if (!documents.Any(document => IsKept(document, import.Spec) && IsCovered(document, import.Spec)))
            {
                findings.Error(EdgeX.EdgeXCodes.ImportsNothing, import.SpanOf("from"),
                    $"no device or provision watcher of {string.Join(", ", import.Spec.From)} is left for '{import.Name}'",
                    "correct 'from', 'services' or 'devices', or remove the DeviceImport");
            }
        }
    }

    // A profile alone is nothing to the agent, and something to an EdgeX.
    private static bool IsKept(ForeignDocument document, DeviceImportSpec import) =>
        document.Kind is not (ForeignKind.EdgeXProfile or ForeignKind.KubeEdgeModel) || (document.Kind == ForeignKind.EdgeXProfile && import.Backend is not null);

    /// <summary>Whether the import is about this device: where its file lies, and the filters.</summary>
    public static bool IsCovered(ForeignDocument document, DeviceImportSpec import) =>
        import.Covers(document.Span.File) &&
        (import.Services.Count == 0 || import.Services.Contains(document.Root.Text("serviceName"))) &&
        (import.Devices.Count == 0 || import.Devices.Contains(document.Name));

    /// <summary>The import of a device; a finding when there are two.</summary>
    public static Resource<DeviceImportSpec>? ImportOf(ForeignDocument document, List<Resource<DeviceImportSpec>> imports, FindingList findings)
    {
        var found = imports.Where(import => IsCovered(document, import.Spec)).Take(2).ToList();
        if (found.Count == 2)
        {
            findings.Error(EdgeX.EdgeXCodes.ImportedTwice, document.Span,
                $"'{Excerpt.Of(document.Name)}' is covered by the DeviceImports '{found[0].Name}' and '{found[1].Name}'",
                "narrow one of them with 'services' or 'devices'");
        }

        return found.FirstOrDefault();
    }
}

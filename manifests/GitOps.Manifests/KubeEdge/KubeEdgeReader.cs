using GitOps.Manifests.Foreign;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.KubeEdge;

/// <summary>
/// Reads Devices and DeviceModels of KubeEdge as they are: v1alpha2 is upgraded and noted, what an API server refuses is an
/// error, what it takes and drops or what goes wrong later is a warning.
/// </summary>
internal static class KubeEdgeReader
{
    /// <summary>Only documents without errors.</summary>
    public static IEnumerable<ForeignDocument> Read(IEnumerable<YamlNode> documents, FindingList findings)
    {
        var changes = new Changes();
        var read = new List<ForeignDocument>();
        foreach (var document in documents.OfType<YamlNode.Mapping>())
        {
            var verdict = KubeEdgeVerdicts.Of(document);
            foreach (var blame in verdict.Verdict.Blames)
            {
                findings.Error(KubeEdgeCodes.Refused, blame.Span, $"{blame.Path}: {blame.Why}", blame.Fix);
            }

            if (verdict.Verdict.IsAccepted)
            {
                ReportPruned(document, verdict, findings);
                read.Add(Document(document, verdict, changes, findings));
            }
        }

        changes.Report(KubeEdgeCodes.Upgraded, findings);
        return read;
    }

    private static ForeignDocument Document(YamlNode.Mapping document, KubeEdgeVerdict verdict, Changes changes, FindingList findings)
    {
        var isDevice = verdict.Kind == "Device";
        var tree = document;
        if (verdict.ApiVersion == KubeEdgeTypes.Group + "v1alpha2")
        {
            changes.Add(document.Span, $"the {verdict.Kind} is of v1alpha2 and read in the shape of v1beta1", "'gitops convert' writes what was read");
            tree = isDevice ? KubeEdgeUpgrade.Device(document) : KubeEdgeUpgrade.Model(document);
        }

        var root = new ForeignObject(tree, ForeignSyntax.Kubernetes);
        if (isDevice)
        {
            KubeEdgeLint.Device(root, findings);
        }
        else
        {
            KubeEdgeLint.Model(root, findings);
        }

        var metadata = root.Object("metadata");
        return new ForeignDocument(isDevice ? ForeignKind.KubeEdgeDevice : ForeignKind.KubeEdgeModel, metadata.Text("name"), metadata.SpanOf("name"), tree,
            ForeignSyntax.Kubernetes);
    }

    private static void ReportPruned(YamlNode.Mapping document, KubeEdgeVerdict verdict, FindingList findings)
    {
        var check = new TypeCheck(ForeignSyntax.Kubernetes);
        check.Check(document, KubeEdgeTypes.Of(verdict.Kind, verdict.ApiVersion)!, "");
        foreach (var unknown in check.Unknown)
        {
            var near = Spelling.Nearest(unknown.Entry.Key, unknown.Known);
            findings.Warning(KubeEdgeCodes.Pruned, unknown.Entry.KeySpan, $"{unknown.Path} is dropped: the definition has no such field",
                near is null ? "remove it" : $"did you mean '{near}'?");
        }
    }
}

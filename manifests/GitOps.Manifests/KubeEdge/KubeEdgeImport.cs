using GitOps.Manifests.Foreign;
using GitOps.Manifests.Kinds;

namespace GitOps.Manifests.KubeEdge;

/// <summary>Puts KubeEdge devices on the node that they name, or on that of a DeviceImport, each with its model.</summary>
internal sealed class KubeEdgeImport(
    IReadOnlyList<ForeignDocument> documents, List<Resource<DeviceImportSpec>> imports, IReadOnlyCollection<string> nodes, bool isWhole,
    FindingList findings)
{
    public IEnumerable<TranslatedDevice> Translate()
    {
        var devices = documents.Where(document => document.Kind == ForeignKind.KubeEdgeDevice).ToList();
        var models = documents.Where(document => document.Kind == ForeignKind.KubeEdgeModel).ToLookup(model => model.Name, StringComparer.Ordinal);
        foreach (var device in devices)
        {
            var import = ForeignFleet.ImportOf(device, imports, findings);
            var model = Nearest(device, models);
            KubeEdgePairLint.Check(device, model, findings);
            var (protocol, ours) = KubeEdgeDevices.ProtocolOf(device);
            if (ours is null)
            {
                if (import?.Spec.Leaves(protocol) != true)
                {
                    findings.Error(KubeEdgeCodes.NotEnforcedYet, device.Span,
                        $"'{Excerpt.Of(device.Name)}' names no protocol, so neither the agent nor a mapper can speak with it",
                        $"add protocol.protocolName, or write leave: [{Excerpt.Of(protocol)}] in a DeviceImport that covers the file, to leave such devices to KubeEdge");
                }

                continue;
            }

            if (import?.Spec.Leave.Contains(protocol) == true)
            {
                continue;
            }

            if (model is null)
            {
                Missing(device, models);
                continue;
            }

            var node = import?.Spec.Node ?? device.Root.Object("spec").Text("nodeName");
            if (import is null && isWhole && !nodes.Contains(node))
            {
                var near = Spelling.Nearest(node, nodes);
                findings.Error(KubeEdgeCodes.NodeMissing, device.Root.Object("spec").SpanOf("nodeName"),
                    $"'{Excerpt.Of(device.Name)}' is on the node '{Excerpt.Of(node)}', which is no EdgeNode",
                    near is null ? "add the EdgeNode, or a DeviceImport that names another" : $"did you mean '{near}'?");
                continue;
            }

            var name = ForeignNames.Resource((import?.Spec.Prefix ?? "") + device.Name);
            if (KubeEdgeDevices.Translate(device, model, node, name, import, findings) is { } translated)
            {
                yield return translated;
            }
        }
    }

    private static ForeignDocument? Nearest(ForeignDocument device, ILookup<string, ForeignDocument> models) =>
        models[device.Root.Object("spec").Object("deviceModelRef").Text("name")]
            .MaxBy(model => model.Folder.AsSpan().CommonPrefixLength(device.Folder));

    private void Missing(ForeignDocument device, ILookup<string, ForeignDocument> models)
    {
        if (!isWhole)
        {
            return;
        }

        var reference = device.Root.Object("spec").Object("deviceModelRef");
        var near = Spelling.Nearest(reference.Text("name"), models.Select(group => group.Key));
        findings.Error(KubeEdgeCodes.ModelMissing, reference.SpanOf("name") is { File: not null } span ? span : device.Span,
            $"'{Excerpt.Of(device.Name)}' has the model '{Excerpt.Of(reference.Text("name"))}', which is not there",
            near is null ? "add the DeviceModel to the repository" : $"did you mean '{near}'?");
    }
}

using GitOps.Manifests.Kinds;
using GitOps.Manifests.Targeting;

namespace GitOps.Manifests.Rules;

/// <summary>Every name that stands for another resource has one.</summary>
internal sealed class References
{
    // A spelling is looked for among all names of a kind: in a fleet where everything dangles that would be quadratic.
    private const int MaxSuggestions = 100;

    private readonly FindingList _findings;
    private readonly ILookup<ResourceKind, string> _inOrder;
    private readonly HashSet<(ResourceKind, string)> _names;
    private int _suggestions;

    private References(FleetManifest manifest, FindingList findings)
    {
        _findings = findings;
        _inOrder = manifest.Declared.ToLookup(declared => declared.Kind, declared => declared.Name);
        _names = manifest.Declared.Select(declared => (declared.Kind, declared.Name)).ToHashSet();
    }

    public static void Check(FleetManifest manifest, FindingList findings)
    {
        var references = new References(manifest, findings);
        foreach (var resource in manifest.All)
        {
            references.Check(resource);
        }
    }

    private void Check(Resource resource)
    {
        switch (resource)
        {
            case Resource<FleetSpec> { Spec.Rollout.Canary: CanaryChoice.Node(var canary) }:
                Expect(ResourceKind.EdgeNode, canary, resource.SpanOf("rollout", "canary"));
                break;
            case Resource<EdgeNodeSpec> { Spec.Site: { } site }:
                Expect(ResourceKind.Site, site, resource.SpanOf("site"));
                break;
            case Resource<DeviceSpec> device:
                Expect(ResourceKind.EdgeNode, device.Spec.Node, resource.SpanOf("node"));
                Expect(ResourceKind.DeviceModel, device.Spec.Model, resource.SpanOf("model"));
                break;
            case Resource<ConfigFileSpec> file:
                foreach (var workload in file.Spec.Restart)
                {
                    Expect(ResourceKind.Workload, workload, resource.SpanOfItem(workload, "restart"));
                }

                break;
        }

        if (resource is not Resource<DeviceSpec> && Units.PlacementOf(resource) is Placement.Nodes(var nodes))
        {
            foreach (var node in nodes)
            {
                Expect(ResourceKind.EdgeNode, node, resource.SpanOfItem(node, "placement", "nodes"));
            }
        }

        foreach (var requirement in Units.RequiresOf(resource))
        {
            if (requirement.Name is { } name)
            {
                Expect(Units.ResourceKindOf(requirement.Kind), name,
                    resource.SpanOfItem(requirement.ToString(), "requires"));
            }
        }
    }

    private void Expect(ResourceKind kind, string name, SourceSpan span)
    {
        if (_names.Contains((kind, name)))
        {
            return;
        }

        var near = _suggestions++ < MaxSuggestions ? Spelling.Nearest(name, _inOrder[kind]) : null;
        _findings.Error(ManifestCodes.DanglingReference, span, $"there is no {kind} '{name}'",
            near is null ? $"write a {kind} of that name, or correct the name" : $"did you mean '{near}'?");
    }
}

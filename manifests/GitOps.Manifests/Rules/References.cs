using GitOps.Manifests.Kinds;
using GitOps.Manifests.Targeting;

namespace GitOps.Manifests.Rules;

/// <summary>A name that stands for another resource, and where it is written.</summary>
internal readonly record struct Reference(ResourceKind Kind, string Name, Func<SourceSpan> Place);

/// <summary>Every name that stands for another resource has one.</summary>
internal static class References
{
    // A spelling is looked for among all names of a kind: in a fleet where everything dangles that would be quadratic.
    private const int MaxSuggestions = 100;

    /// <summary>The names a resource uses, in the order in which they are looked at.</summary>
    public static IEnumerable<Reference> Of(Resource resource)
    {
        switch (resource)
        {
            case Resource<FleetSpec> { Spec.Rollout.Canary: CanaryChoice.Node(var canary) }:
                yield return new(ResourceKind.EdgeNode, canary, () => resource.SpanOf("rollout", "canary"));
                break;
            case Resource<EdgeNodeSpec> { Spec.Site: { } site }:
                yield return new(ResourceKind.Site, site, () => resource.SpanOf("site"));
                break;
            case Resource<DeviceSpec> device:
                yield return new(ResourceKind.EdgeNode, device.Spec.Node, () => resource.SpanOf("node"));
                yield return new(ResourceKind.DeviceModel, device.Spec.Model, () => resource.SpanOf("model"));
                if (device.Spec.Password is { } password)
                {
                    yield return new(ResourceKind.Secret, password.Name, () => resource.SpanOf("connection", "password"));
                }

                foreach (var (secret, fields) in device.Spec.Backend?.Secrets ?? [])
                {
                    yield return new(ResourceKind.Secret, secret.Name, () => resource.SpanOf(fields));
                }

                break;
            case Resource<DeviceImportSpec> { Spec.Backend: { } backend }:
                foreach (var (secret, fields) in backend.Secrets)
                {
                    yield return new(ResourceKind.Secret, secret.Name, () => resource.SpanOf(fields));
                }

                break;
            case Resource<EdgeXSpec> edgeX:
                yield return new(ResourceKind.EdgeNode, edgeX.Spec.Node, () => resource.Span);
                break;
            case Resource<VolumeSyncSpec> sync:
                yield return new(ResourceKind.Volume, sync.Spec.Volume, () => resource.SpanOf("volume"));
                foreach (var (secret, fields) in sync.Spec.Secrets)
                {
                    yield return new(ResourceKind.Secret, secret.Name, () => resource.SpanOf(fields));
                }

                break;
            case Resource<ConfigFileSpec> file:
                foreach (var workload in file.Spec.Restart)
                {
                    yield return new(ResourceKind.Workload, workload, () => resource.SpanOfItem(workload, "restart"));
                }

                break;
        }

        if (resource is not (Resource<DeviceSpec> or Resource<EdgeXSpec>) && Units.PlacementOf(resource) is Placement.Nodes(var nodes))
        {
            foreach (var node in nodes)
            {
                yield return new(ResourceKind.EdgeNode, node, () => resource.SpanOfItem(node, "placement", "nodes"));
            }
        }

        foreach (var (probe, span) in DeviceProbes.Of(resource))
        {
            yield return new(ResourceKind.Device, probe.Device, () => span);
        }

        foreach (var requirement in Units.RequiresOf(resource))
        {
            if (requirement.Name is { } name)
            {
                yield return new(Units.ResourceKindOf(requirement.Kind), name, () => resource.SpanOfItem(requirement.ToString(), "requires"));
            }
        }
    }

    /// <summary>Reports the uses of names that nothing has.</summary>
    /// <param name="resources">All there are, in the order of files and lines.</param>
    /// <param name="names">The names of a kind, in that order.</param>
    public static void Report(
        IReadOnlySet<(ResourceKind, string)> dangling, IEnumerable<Resource> resources, Func<ResourceKind, IEnumerable<string>> names, FindingList findings)
    {
        var suggestions = 0;
        foreach (var (kind, name, place) in resources.SelectMany(Of).Where(reference => dangling.Contains((reference.Kind, reference.Name))))
        {
            var near = suggestions++ < MaxSuggestions ? Spelling.Nearest(name, names(kind)) : null;
            findings.Error(ManifestCodes.DanglingReference, place(), $"there is no {kind} '{name}'",
                near is null ? $"write a {kind} of that name, or correct the name" : $"did you mean '{near}'?");
        }
    }
}

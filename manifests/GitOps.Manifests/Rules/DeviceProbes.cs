using GitOps.Bundles.Units;
using GitOps.Manifests.Kinds;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.Rules;

/// <summary>Probes of workloads that look at a device.</summary>
public static class DeviceProbes
{
    public static IEnumerable<(DeviceProbe Probe, SourceSpan Span)> Of(Resource resource)
    {
        if (resource is not Resource<Kinds.WorkloadSpec> workload)
        {
            yield break;
        }

        foreach (var probe in workload.Spec.Probes)
        {
            if (probe.Device is { } device)
            {
                yield return (device, Place(resource, probe.Name));
            }
        }
    }

    private static SourceSpan Place(Resource resource, string probe)
    {
        if (resource.Tree is YamlNode.Mapping spec && spec.TryGet("probes", out var list) && list is YamlNode.Sequence { Items: var items })
        {
            foreach (var item in items)
            {
                if (item is YamlNode.Mapping one && one.TryGet("name", out var name) && name is YamlNode.Scalar { Text: var text } && text == probe &&
                    one.TryGet("device", out var device))
                {
                    return device.Span;
                }
            }
        }

        return resource.SpanOf("probes");
    }
}

using System.Collections.Immutable;
using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Manifests.Kinds;
using GitOps.Manifests.State;

namespace GitOps.Manifests.Rules;

/// <summary>Something that must not be on one node together, or is missing there.</summary>
/// <param name="Missing">It is only wrong while this is written somewhere; what is nowhere has a finding of its own.</param>
/// <param name="NeedsAll">It can only be told when every resource was read.</param>
internal sealed record NodeViolation(Finding Finding, (ResourceKind Kind, string Name)? Missing = null, bool NeedsAll = false);

/// <summary>
/// The rules about what meets on one node, as far as it shows without rendering. They look at the resources only, so nodes
/// with the same resources are judged once; the finding names the first node by name.
/// </summary>
internal static class NodeRules
{
    public static ImmutableArray<NodeViolation> Check(ResourceSet set)
    {
        List<NodeViolation> violations = [];
        OneClock(set, violations);
        SerialLines(set, violations);
        foreach (var resource in set.Items)
        {
            RequirementsAreHere(resource, set, violations);
            RestartsAreHere(resource, set, violations);
            SyncedVolumesAreHere(resource, set, violations);
            ProbedDevicesAreHere(resource, set, violations);
        }

        var findings = new FindingList();
        GroupConflicts.Check(set, findings);
        StaticClaims.Check(set, findings);
        return [.. violations, .. findings.ToSorted().Select(finding => new NodeViolation(finding))];
    }

    private static void OneClock(ResourceSet set, List<NodeViolation> violations)
    {
        var clocks = set.Items.OfType<Resource<TimeSyncSpec>>().ToList();
        violations.AddRange(clocks.Skip(1).Select(clock => Error(
            ManifestCodes.TwoClocks, clock.SpanOf("placement"),
            $"the TimeSyncs '{clocks[0].Name}' and '{clock.Name}' are both on node '{NodeFindings.Node}'",
            "narrow one of the placements")));
    }

    /// <summary>
    /// A port has one set of settings, and two devices of one number would both answer. Two of another system's may be one unit
    /// that two profiles describe, which EdgeX takes.
    /// </summary>
    private static void SerialLines(ResourceSet set, List<NodeViolation> violations)
    {
        var lines = new Dictionary<string, List<Resource<Kinds.DeviceSpec>>>(StringComparer.Ordinal);
        foreach (var device in set.Items.OfType<Resource<Kinds.DeviceSpec>>().Where(device => device is { HasTemplates: false, Spec.Connection.Serial: not null }))
        {
            var line = device.Spec.Connection.Serial!;
            if (!lines.TryGetValue(line.Path, out var others))
            {
                lines[line.Path] = [device];
                continue;
            }

            if (others[0].Spec.Connection.Serial != line)
            {
                violations.Add(Error(ManifestCodes.DeviceConnection, device.SpanOf("connection", "serial"),
                    $"'{device.Name}' and '{others[0].Name}' are on the line {line.Path} of node '{NodeFindings.Node}' and set it up differently",
                    "write the same baud, parity and stopBits with both, or another path"));
            }
            else if (others[0].Spec.Backend?.Metadata != device.Spec.Backend?.Metadata)
            {
                violations.Add(Error(ManifestCodes.LineOfTwo, device.SpanOf("backend"),
                    $"'{device.Name}' is spoken with by {MasterOf(device)} and '{others[0].Name}' by {MasterOf(others[0])}, both on the line {line.Path} of node '{NodeFindings.Node}'",
                    "give all devices of the line the same backend, or none"));
            }
            else if (others.Find(other => (other.Spec.Connection.UnitId ?? 1) == (device.Spec.Connection.UnitId ?? 1) &&
                         (other.Spec.Foreign is null || device.Spec.Foreign is null)) is { } same)
            {
                violations.Add(Error(ManifestCodes.DeviceConnection, device.SpanOf("connection"),
                    $"'{device.Name}' and '{same.Name}' are both unit {device.Spec.Connection.UnitId ?? 1} of the line {line.Path} on node '{NodeFindings.Node}'",
                    "give each device of a line a unitId of its own, at the device and here"));
            }

            others.Add(device);
        }
    }

    private static string MasterOf(Resource<Kinds.DeviceSpec> device) => device.Spec.Backend is { } backend ? $"the EdgeX at {backend.Metadata}" : "the agent";

    private static void RequirementsAreHere(Resource resource, ResourceSet set, List<NodeViolation> violations)
    {
        foreach (var requirement in Units.RequiresOf(resource))
        {
            const string Fix = "place both on the same nodes, or drop the requirement";
            if (requirement.Name is not { } name)
            {
                if (!set.Items.Any(item => item.Kind == ResourceKind.TimeSync))
                {
                    violations.Add(Error(ManifestCodes.RequirementElsewhere, resource.SpanOfItem(requirement.ToString(), "requires"),
                        $"{resource.Kind} '{resource.Name}' requires the clock, and node '{NodeFindings.Node}' has no TimeSync", Fix)
                        with
                    { NeedsAll = true });
                }
            }
            else if (Units.ResourceKindOf(requirement.Kind) is var kind && !set.Contains(kind, name))
            {
                violations.Add(Error(ManifestCodes.RequirementElsewhere, resource.SpanOfItem(requirement.ToString(), "requires"),
                    $"{resource.Kind} '{resource.Name}' requires {requirement}, which is not on node '{NodeFindings.Node}'", Fix)
                    with
                { NeedsAll = true, Missing = (kind, name) });
            }
        }
    }

    private static void RestartsAreHere(Resource resource, ResourceSet set, List<NodeViolation> violations)
    {
        if (resource is not Resource<ConfigFileSpec> file)
        {
            return;
        }

        foreach (var name in file.Spec.Restart.Where(name => !set.Contains(ResourceKind.Workload, name)))
        {
            violations.Add(Error(ManifestCodes.RequirementElsewhere, file.SpanOfItem(name, "restart"),
                $"ConfigFile '{file.Name}' restarts {new UnitId(UnitKinds.Workload, name)}, which is not on node '{NodeFindings.Node}'",
                "place both on the same nodes, or write a ConfigFile for the other nodes")
                with
            { NeedsAll = true, Missing = (ResourceKind.Workload, name) });
        }
    }

    private static void SyncedVolumesAreHere(Resource resource, ResourceSet set, List<NodeViolation> violations)
    {
        if (resource is Resource<VolumeSyncSpec> sync && !set.Contains(ResourceKind.Volume, sync.Spec.Volume))
        {
            violations.Add(Error(ManifestCodes.RequirementElsewhere, sync.SpanOf("volume"),
                $"VolumeSync '{sync.Name}' is about {new UnitId(UnitKinds.Volume, sync.Spec.Volume)}, which is not on node '{NodeFindings.Node}'",
                "place both on the same nodes, or write a VolumeSync for the other nodes")
                with
            { NeedsAll = true, Missing = (ResourceKind.Volume, sync.Spec.Volume) });
        }
    }

    private static void ProbedDevicesAreHere(Resource resource, ResourceSet set, List<NodeViolation> violations)
    {
        foreach (var (probe, span) in DeviceProbes.Of(resource).Where(found => !set.Contains(ResourceKind.Device, found.Probe.Device)))
        {
            violations.Add(Error(ManifestCodes.RequirementElsewhere, span,
                $"a probe of Workload '{resource.Name}' looks at {new UnitId(UnitKinds.Device, probe.Device)}, which is not on node '{NodeFindings.Node}'",
                "place the Workload on the node of the device only, or look at the device from a Workload of that node")
                with
            { NeedsAll = true, Missing = (ResourceKind.Device, probe.Device) });
        }
    }

    private static NodeViolation Error(ErrorCode code, SourceSpan span, string what, string fix) =>
        new(new Finding(code, Severity.Error, span, what, fix));
}

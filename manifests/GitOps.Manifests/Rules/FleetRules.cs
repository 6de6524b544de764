using System.Collections.Immutable;
using GitOps.Manifests.Kinds;
using GitOps.Manifests.Targeting;

namespace GitOps.Manifests.Rules;

/// <summary>
/// What must hold between resources, as far as it shows without rendering. Each rule reports everything it finds,
/// except
/// that something is missing while there is something that could not be read. What holds a template is checked again by
/// whoever renders it, with the same functions.
/// </summary>
public static class FleetRules
{
    /// <summary>All findings about a fleet, sorted by place.</summary>
    public static ImmutableArray<Finding> Check(FleetManifest manifest)
    {
        var findings = new FindingList();
        Check(manifest, findings);
        return findings.ToSorted();
    }

    internal static void Check(FleetManifest manifest, FindingList findings)
    {
        var placements = new PlacementTable(manifest);
        ExactlyOneFleet(manifest, findings);
        NamesAreUnique(manifest, findings);
        Renames(manifest, findings);
        if (manifest.IsWhole)
        {
            References.Check(manifest, findings);
        }

        if (manifest.IsComplete)
        {
            PlacementsSelectSomething(placements, findings);
            RequirementRules.AreOnTheNode(placements, findings);
        }

        OneClockPerNode(placements, findings);
        GroupConflicts.Check(manifest, findings);
        RequirementRules.GoNotInCircles(placements, findings);
        StaticClaims.Check(placements, findings);
        foreach (var resource in manifest.All)
        {
            SourceFiles.Check(manifest.Source, resource, resource.Tree, findings);
        }

        foreach (var device in manifest.Devices)
        {
            if (!device.HasTemplates && manifest.DeviceModels.TryGet(device.Spec.Model, out var model))
            {
                DeviceRules.Check(device, device.Tree, device.Spec, model.Spec, findings);
            }
        }
    }

    private static void ExactlyOneFleet(FleetManifest manifest, FindingList findings)
    {
        var fleets = manifest.Declared.Where(d => d.Kind == ResourceKind.Fleet).ToList();
        if (fleets.Count == 0 && manifest.IsWhole)
        {
            findings.Error(ManifestCodes.FleetCount, SourceSpan.StartOf("fleet.yaml"), "the repository has no Fleet",
                "add a document 'kind: Fleet' with a uid, for instance in fleet.yaml");
        }

        foreach (var extra in fleets.Skip(1))
        {
            findings.Error(ManifestCodes.FleetCount, extra.Span, $"a second Fleet; the first is in {fleets[0].Span}",
                "keep one; another fleet has a repository of its own");
        }
    }

    private static void NamesAreUnique(FleetManifest manifest, FindingList findings)
    {
        var first = new Dictionary<(ResourceKind, string), SourceSpan>();
        foreach (var declared in manifest.Declared)
        {
            if (!first.TryAdd((declared.Kind, declared.Name), declared.Span) && declared.Kind != ResourceKind.Fleet)
            {
                findings.Error(ManifestCodes.DuplicateResource, declared.Span,
                    $"{declared.Kind} '{declared.Name}' is written twice; the first is in {first[(declared.Kind, declared.Name)]}",
                    "rename or remove one of them");
            }
        }
    }

    private static void Renames(FleetManifest manifest, FindingList findings)
    {
        var declared = manifest.Declared.Select(d => (d.Kind, d.Name)).ToHashSet();
        var claimed = new Dictionary<(ResourceKind, string), Resource>();
        foreach (var resource in manifest.All)
        {
            if (Units.MovedFromOf(resource) is not { } old)
            {
                continue;
            }

            if (declared.Contains((resource.Kind, old)))
            {
                findings.Error(ManifestCodes.MovedFrom, resource.SpanOf("movedFrom"),
                    $"'{resource.Name}' was moved from '{old}', and {resource.Kind} '{old}' is still there",
                    old == resource.Name ? "remove 'movedFrom'" : "remove the old resource, or 'movedFrom'");
            }
            else if (!claimed.TryAdd((resource.Kind, old), resource))
            {
                findings.Error(ManifestCodes.MovedFrom, resource.SpanOf("movedFrom"),
                    $"'{resource.Name}' and '{claimed[(resource.Kind, old)].Name}' were both moved from '{old}'",
                    "keep 'movedFrom' in the one that takes over what is on the node");
            }
        }
    }

    private static void PlacementsSelectSomething(PlacementTable placements, FindingList findings)
    {
        foreach (var resource in placements.Placed)
        {
            // Names that are no node have a finding of their own.
            if (Units.PlacementOf(resource) is not Placement.Nodes && placements.NodesOf(resource).IsEmpty)
            {
                findings.Warning(ManifestCodes.PlacedNowhere, resource.SpanOf("placement"),
                    $"the placement of {resource.Kind} '{resource.Name}' selects no node",
                    "check the labels of the nodes it is meant for");
            }
        }

        if (placements.Fleet.Fleet is { Spec.Rollout.Canary: CanaryChoice.Matching(var canary) } fleet &&
            placements.Fleet.NodeIndex.Select(canary).IsEmpty)
        {
            findings.Warning(ManifestCodes.PlacedNowhere, fleet.SpanOf("rollout", "canary"),
                "the selector of the canary matches no node, so no rollout would find one",
                    "check the labels of the nodes it is meant for");
        }

        foreach (var group in placements.Fleet.Groups)
        {
            if (placements.Fleet.NodeIndex.Select(group.Spec.Selector).IsEmpty)
            {
                findings.Warning(ManifestCodes.PlacedNowhere, group.SpanOf("selector"),
                    $"the selector of NodeGroup '{group.Name}' matches no node",
                        "check the labels of the nodes it is meant for");
            }
        }
    }

    private static void OneClockPerNode(PlacementTable placements, FindingList findings)
    {
        var clocks = new Dictionary<string, Resource>(StringComparer.Ordinal);
        foreach (var clock in placements.Fleet.TimeSyncs)
        {
            foreach (var node in placements.NodesOf(clock))
            {
                if (!clocks.TryAdd(node.Name, clock))
                {
                    findings.Error(ManifestCodes.TwoClocks, clock.SpanOf("placement"),
                        $"the TimeSyncs '{clocks[node.Name].Name}' and '{clock.Name}' are both on node '{node.Name}'",
                        "narrow one of the placements");
                    break;
                }
            }
        }
    }
}

using System.Collections.Immutable;
using GitOps.Manifests.Kinds;
using GitOps.Manifests.Rules;
using GitOps.Manifests.Targeting;

namespace GitOps.Manifests.State;

/// <summary>
/// What must hold between resources, as far as it shows without rendering; kept from revision to revision. Each rule
/// reports everything it finds, except that something is missing while there is something that could not be read. What
/// holds a template is checked again by whoever renders it, with the same functions.
/// </summary>
internal sealed class FleetRules(ManifestFiles files, ResourceTable table, PlacementIndex placements)
{
    private readonly CountedNames<(ResourceKind, string)> _references = new();
    private readonly HashSet<(ResourceKind, string)> _dangling = [];
    private readonly HashSet<Resource> _moved = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<Resource> _requiring = new(ReferenceEqualityComparer.Instance);
    private readonly ContainerRules _containers = new();
    private readonly DeviceTable _devices = new(table);
    private readonly NodeFindings<NodeViolation> _onNodes = new();
    private ImmutableArray<Finding> _circles = [];

    /// <param name="nodes">The nodes on which something is not as it was.</param>
    public void Apply(IReadOnlyList<FileChange> changed, IReadOnlyList<ResourceChange> resources, IReadOnlySet<string> nodes)
    {
        var names = new HashSet<(ResourceKind, string)>();
        foreach (var file in changed)
        {
            Count(file.AddedDeclarations, file.AddedResources, isThere: true, names);
            Count(file.RemovedDeclarations, file.RemovedResources, isThere: false, names);
        }

        foreach (var (kind, name) in names)
        {
            if (_references.Contains((kind, name)) && !table.IsDeclared(kind, name))
            {
                _dangling.Add((kind, name));
            }
            else
            {
                _dangling.Remove((kind, name));
            }
        }

        _devices.Apply(resources);
        foreach (var node in nodes)
        {
            _onNodes.Set(node, placements.Nodes.TryGetValue(node, out var placed) ? [.. placed.Units.Violations, .. placed.Groups.Violations] : []);
        }

        UpdateCircles(resources, nodes.Count > 0);
    }

    public void Report(FleetManifest manifest, FindingList findings)
    {
        ExactlyOneFleet(findings);
        NamesAreUnique(findings);
        Renames(findings);
        if (manifest.IsWhole && _dangling.Count > 0)
        {
            References.Report(_dangling, manifest.All,
                kind => manifest.Declared.Where(declared => declared.Kind == kind).Select(declared => declared.Name), findings);
        }

        if (manifest.IsComplete)
        {
            PlacementsSelectSomething(manifest, findings);
        }

        foreach (var (violation, node, _) in _onNodes.All)
        {
            if ((!violation.NeedsAll || manifest.IsComplete) &&
                (violation.Missing is not var (kind, name) || table.Find(kind, name) is not null))
            {
                findings.AddRange([violation.Finding.On(node)]);
            }
        }

        findings.AddRange(_circles);
        findings.AddRange(_devices.Findings);
        _containers.Report(manifest, findings);
        SecretRules.Report(manifest, findings);
        RegisterRules.Report(manifest, findings);
        SigningRules.Check(manifest, findings);
        if (files.Missing.Count > 0)
        {
            foreach (var resource in manifest.All)
            {
                SourceFiles.Check(manifest.Source, resource, resource.Tree, findings);
            }
        }
    }

    private void Count(
        IReadOnlyList<Declaration> declarations, IReadOnlyList<Resource> resources, bool isThere, HashSet<(ResourceKind, string)> names)
    {
        foreach (var declared in declarations)
        {
            names.Add((declared.Kind, declared.Name));
        }

        foreach (var resource in resources)
        {
            foreach (var reference in References.Of(resource))
            {
                var name = (reference.Kind, reference.Name);
                if (isThere ? _references.Add(name) : _references.Remove(name))
                {
                    names.Add(name);
                }
            }

            if (Units.MovedFromOf(resource) is not null && (isThere ? _moved.Add(resource) : _moved.Remove(resource)) is false)
            {
                throw new InvalidOperationException($"{resource.Kind} '{resource.Name}' was {(isThere ? "there" : "gone")} already");
            }
        }
    }

    private void UpdateCircles(IReadOnlyList<ResourceChange> resources, bool areNodesTouched)
    {
        var isStale = false;
        foreach (var (old, next) in resources)
        {
            isStale |= old is not null && _requiring.Remove(old);
            isStale |= next is not null && !Units.RequiresOf(next).IsEmpty && _requiring.Add(next);
        }

        // Only a clock that waits for something itself can close a circle, and only where it is.
        List<Resource> clocks = [.. _requiring.Where(resource => resource.Kind == ResourceKind.TimeSync).OrderBy(clock => clock.Name, StringComparer.Ordinal)];
        if (isStale || (areNodesTouched && clocks.Count > 0))
        {
            var findings = new FindingList();
            RequirementRules.GoNotInCircles(
                [.. _requiring.OrderBy(resource => resource.Span)], new RequirementRules.Graph(table.Find, clocks, Meet), findings);
            _circles = findings.ToSorted();
        }
    }

    private bool Meet(Resource resource, Resource clock) =>
        placements.Select(PlacementTable.Of(resource)!).Any(node => placements.Nodes[node].Units.Contains(clock.Kind, clock.Name));

    private void ExactlyOneFleet(FindingList findings)
    {
        var fleets = table.Fleets;
        if (fleets.IsEmpty && files.IsWhole)
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

    private void NamesAreUnique(FindingList findings)
    {
        foreach (var same in table.Twice)
        {
            foreach (var declared in same.Skip(1).Where(declared => declared.Kind != ResourceKind.Fleet))
            {
                findings.Error(ManifestCodes.DuplicateResource, declared.Span,
                    $"{declared.Kind} '{declared.Name}' is written twice; the first is in {same[0].Span}",
                    "rename or remove one of them");
            }
        }
    }

    private void Renames(FindingList findings)
    {
        var claimed = new Dictionary<(ResourceKind, string), Resource>();
        foreach (var resource in _moved.OrderBy(resource => resource.Span))
        {
            var old = Units.MovedFromOf(resource)!;
            if (table.IsDeclared(resource.Kind, old))
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

    private void PlacementsSelectSomething(FleetManifest manifest, FindingList findings)
    {
        const string Fix = "check the labels of the nodes it is meant for";
        foreach (var resource in placements.Nowhere)
        {
            if (resource.Kind == ResourceKind.NodeGroup)
            {
                findings.Warning(ManifestCodes.PlacedNowhere, resource.SpanOf("selector"),
                    $"the selector of NodeGroup '{resource.Name}' matches no node", Fix);
            }
            else if (resource.Kind != ResourceKind.Site && Units.PlacementOf(resource) is not Placement.Nodes) // names that are no node have a finding of their own
            {
                findings.Warning(ManifestCodes.PlacedNowhere, resource.SpanOf("placement"),
                    $"the placement of {resource.Kind} '{resource.Name}' selects no node", Fix);
            }
        }

        if (manifest.Fleet is { Spec.Rollout.Canary: CanaryChoice.Matching(var canary) } fleet &&
            placements.Select(new Placement.Matching(canary)).Count == 0)
        {
            findings.Warning(ManifestCodes.PlacedNowhere, fleet.SpanOf("rollout", "canary"),
                "the selector of the canary matches no node, so no rollout would find one", Fix);
        }
    }
}

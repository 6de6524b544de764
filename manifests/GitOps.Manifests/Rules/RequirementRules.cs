using GitOps.Bundles.Units;
using GitOps.Manifests.Kinds;

namespace GitOps.Manifests.Rules;

/// <summary>What a unit waits for or restarts is on its node, and no two wait for each other.</summary>
internal static class RequirementRules
{
    public static void AreOnTheNode(PlacementTable placements, FindingList findings)
    {
        var withClock = placements.Fleet.TimeSyncs.SelectMany(clock => placements.NodesOf(clock))
            .Select(node => node.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var resource in placements.Placed)
        {
            foreach (var requirement in Units.RequiresOf(resource))
            {
                Resource? required = null;
                if (requirement.Name is { } name && !placements.TryGet(requirement.Kind, name, out required))
                {
                    continue; // not there, or not readable: it has a finding
                }

                var missing = placements.NodesOf(resource)
                    .FirstOrDefault(node =>
                        required is null ? !withClock.Contains(node.Name) : !placements.IsOn(required, node));
                if (missing is not null)
                {
                    findings.Error(ManifestCodes.RequirementElsewhere,
                        resource.SpanOfItem(requirement.ToString(), "requires"),
                        required is null
                            ? $"{resource.Kind} '{resource.Name}' requires the clock, and node '{missing.Name}' has no TimeSync"
                            : $"{resource.Kind} '{resource.Name}' requires {requirement}, which is not on node '{missing.Name}'",
                        "place both on the same nodes, or drop the requirement");
                }
            }

            if (resource is Resource<ConfigFileSpec> file)
            {
                RestartsAreOnTheNode(file, placements, findings);
            }
        }
    }

    private static void RestartsAreOnTheNode(Resource<ConfigFileSpec> file, PlacementTable placements,
        FindingList findings)
    {
        foreach (var name in file.Spec.Restart)
        {
            if (placements.TryGet(UnitKinds.Workload, name, out var workload) &&
                placements.NodesOf(file).FirstOrDefault(node => !placements.IsOn(workload, node)) is { } missing)
            {
                findings.Error(ManifestCodes.RequirementElsewhere, file.SpanOfItem(name, "restart"),
                    $"ConfigFile '{file.Name}' restarts workload/{name}, which is not on node '{missing.Name}'",
                    "place both on the same nodes, or write a ConfigFile for the other nodes");
            }
        }
    }

    // Depth first without recursion: a chain may be as long as the fleet has units.
    public static void GoNotInCircles(PlacementTable placements, FindingList findings)
    {
        var done = new HashSet<Resource>(ReferenceEqualityComparer.Instance);
        var onPath = new Dictionary<Resource, int>(ReferenceEqualityComparer.Instance);
        var path = new Stack<(Resource Resource, IEnumerator<Resource> Next)>();
        foreach (var start in placements.Placed)
        {
            if (done.Contains(start))
            {
                continue;
            }

            Push(start);
            while (path.TryPeek(out var top))
            {
                if (!top.Next.MoveNext())
                {
                    path.Pop();
                    onPath.Remove(top.Resource);
                    done.Add(top.Resource);
                }
                else if (onPath.TryGetValue(top.Next.Current, out var depth))
                {
                    Report(path.Reverse().Skip(depth).Select(step => step.Resource).ToList(), findings);
                }
                else if (!done.Contains(top.Next.Current))
                {
                    Push(top.Next.Current);
                }
            }
        }

        void Push(Resource resource)
        {
            onPath.Add(resource, path.Count);
            path.Push((resource, RequiredBy(resource, placements).GetEnumerator()));
        }
    }

    private static IEnumerable<Resource> RequiredBy(Resource resource, PlacementTable placements)
    {
        foreach (var requirement in Units.RequiresOf(resource))
        {
            if (requirement.Name is { } name)
            {
                if (placements.TryGet(requirement.Kind, name, out var required))
                {
                    yield return required;
                }

                continue;
            }

            // Only a clock that waits for something itself can close a circle.
            foreach (var clock in placements.Fleet.TimeSyncs.Where(clock => !clock.Spec.Requires.IsEmpty))
            {
                if (placements.NodesOf(resource).Any(node => placements.IsOn(clock, node)))
                {
                    yield return clock;
                }
            }
        }
    }

    private static void Report(List<Resource> circle, FindingList findings)
    {
        var names = circle.Append(circle[0]).Select(resource => Units.IdOf(resource)?.ToString() ?? resource.Name);
        var second = circle[circle.Count > 1 ? 1 : 0];
        var written = second.Kind == ResourceKind.TimeSync ? UnitKinds.Clock
            : Units.IdOf(second)?.ToString() ?? second.Name;
        findings.Error(ManifestCodes.RequiresCycle, circle[0].SpanOfItem(written, "requires"),
            $"each of these waits for the next: {string.Join(" → ", names.Take(12))}",
                "take out one of the requirements");
    }
}

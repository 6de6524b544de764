using GitOps.Bundles.Units;
using GitOps.Manifests.Kinds;

namespace GitOps.Manifests.Rules;

/// <summary>No two units wait for each other.</summary>
internal static class RequirementRules
{
    // Depth first without recursion: a chain may be as long as the fleet has units.
    /// <param name="requiring">Everything that waits for something, in the order of files and lines.</param>
    public static void GoNotInCircles(IReadOnlyList<Resource> requiring, Graph graph, FindingList findings)
    {
        var done = new HashSet<Resource>(ReferenceEqualityComparer.Instance);
        var onPath = new Dictionary<Resource, int>(ReferenceEqualityComparer.Instance);
        var path = new Stack<(Resource Resource, IEnumerator<Resource> Next)>();
        foreach (var start in requiring)
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
            path.Push((resource, RequiredBy(resource, graph).GetEnumerator()));
        }
    }

    private static IEnumerable<Resource> RequiredBy(Resource resource, Graph graph)
    {
        foreach (var requirement in Units.RequiresOf(resource))
        {
            if (requirement.Name is { } name)
            {
                if (graph.Find(Units.ResourceKindOf(requirement.Kind), name) is { } required)
                {
                    yield return required;
                }

                continue;
            }

            // Only a clock that waits for something itself can close a circle.
            foreach (var clock in graph.WaitingClocks.Where(clock => graph.Meet(resource, clock)))
            {
                yield return clock;
            }
        }
    }

    /// <summary>How resources hang together.</summary>
    /// <param name="WaitingClocks">TimeSyncs that wait for something themselves, by name.</param>
    /// <param name="Meet">Whether two are on one node.</param>
    public sealed record Graph(
        Func<ResourceKind, string, Resource?> Find, IReadOnlyList<Resource> WaitingClocks, Func<Resource, Resource, bool> Meet);

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

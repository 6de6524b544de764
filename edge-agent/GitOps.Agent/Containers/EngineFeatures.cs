using GitOps.Agent.Planning;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Containers;

/// <summary>What the engine and the kernel of this node can do, as the engine says.</summary>
/// <param name="Architecture">Of the machine, as images name it: <c>amd64</c>, <c>arm64</c>.</param>
public sealed record EngineFeatures(string Architecture)
{
    public required bool LimitsMemory { get; init; }

    public required bool LimitsProcessor { get; init; }

    public required bool LimitsPids { get; init; }

    /// <summary>The agent may enter the network of a container: HTTP and TCP probes are asked from there.</summary>
    public required bool EntersNetworks { get; init; }
}

/// <summary>What an image says about itself.</summary>
/// <param name="User">Empty: root.</param>
public sealed record ImageFacts(string Architecture, string User);

/// <summary>Finds what this node cannot run, before anything is touched.</summary>
public static class EngineCheck
{
    public static IEnumerable<UnitProblem> Check(Unit unit, EngineFeatures features) =>
        unit.Group.All().SelectMany(c => Lacking(c, features), (c, what) => new UnitProblem(unit.Id, new Problem(ContainerCodes.CannotRun,
            What: $"{unit.Id}: container '{c.Name}' {what}", Fix: "leave it out, or place the unit on other nodes")));

    /// <param name="facts">Of an image that is on this node.</param>
    public static IEnumerable<UnitProblem> Check(Unit unit, EngineFeatures features, Func<string, ImageFacts?> facts)
    {
        foreach (var container in unit.Group.All())
        {
            var image = facts(container.Image);
            if (image is not null && image.Architecture.Length > 0 && image.Architecture != features.Architecture)
            {
                yield return Problem(unit, $"container '{container.Name}': the image is for {image.Architecture}, this node is {features.Architecture}",
                    $"pin the digest of the image for {features.Architecture}, or of the list that holds all");
            }

            if (image is not null && container is { User: null, Security.NonRoot: true } && IsRoot(image.User))
            {
                yield return Problem(unit, $"container '{container.Name}' must not run as root, and its image says no other user",
                    "say a user, or take another image");
            }

            if (container is { User: { } user, Security.NonRoot: true } && IsRoot(user))
            {
                yield return Problem(unit, $"container '{container.Name}' must not run as root, and is to run as '{user}'", "say another user");
            }
        }
    }

    private static UnitProblem Problem(Unit unit, string what, string fix) =>
        new(unit.Id, new Problem(ContainerCodes.CannotRun, $"{unit.Id}: {what}", fix));

    private static IEnumerable<string> Lacking(ContainerSpec container, EngineFeatures features)
    {
        if (container.Resources?.MemoryBytes is not null && !features.LimitsMemory)
        {
            yield return "has a memory limit, which engine and kernel of this node do not keep";
        }

        if (container.Resources?.CpuMillis is not null && !features.LimitsProcessor)
        {
            yield return "has a processor limit, which engine and kernel of this node do not keep";
        }

        if (container.Resources?.Pids is not null && !features.LimitsPids)
        {
            yield return "has a limit on processes, which engine and kernel of this node do not keep";
        }

        var probes = new[] { container.Startup, container.Liveness, container.Readiness };
        if (!features.EntersNetworks && probes.Any(p => p is { Exec: null }))
        {
            yield return "has an HTTP or TCP probe, which only an agent that is root on the same machine as the engine can ask";
        }
    }

    private static bool IsRoot(string user) => user.Split(':')[0] is "" or "0" or "root";
}

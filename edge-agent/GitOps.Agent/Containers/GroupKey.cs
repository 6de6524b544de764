using GitOps.Agent.Workloads;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Containers;

/// <summary>What a group must be made anew for.</summary>
public static class GroupKey
{
    /// <summary>
    /// As <see cref="WorkloadKey.Of"/>, without what the agent itself follows while containers run: probes, restart policy,
    /// pauses, the grace of a stop, the order of starts. A change of those takes effect and restarts nothing. With the paths
    /// of the volumes it mounts, which other units say.
    /// </summary>
    public static Digest Of(Unit unit, Bundle bundle)
    {
        var group = unit.Group;
        var essence = group with
        {
            Init = group.Init.Select(Essence).ToEquatableArray(),
            Containers = group.Containers.Select(Essence).ToEquatableArray(),
            Volumes = group.Volumes.Concat(group.UnitVolumes(bundle).Select(v => new GroupVolume(v.Unit) { Host = new HostVolume(v.Path) }))
                .ToEquatableArray(),
        };
        return WorkloadKey.Of(new Unit(unit.Name, new WorkloadSpec { Containers = essence }), bundle);
    }

    /// <summary>Covers the files of the group's volumes. Null when it has none.</summary>
    public static Digest? OfFiles(ContainerGroupSpec group)
    {
        if (!group.HasFiles())
        {
            return null;
        }

        var files = group.Volumes.Where(v => !v.Files.IsEmpty)
            .SelectMany(v => v.Files.Select(f => f with { Name = $"{v.Name}/{f.Name}" }))
            .ToEquatableArray();
        return WorkloadKey.OfFiles(new ProcessSpec { Command = [], Files = files });
    }

    private static ContainerSpec Essence(ContainerSpec container) => container with
    {
        Restart = RestartPolicy.Always,
        Backoff = new RestartBackoff(0, 0),
        StopGraceMs = 0,
        Startup = null,
        Liveness = null,
        Readiness = null,
        DependsOn = [],
    };
}

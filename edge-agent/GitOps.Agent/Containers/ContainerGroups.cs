using System.Diagnostics;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Containers;

/// <summary>Units that the container driver is given, and what follows from them alone.</summary>
public static class ContainerGroups
{
    extension(Unit unit)
    {
        public ContainerGroupSpec Group => unit.Spec is WorkloadSpec { Containers: { } group }
            ? group
            : throw new UnreachableException($"{unit.Id} is no group of containers");
    }

    /// <summary>Those that run once first, then the others.</summary>
    public static IEnumerable<ContainerSpec> All(this ContainerGroupSpec group) => group.Init.Concat(group.Containers);

    /// <summary>Every image, once, in the order of use.</summary>
    public static IEnumerable<string> Images(this ContainerGroupSpec group) => group.All().Select(c => c.Image).Distinct(StringComparer.Ordinal);

    /// <summary>Where the volumes of the fleet lie that the group mounts; the bundle says so.</summary>
    public static EquatableArray<UnitVolumePath> UnitVolumes(this ContainerGroupSpec group, Bundle bundle)
    {
        var wanted = group.Volumes.Select(v => v.Unit).OfType<string>().ToHashSet(StringComparer.Ordinal);
        return bundle.Units.Where(u => u.Spec is VolumeSpec && wanted.Contains(u.Name))
            .Select(u => new UnitVolumePath(u.Name, ((VolumeSpec)u.Spec).Path)).ToEquatableArray();
    }

    public static bool HasFiles(this ContainerGroupSpec group) => group.Volumes.Any(v => !v.Files.IsEmpty);
}

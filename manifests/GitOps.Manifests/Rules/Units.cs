using System.Diagnostics;
using GitOps.Bundles;
using GitOps.Manifests.Kinds;
using GitOps.Manifests.Targeting;
using UnitKinds = GitOps.Bundles.Units.UnitKinds;

namespace GitOps.Manifests.Rules;

/// <summary>What the kinds that become units of a node have in common.</summary>
public static class Units
{
    /// <summary>Where it is; null for a kind that is on no node.</summary>
    public static Placement? PlacementOf(Resource resource) => resource switch
    {
        Resource<WorkloadSpec> workload => workload.Spec.Placement,
        Resource<ConfigFileSpec> file => file.Spec.Placement,
        Resource<VolumeSpec> volume => volume.Spec.Placement,
        Resource<VolumeSyncSpec> sync => sync.Spec.Placement,
        Resource<TimeSyncSpec> clock => clock.Spec.Placement,
        Resource<SecretSpec> secret => secret.Spec.Placement,
        Resource<DeviceSpec> device => new Placement.Nodes([device.Spec.Node]),
        Resource<EdgeXSpec> edgeX => new Placement.Nodes([edgeX.Spec.Node]),
        Resource<SiteSpec> { Spec.Uplink: not null } site => new Placement.Matching(new([new(NodeLabels.Site, site.Name)], [])),
        _ => null,
    };

    public static EquatableArray<Requirement> RequiresOf(Resource resource) => resource switch
    {
        Resource<WorkloadSpec> workload => workload.Spec.Requires,
        Resource<ConfigFileSpec> file => file.Spec.Requires,
        Resource<VolumeSpec> volume => volume.Spec.Requires,
        Resource<VolumeSyncSpec> sync => sync.Spec.Requires,
        Resource<TimeSyncSpec> clock => clock.Spec.Requires,
        Resource<DeviceSpec> device => device.Spec.Requires,
        _ => [],
    };

    public static string? MovedFromOf(Resource resource) => resource switch
    {
        Resource<WorkloadSpec> workload => workload.Spec.MovedFrom,
        Resource<ConfigFileSpec> file => file.Spec.MovedFrom,
        Resource<VolumeSpec> volume => volume.Spec.MovedFrom,
        Resource<VolumeSyncSpec> sync => sync.Spec.MovedFrom,
        Resource<TimeSyncSpec> clock => clock.Spec.MovedFrom,
        Resource<DeviceSpec> device => device.Spec.MovedFrom,
        _ => null,
    };

    /// <summary>The kind of resource that a unit of this kind is written as.</summary>
    public static ResourceKind ResourceKindOf(string unitKind) => unitKind switch
    {
        UnitKinds.File => ResourceKind.ConfigFile,
        UnitKinds.Workload => ResourceKind.Workload,
        UnitKinds.Volume => ResourceKind.Volume,
        UnitKinds.Sync => ResourceKind.VolumeSync,
        UnitKinds.Clock => ResourceKind.TimeSync,
        UnitKinds.Device => ResourceKind.Device,
        UnitKinds.Uplink => ResourceKind.Site,
        UnitKinds.EdgeX => ResourceKind.EdgeX,
        _ => throw new UnreachableException(unitKind),
    };

    /// <summary>The unit a resource becomes; null for a kind that becomes none.</summary>
    public static UnitId? IdOf(Resource resource) => resource.Kind switch
    {
        ResourceKind.ConfigFile => new(UnitKinds.File, resource.Name),
        ResourceKind.Workload => new(UnitKinds.Workload, resource.Name),
        ResourceKind.Volume => new(UnitKinds.Volume, resource.Name),
        ResourceKind.VolumeSync => new(UnitKinds.Sync, resource.Name),
        ResourceKind.TimeSync => new(UnitKinds.Clock, resource.Name),
        ResourceKind.Device => new(UnitKinds.Device, resource.Name),
        ResourceKind.EdgeX => new(UnitKinds.EdgeX, resource.Name),
        ResourceKind.Site => new(UnitKinds.Uplink, resource.Name),
        _ => null,
    };
}

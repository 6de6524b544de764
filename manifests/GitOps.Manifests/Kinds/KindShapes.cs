using System.Collections.Frozen;
using GitOps.Manifests.Shapes;

namespace GitOps.Manifests.Kinds;

/// <summary>Every kind of the language, in the order of the documents.</summary>
public static class KindShapes
{
    public static KindShape<FleetSpec> Fleet => NodeShapes.Fleet;

    public static KindShape<SiteSpec> Site => NodeShapes.Site;

    public static KindShape<EdgeNodeSpec> EdgeNode => NodeShapes.EdgeNode;

    public static KindShape<NodeInventorySpec> NodeInventory => InventoryShapes.NodeInventory;

    public static KindShape<NodeGroupSpec> NodeGroup => NodeShapes.NodeGroup;

    public static KindShape<WorkloadSpec> Workload => WorkloadShapes.Workload;

    public static KindShape<ConfigFileSpec> ConfigFile => FileShapes.ConfigFile;

    public static KindShape<DeviceModelSpec> DeviceModel => DeviceShapes.DeviceModel;

    public static KindShape<DeviceSpec> Device => DeviceShapes.Device;

    public static KindShape<DeviceImportSpec> DeviceImport => DeviceShapes.DeviceImport;

    public static KindShape<VolumeSpec> Volume => FileShapes.Volume;

    public static KindShape<VolumeSyncSpec> VolumeSync => SyncShapes.VolumeSync;

    public static KindShape<TimeSyncSpec> TimeSync => FileShapes.TimeSync;

    public static KindShape<SecretSpec> Secret => FileShapes.Secret;

    /// <summary>Not written, and so in no schema and no document; made of a DeviceImport.</summary>
    public static KindShape<EdgeXSpec> EdgeX => EdgeXShapes.EdgeX;

    public static IReadOnlyList<KindShape> All { get; } =
        [Fleet, Site, EdgeNode, NodeInventory, NodeGroup, Workload, ConfigFile, DeviceModel, Device, DeviceImport, Volume, VolumeSync, TimeSync, Secret];

    /// <summary>Kinds that are part of the language and not acted on yet, with what they are for.</summary>
    public static IReadOnlyDictionary<string, string> NotEnforcedYet { get; } =
        new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["Rollout"] = "waves, gates and windows",
            ["Route"] = "messages between devices, nodes and the cloud",
            ["Cluster"] = "Kubernetes clusters",
        }.ToFrozenDictionary(StringComparer.Ordinal);

    internal static FrozenDictionary<string, KindShape> ByName { get; } =
        All.ToFrozenDictionary(shape => shape.Kind.ToString(), StringComparer.Ordinal);
}

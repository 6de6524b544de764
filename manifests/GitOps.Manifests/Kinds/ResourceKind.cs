namespace GitOps.Manifests.Kinds;

/// <summary>The kinds that are enforced. The name of a member is the kind as written.</summary>
public enum ResourceKind
{
    Fleet,
    Site,
    EdgeNode,
    NodeInventory,
    NodeGroup,
    Workload,
    ConfigFile,
    DeviceModel,
    Device,
    Volume,
    TimeSync,
    Secret,
    DeviceImport,
    VolumeSync,

    /// <summary>Written by nobody: a DeviceImport whose backend is EdgeX becomes one.</summary>
    EdgeX,
}

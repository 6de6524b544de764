using GitOps.Manifests.Kinds;
using GitOps.Manifests.Targeting;

namespace GitOps.Manifests;

/// <summary>
/// Everything people wrote, typed and indexed. Made by the parser; what it holds may still break rules,
/// and <see cref="Fleet"/> is null when there is none.
/// </summary>
public sealed class FleetManifest
{
    /// <summary>Of two resources of one kind and name, the first is indexed; both are in <see cref="All"/>.</summary>
    public FleetManifest(FleetSource source, IEnumerable<Resource> resources, IEnumerable<Declaration> declared,
        bool isWhole)
    {
        Source = source;
        All = [.. resources];
        Declared = [.. declared];
        IsWhole = isWhole;
        Fleet = All.OfType<Resource<FleetSpec>>().FirstOrDefault();
        Sites = new(All);
        Nodes = new(All);
        Groups = new(All);
        Workloads = new(All);
        ConfigFiles = new(All);
        DeviceModels = new(All);
        Devices = new(All);
        Volumes = new(All);
        TimeSyncs = new(All);
        Secrets = new(All);
        NodeIndex = new NodeIndex(Nodes);
    }

    /// <summary>Where the files that <c>source</c> names are found.</summary>
    public FleetSource Source { get; }

    /// <summary>In the order of files and lines.</summary>
    public IReadOnlyList<Resource> All { get; }

    /// <summary>Every kind and name that was written, also of resources whose spec could not be read.</summary>
    public IReadOnlyList<Declaration> Declared { get; }

    /// <summary>
    /// False when some document could not be read so far that its kind and name are known: what seems to be missing may
    /// be in there.
    /// </summary>
    public bool IsWhole { get; }

    /// <summary>Everything that was written is in <see cref="All"/>.</summary>
    public bool IsComplete => IsWhole && Declared.Count == All.Count;

    public Resource<FleetSpec>? Fleet { get; }

    public ResourceIndex<SiteSpec> Sites { get; }

    public ResourceIndex<EdgeNodeSpec> Nodes { get; }

    public ResourceIndex<NodeGroupSpec> Groups { get; }

    public ResourceIndex<WorkloadSpec> Workloads { get; }

    public ResourceIndex<ConfigFileSpec> ConfigFiles { get; }

    public ResourceIndex<DeviceModelSpec> DeviceModels { get; }

    public ResourceIndex<DeviceSpec> Devices { get; }

    public ResourceIndex<VolumeSpec> Volumes { get; }

    public ResourceIndex<TimeSyncSpec> TimeSyncs { get; }

    public ResourceIndex<SecretSpec> Secrets { get; }

    /// <summary>The nodes by label, for placement.</summary>
    public NodeIndex NodeIndex { get; }
}

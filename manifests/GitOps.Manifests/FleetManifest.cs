using System.Collections.Immutable;
using GitOps.Manifests.Kinds;
using GitOps.Manifests.Targeting;

namespace GitOps.Manifests;

/// <summary>
/// Everything people wrote, typed and indexed, in one revision. What it holds may still break rules, and
/// <see cref="Fleet"/> is null when there is none. Making one costs nothing that grows with the fleet.
/// </summary>
public sealed class FleetManifest
{
    private readonly Lazy<IReadOnlyList<Resource>> _all;
    private readonly Lazy<IReadOnlyList<Declaration>> _declared;
    private readonly Lazy<NodeIndex> _nodeIndex;

    /// <summary>Of two resources of one kind and name, the first is indexed; both are in <see cref="All"/>.</summary>
    public FleetManifest(FleetSource source, IEnumerable<Resource> resources, IEnumerable<Declaration> declared,
        bool isWhole)
        : this(source, [.. resources], [.. declared], isWhole)
    {
    }

    internal FleetManifest(FleetSource source, ImmutableSortedDictionary<string, ParsedFile> files,
        Func<ResourceKind, ImmutableSortedDictionary<string, Resource>> byKind, bool isWhole, bool isComplete)
        : this(source, byKind, isWhole)
    {
        IsComplete = isComplete;
        _all = new(() => [.. files.Values.SelectMany(file => file.Resources)]);
        _declared = new(() => [.. files.Values.SelectMany(file => file.Declared)]);
    }

    private FleetManifest(FleetSource source, ImmutableArray<Resource> resources, ImmutableArray<Declaration> declared, bool isWhole)
        : this(source, Indexed(resources), isWhole)
    {
        IsComplete = isWhole && resources.Length == declared.Length;
        _all = new(() => resources);
        _declared = new(() => declared);
    }

    private FleetManifest(
        FleetSource source, Func<ResourceKind, ImmutableSortedDictionary<string, Resource>> byKind, bool isWhole)
    {
        Source = source;
        IsWhole = isWhole;
        _all = new(() => []);
        _declared = new(() => []);
        Fleet = byKind(ResourceKind.Fleet).Values.OfType<Resource<FleetSpec>>().OrderBy(fleet => fleet.Span).FirstOrDefault();
        Sites = new(byKind(ResourceKind.Site));
        Nodes = new(byKind(ResourceKind.EdgeNode));
        Groups = new(byKind(ResourceKind.NodeGroup));
        Workloads = new(byKind(ResourceKind.Workload));
        ConfigFiles = new(byKind(ResourceKind.ConfigFile));
        DeviceModels = new(byKind(ResourceKind.DeviceModel));
        Devices = new(byKind(ResourceKind.Device));
        DeviceImports = new(byKind(ResourceKind.DeviceImport));
        Volumes = new(byKind(ResourceKind.Volume));
        VolumeSyncs = new(byKind(ResourceKind.VolumeSync));
        TimeSyncs = new(byKind(ResourceKind.TimeSync));
        EdgeXs = new(byKind(ResourceKind.EdgeX));
        Secrets = new(byKind(ResourceKind.Secret));
        _nodeIndex = new(() => new NodeIndex(Nodes));
    }

    /// <summary>Where the files that <c>source</c> names are found.</summary>
    public FleetSource Source { get; }

    /// <summary>In the order of files and lines.</summary>
    public IReadOnlyList<Resource> All => _all.Value;

    /// <summary>Every kind and name that was written, also of resources whose spec could not be read.</summary>
    public IReadOnlyList<Declaration> Declared => _declared.Value;

    /// <summary>
    /// False when some document could not be read so far that its kind and name are known: what seems to be missing may
    /// be in there.
    /// </summary>
    public bool IsWhole { get; }

    /// <summary>Everything that was written was read.</summary>
    public bool IsComplete { get; }

    public Resource<FleetSpec>? Fleet { get; }

    public ResourceIndex<SiteSpec> Sites { get; }

    public ResourceIndex<EdgeNodeSpec> Nodes { get; }

    public ResourceIndex<NodeGroupSpec> Groups { get; }

    public ResourceIndex<WorkloadSpec> Workloads { get; }

    public ResourceIndex<ConfigFileSpec> ConfigFiles { get; }

    public ResourceIndex<DeviceModelSpec> DeviceModels { get; }

    public ResourceIndex<DeviceSpec> Devices { get; }

    public ResourceIndex<DeviceImportSpec> DeviceImports { get; }

    public ResourceIndex<VolumeSpec> Volumes { get; }

    public ResourceIndex<VolumeSyncSpec> VolumeSyncs { get; }

    public ResourceIndex<TimeSyncSpec> TimeSyncs { get; }

    /// <summary>Made of DeviceImports.</summary>
    public ResourceIndex<EdgeXSpec> EdgeXs { get; }

    public ResourceIndex<SecretSpec> Secrets { get; }

    /// <summary>The nodes by label, for placement; made when it is asked for.</summary>
    public NodeIndex NodeIndex => _nodeIndex.Value;

    private static Func<ResourceKind, ImmutableSortedDictionary<string, Resource>> Indexed(ImmutableArray<Resource> resources)
    {
        var byKind = resources.ToLookup(resource => resource.Kind);
        return kind => byKind[kind].DistinctBy(resource => resource.Name, StringComparer.Ordinal)
            .ToImmutableSortedDictionary(resource => resource.Name, resource => resource, StringComparer.Ordinal);
    }
}

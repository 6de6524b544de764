using GitOps.Manifests.Kinds;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.State;

/// <summary>
/// A fleet as the newest revision describes it, brought from revision to revision by what changed: the work follows the
/// change, and what it says is what reading the whole tree anew would say. A cold start is the change from nothing.
/// </summary>
/// <remarks>
/// One owner, one call at a time. It changes in place, because persistent maps would cost a cold start three times the
/// memory; what it hands out (<see cref="Manifest"/>, findings) does not change any more. After an exception it is not
/// to be used again.
/// </remarks>
public sealed class FleetState
{
    private readonly ManifestFiles _files = new();
    private readonly ResourceTable _table = new();
    private readonly PlacementIndex _placements = new();
    private readonly FleetRules _rules;

    public FleetState() => _rules = new FleetRules(_files, _table, _placements);

    /// <summary>The fleet as it is now.</summary>
    public FleetManifest Manifest { get; private set; } = new(FleetSource.Empty, [], [], isWhole: true);

    /// <summary>By name.</summary>
    public IReadOnlyDictionary<string, PlacedNode> Nodes => _placements.Nodes;

    /// <summary>
    /// Nothing that templates look at is missing because it could not be read: rendering would only complain of that again.
    /// </summary>
    public bool HasAllThatTemplatesSee =>
        _files.IsWhole && Manifest.Fleet is not null && _table.IsComplete(ResourceKind.Fleet) && _table.IsComplete(ResourceKind.Site) &&
        _table.IsComplete(ResourceKind.NodeGroup) && _table.IsComplete(ResourceKind.EdgeNode) && _table.IsComplete(ResourceKind.Secret);

    /// <summary>Takes over the next revision.</summary>
    /// <param name="changes">What leads there from the one before; each path once.</param>
    /// <param name="parse">May answer from a cache; must give what <see cref="ManifestParser.ParseFile"/> gives.</param>
    public FleetDelta Apply(
        IReadOnlyList<SourceChange> changes, Func<SourceFile, ParsedFile>? parse = null, int parallelism = 1)
    {
        var files = _files.Apply(changes, parse ?? (file => ManifestParser.ParseFile(file)), parallelism);
        var resources = _table.Apply(files);
        var touched = new HashSet<string>(StringComparer.Ordinal);
        foreach (var change in resources.Where(change => change.Kind != ResourceKind.EdgeNode))
        {
            _placements.Apply(change, touched);
        }

        // Afterwards: each node then meets all placements at once.
        _placements.Apply([.. resources.Where(change => change.Kind == ResourceKind.EdgeNode)], touched, parallelism);

        foreach (var change in resources)
        {
            touched.UnionWith(LookingAt(change));
        }

        _rules.Apply(files, resources, touched);
        _placements.Settle();
        Manifest = new FleetManifest(_files.Source, _files.Manifests, _table.Of, _files.IsWhole, _files.IsWhole && _table.IsAllRead);
        return new FleetDelta([.. changes.Select(change => change.Path)], resources, touched);
    }

    /// <summary>Every finding about the fleet as it is now, sorted.</summary>
    public FindingList Findings()
    {
        var findings = new FindingList();
        findings.AddRange(_files.Findings);
        _rules.Report(Manifest, findings);
        return findings;
    }

    /// <summary>The resource that counts under a kind and name.</summary>
    public Resource? Find(ResourceKind kind, string name) => _table.Find(kind, name);

    /// <summary>The nodes a resource is on, or says something of, in no order.</summary>
    public IReadOnlyCollection<string> NodesOf(Resource resource) =>
        PlacementTable.Of(resource) is { } placement ? _placements.Select(placement)
        : resource.Kind == ResourceKind.Fleet ? [.. _placements.Nodes.Keys]
        : [];

    /// <summary>The nodes whose templates see a site or the fleet.</summary>
    private IEnumerable<string> LookingAt(ResourceChange change) => change switch
    {
        { Kind: ResourceKind.Site } => _placements.OfSite(change.Name),
        { Kind: ResourceKind.Fleet } when !SameForTemplates(change.Old as Resource<FleetSpec>, change.Next as Resource<FleetSpec>) || NamesAgent(change) =>
            _placements.Nodes.Keys,
        _ => [],
    };

    // What is made of the agent holds on to the resource that names it.
    private static bool NamesAgent(ResourceChange change) =>
        change.Old is Resource<FleetSpec> { Spec.Agent: not null } || change.Next is Resource<FleetSpec> { Spec.Agent: not null };

    /// <summary>Whether templates see the same of a Fleet: rollout, limits and confirmations are not for them.</summary>
    public static bool SameForTemplates(Resource<FleetSpec>? old, Resource<FleetSpec>? next) =>
        old?.Name == next?.Name && YamlEquality.Same(old?.Spec.Values, next?.Spec.Values);
}

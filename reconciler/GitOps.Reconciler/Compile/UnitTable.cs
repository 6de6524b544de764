using GitOps.Manifests.Kinds;
using GitOps.Manifests.State;
using GitOps.Reconciler.Rendering;

namespace GitOps.Reconciler.Compile;

/// <summary>What each placed resource becomes, until it or something it looks at changes.</summary>
internal sealed class UnitTable(FleetState fleet, TemplateCache templates)
{
    private readonly Dictionary<Resource, ResourceUnits> _units = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<Input, HashSet<ResourceUnits>> _readers = [];
    private readonly HashSet<ResourceUnits> _recent = [];

    public ResourceUnits Of(Resource resource) => _units[resource];

    /// <summary>Forgets what a revision made stale.</summary>
    /// <returns>The nodes that have it.</returns>
    public IEnumerable<string> Apply(FleetDelta delta, bool areSecretsOther)
    {
        var stale = new HashSet<ResourceUnits>();
        foreach (var path in delta.Paths)
        {
            stale.UnionWith(_readers.GetValueOrDefault(new Input(null, path)) ?? []);
        }

        foreach (var change in delta.Resources)
        {
            stale.UnionWith(_readers.GetValueOrDefault(new Input(change.Kind, change.Name)) ?? []);
            if (change.Old is { } old && _units.TryGetValue(old, out var units))
            {
                stale.Add(units);
            }
        }

        if (areSecretsOther)
        {
            stale.UnionWith(_units.Values.Where(units => units.UsesSecrets));
        }

        List<string> nodes = [];
        foreach (var units in stale)
        {
            Forget(units);
            if (fleet.Find(units.Resource.Kind, units.Resource.Name) == (object)units.Resource)
            {
                nodes.AddRange(fleet.NodesOf(units.Resource));
            }
        }

        return nodes;
    }

    /// <summary>Before nodes are compiled: afterwards <see cref="Of"/> answers for all that is on them, to any thread.</summary>
    /// <param name="kept">What another process lowered.</param>
    public void Prepare(IEnumerable<PlacedNode> nodes, KeptCompilation? kept)
    {
        var seen = new HashSet<ResourceSet>();
        var agents = new HashSet<Resource>(ReferenceEqualityComparer.Instance);
        List<PlacedNode> all = [.. nodes];
        agents.UnionWith(all.Select(node => node.Groups).Distinct().Select(groups => AgentReleases.SayingFor(fleet.Manifest.Fleet, groups)).OfType<Resource>());
        foreach (var resource in all.Select(node => node.Units).Where(seen.Add).SelectMany(set => set.Items).Concat(agents))
        {
            if (!_units.TryGetValue(resource, out var units))
            {
                _units.Add(resource, units = new ResourceUnits(resource, new Lookup(fleet), templates));
                foreach (var input in kept?.Inputs.GetValueOrDefault((resource.Kind, resource.Name), []) ?? [])
                {
                    units.Lookup.Remember(new Input(input.Kind, input.Name));
                }
            }

            _recent.Add(units);
        }
    }

    /// <summary>After nodes were compiled: what was looked at for them is known from here on.</summary>
    public void Remember()
    {
        foreach (var units in _recent)
        {
            foreach (var input in units.Lookup.Inputs)
            {
                if (!_readers.TryGetValue(input, out var readers))
                {
                    _readers.Add(input, readers = []);
                }

                readers.Add(units);
            }
        }

        _recent.Clear();
    }

    private void Forget(ResourceUnits units)
    {
        _units.Remove(units.Resource);
        foreach (var input in units.Lookup.Inputs)
        {
            if (_readers.TryGetValue(input, out var readers) && readers.Remove(units) && readers.Count == 0)
            {
                _readers.Remove(input);
            }
        }
    }
}

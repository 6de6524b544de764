using System.Collections;
using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace GitOps.Manifests.Kinds;

/// <summary>The resources of one kind, sorted by name (ordinal), each name once.</summary>
public sealed class ResourceIndex<TSpec> : IReadOnlyList<Resource<TSpec>>
    where TSpec : class
{
    private readonly FrozenDictionary<string, Resource<TSpec>> _byName;
    private readonly ImmutableArray<Resource<TSpec>> _sorted;

    public ResourceIndex(IEnumerable<Resource> resources)
    {
        _byName = resources.OfType<Resource<TSpec>>()
            .DistinctBy(resource => resource.Name, StringComparer.Ordinal)
            .ToFrozenDictionary(resource => resource.Name, StringComparer.Ordinal);
        _sorted = [.. _byName.Values.OrderBy(resource => resource.Name, StringComparer.Ordinal)];
    }

    public int Count => _sorted.Length;

    public Resource<TSpec> this[int index] => _sorted[index];

    public IEnumerable<string> Names => _sorted.Select(resource => resource.Name);

    public bool Contains(string name) => _byName.ContainsKey(name);

    public bool TryGet(string name, [NotNullWhen(true)] out Resource<TSpec>? resource) =>
        _byName.TryGetValue(name, out resource);

    public IEnumerator<Resource<TSpec>> GetEnumerator() => _sorted.AsEnumerable().GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

using System.Collections;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace GitOps.Manifests.Kinds;

/// <summary>The resources of one kind, sorted by name (ordinal), each name once.</summary>
public sealed class ResourceIndex<TSpec> : IReadOnlyList<Resource<TSpec>>
    where TSpec : class
{
    private readonly ImmutableSortedDictionary<string, Resource> _byName;

    internal ResourceIndex(ImmutableSortedDictionary<string, Resource> byName) => _byName = byName;

    public int Count => _byName.Count;

    /// <summary>Walks there; to look at all of them, enumerate.</summary>
    public Resource<TSpec> this[int index] => (Resource<TSpec>)_byName.Values.ElementAt(index);

    public IEnumerable<string> Names => _byName.Keys;

    public bool Contains(string name) => _byName.ContainsKey(name);

    public bool TryGet(string name, [NotNullWhen(true)] out Resource<TSpec>? resource)
    {
        resource = _byName.GetValueOrDefault(name) as Resource<TSpec>;
        return resource is not null;
    }

    public IEnumerator<Resource<TSpec>> GetEnumerator() => _byName.Values.Cast<Resource<TSpec>>().GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

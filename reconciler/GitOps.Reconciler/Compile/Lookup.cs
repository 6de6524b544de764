using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using GitOps.Manifests;
using GitOps.Manifests.Kinds;
using GitOps.Manifests.State;

namespace GitOps.Reconciler.Compile;

/// <summary>Something that lowering looked at besides the resource itself: a file by its path, or another resource.</summary>
internal readonly record struct Input(ResourceKind? Kind, string Name);

/// <summary>
/// The only way in which lowering looks at anything but the resource and the scope. It remembers what was asked for, also
/// where nothing was found, so that a change there is known to change the units.
/// </summary>
internal sealed class Lookup(FleetState fleet)
{
    private readonly ConcurrentDictionary<Input, bool> _inputs = [];

    public ICollection<Input> Inputs => _inputs.Keys;

    /// <summary>Takes over that something was looked at.</summary>
    public void Remember(Input input) => _inputs.TryAdd(input, true);

    /// <summary>For the places of findings in the resource's own file; not remembered, because that changes with the resource.</summary>
    public FleetSource Source => fleet.Manifest.Source;

    public bool TryGetFile(string path, [NotNullWhen(true)] out SourceFile? file)
    {
        _inputs.TryAdd(new(null, path), true);
        return fleet.Manifest.Source.TryGet(path, out file);
    }

    public bool TryGet<TSpec>(ResourceKind kind, string name, [NotNullWhen(true)] out Resource<TSpec>? resource)
        where TSpec : class
    {
        _inputs.TryAdd(new(kind, name), true);
        resource = fleet.Find(kind, name) as Resource<TSpec>;
        return resource is not null;
    }
}

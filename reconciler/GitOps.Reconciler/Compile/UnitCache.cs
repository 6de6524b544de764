using System.Collections.Concurrent;
using GitOps.Manifests;
using GitOps.Manifests.Kinds;
using GitOps.Reconciler.Rendering;
using GitOps.Reconciler.Targeting;

namespace GitOps.Reconciler.Compile;

/// <summary>
/// Lowers each resource as often as nodes can differ in it, and no oftener. Threads that need the same at the same time may
/// both work; which result is kept does not matter, because they are equal.
/// </summary>
internal sealed class UnitCache
{
    private readonly FleetManifest _manifest;
    private readonly TemplateCache _templates = new();
    private readonly Dictionary<Resource, Variation> _variations = new(ReferenceEqualityComparer.Instance);
    private readonly ConcurrentDictionary<(Resource Resource, RenderScope? Scope), LoweredUnit> _units = new(ByReference.Instance);

    public UnitCache(FleetManifest manifest)
    {
        _manifest = manifest;
        IEnumerable<Resource> resources =
            [.. manifest.ConfigFiles, .. manifest.Volumes, .. manifest.TimeSyncs, .. manifest.Devices, .. manifest.Workloads];
        foreach (var resource in resources)
        {
            _variations[resource] = ResourceTemplates.VariationOf(resource, manifest.Source, _templates);
        }
    }

    public LoweredUnit Get(Resource resource, NodePlan node, RenderContext context)
    {
        var variation = _variations[resource];
        if (variation == Variation.ByNode)
        {
            return Lowering.Lower(_manifest, _templates, node.Scope, context, resource);
        }

        var key = (resource, variation == Variation.ByScope ? node.Shared : null);
        return _units.TryGetValue(key, out var unit)
            ? unit
            : _units.GetOrAdd(key, Lowering.Lower(_manifest, _templates, node.Shared, context, resource) with
            {
                IsForAll = variation == Variation.None,
            });
    }

    /// <summary>Records compare by value; here only the very same object is the same.</summary>
    private sealed class ByReference : IEqualityComparer<(Resource Resource, RenderScope? Scope)>
    {
        public static readonly ByReference Instance = new();

        public bool Equals((Resource Resource, RenderScope? Scope) x, (Resource Resource, RenderScope? Scope) y) =>
            ReferenceEquals(x.Resource, y.Resource) && ReferenceEquals(x.Scope, y.Scope);

        public int GetHashCode((Resource Resource, RenderScope? Scope) obj) => HashCode.Combine(
            System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(obj.Resource),
            System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(obj.Scope));
    }
}

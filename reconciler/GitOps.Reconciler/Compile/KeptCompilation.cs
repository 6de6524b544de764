using System.Collections.Immutable;
using GitOps.Manifests;
using GitOps.Manifests.Kinds;
using GitOps.Manifests.Rules;

namespace GitOps.Reconciler.Compile;

/// <summary>A unit that was lowered for one node alone, whole and without a finding.</summary>
/// <param name="Clock">The name of the node's TimeSync where the unit names it.</param>
/// <param name="Bytes">The unit as it stands in a bundle.</param>
public sealed record KeptUnit(
    ResourceKind Kind, string Name, string? Clock, ReadOnlyMemory<byte> Bytes,
    ImmutableArray<(NodeClaim Claim, SourceSpan Span)> Claims, ImmutableArray<(string Name, SourceSpan Span)> Volumes);

/// <summary>Something lowering looked at besides the resource: a file by its path, where there is no kind, or another resource.</summary>
public readonly record struct KeptInput(ResourceKind? Kind, string Name);

/// <summary>
/// What a compilation had to render node by node, for another process that begins with the very same tree and the very same
/// program: everything else is quicker made than read. What is not in here is rendered again.
/// </summary>
/// <param name="Nodes">Units by node.</param>
/// <param name="Inputs">What was looked at for each resource that is in <paramref name="Nodes"/>.</param>
public sealed record KeptCompilation(
    IReadOnlyDictionary<string, ImmutableArray<KeptUnit>> Nodes,
    IReadOnlyDictionary<(ResourceKind Kind, string Name), ImmutableArray<KeptInput>> Inputs)
{
    internal KeptUnit? Find(string node, Resource resource, string? clock)
    {
        if (Nodes.TryGetValue(node, out var units))
        {
            foreach (var unit in units)
            {
                if (unit.Kind == resource.Kind && unit.Name == resource.Name && unit.Clock == clock)
                {
                    return unit;
                }
            }
        }

        return null;
    }

    internal static KeptCompilation Of(IEnumerable<KeyValuePair<string, CompiledNode>> nodes)
    {
        var inputs = new Dictionary<(ResourceKind, string), ImmutableArray<KeptInput>>();
        var kept = new Dictionary<string, ImmutableArray<KeptUnit>>(StringComparer.Ordinal);
        foreach (var (name, node) in nodes)
        {
            ImmutableArray<KeptUnit> units = [.. node.Units.Where(unit => IsKept(unit, node)).Select(ToKept)];
            if (units.IsEmpty)
            {
                continue;
            }

            kept.Add(name, units);
            foreach (var unit in node.Units.Where(unit => IsKept(unit, node)))
            {
                var resource = unit.Of.Resource;
                inputs.TryAdd((resource.Kind, resource.Name), [.. unit.Of.Lookup.Inputs.Select(input => new KeptInput(input.Kind, input.Name))]);
            }
        }

        return new KeptCompilation(kept, inputs);
    }

    // Holes know their places by looking at the source, and blobs are large: both are rendered again.
    private static bool IsKept(LoweredUnit unit, CompiledNode node) =>
        unit is { Bytes: not null, Findings.IsEmpty: true, Holes.IsEmpty: true, Blobs.IsEmpty: true } && unit.Of.IsOwn(node.Placed);

    private static KeptUnit ToKept(LoweredUnit unit) =>
        new(unit.Of.Resource.Kind, unit.Of.Resource.Name, unit.Clock, unit.Bytes!.Value, unit.Claims, unit.Volumes);
}

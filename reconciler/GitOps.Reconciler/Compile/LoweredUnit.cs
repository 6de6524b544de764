using System.Collections.Concurrent;
using System.Collections.Immutable;
using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Manifests;
using GitOps.Manifests.Kinds;
using GitOps.Manifests.Rules;
using GitOps.Reconciler.Rendering;
using Rules = GitOps.Manifests.Rules.Units;

namespace GitOps.Reconciler.Compile;

/// <summary>A resource as some node receives it, before it is looked at beside the node's other units.</summary>
/// <param name="Resource">What it was made of.</param>
/// <param name="Unit">Without <c>requires</c>; null when there are errors.</param>
/// <param name="Claims">Paths and ports, each with the field that makes the claim.</param>
internal sealed record LoweredUnit(
    Resource Resource,
    Unit? Unit,
    IReadOnlyList<(NodeClaim Claim, SourceSpan Span)> Claims,
    IReadOnlyList<HoleUse> Holes,
    IReadOnlyList<KeyValuePair<Digest, byte[]>> Blobs,
    ImmutableArray<Finding> Findings)
{
    private readonly ConcurrentDictionary<string, Unit> _resolved = new(StringComparer.Ordinal);

    /// <summary>Nothing of it depends on the node.</summary>
    public bool IsForAll { get; init; }

    /// <summary>
    /// The unit with its requirements as ids. Nodes with a clock of one name get the very same object, which is how nodes
    /// that need the same are recognised.
    /// </summary>
    public Unit Resolved(UnitId? clock) => _resolved.GetOrAdd(
        Rules.RequiresOf(Resource).Any(requirement => requirement.Name is null) ? clock?.Name ?? "" : "",
        _ => Unit! with { Requires = Ids(clock).Distinct().Order().ToEquatableArray() });

    private IEnumerable<UnitId> Ids(UnitId? clock)
    {
        foreach (var requirement in Rules.RequiresOf(Resource))
        {
            if (requirement.Name is { } name)
            {
                yield return new UnitId(requirement.Kind, name);
            }
            else if (clock is { } id)
            {
                yield return id;
            }
        }
    }
}

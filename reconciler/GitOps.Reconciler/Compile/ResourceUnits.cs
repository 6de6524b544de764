using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using GitOps.Manifests.Kinds;
using GitOps.Manifests.State;
using GitOps.Reconciler.Rendering;
using GitOps.Reconciler.Targeting;
using Rules = GitOps.Manifests.Rules.Units;

namespace GitOps.Reconciler.Compile;

/// <summary>
/// One resource and the units it becomes, lowered as often as nodes can differ in it, and no oftener. Another one takes its
/// place when the resource or anything it looks at changes. Threads that need the same at the same time may both work;
/// which result is kept does not matter, because they are equal.
/// </summary>
internal sealed class ResourceUnits
{
    private readonly TemplateCache _templates;
    private readonly ConcurrentDictionary<string, LoweredUnit> _forAll = new(StringComparer.Ordinal);
    private readonly ConditionalWeakTable<RenderScope, ConcurrentDictionary<string, LoweredUnit>> _byScope = [];

    public ResourceUnits(Resource resource, Lookup lookup, TemplateCache templates)
    {
        (Resource, Lookup, _templates) = (resource, lookup, templates);
        (Variation, UsesSecrets) = AgentReleases.Of(resource) is null ? ResourceTemplates.Of(resource, lookup, templates) : (Variation.None, false);
        RequiresClock = Rules.RequiresOf(resource).Any(requirement => requirement.Name is null);
    }

    public Resource Resource { get; }

    public Lookup Lookup { get; }

    public Variation Variation { get; }

    /// <summary>What Git holds about secrets is looked at.</summary>
    public bool UsesSecrets { get; }

    /// <summary>The unit names the node's TimeSync.</summary>
    public bool RequiresClock { get; }

    /// <summary>What it becomes on a node is for this node alone.</summary>
    public bool IsOwn(PlacedNode node) => Variation == Variation.ByNode || (Variation == Variation.ByScope && ScopeTable.HasOwnValues(node));

    public LoweredUnit ForAll(string? clock, RenderScope scope, RenderContext context) => Get(_forAll, clock, scope, context);

    /// <summary>For all nodes that share the scope.</summary>
    public LoweredUnit For(RenderScope shared, string? clock, RenderContext context) =>
        Get(_byScope.GetValue(shared, static _ => new(StringComparer.Ordinal)), clock, shared, context);

    /// <summary>For one node.</summary>
    public LoweredUnit Lower(RenderScope scope, string? clock, RenderContext context) =>
        Lowering.Lower(this, _templates, scope, clock, context);

    private LoweredUnit Get(ConcurrentDictionary<string, LoweredUnit> units, string? clock, RenderScope scope, RenderContext context) =>
        units.TryGetValue(clock ?? "", out var unit) ? unit : units.GetOrAdd(clock ?? "", Lower(scope, clock, context));
}

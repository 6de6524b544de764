using System.Collections.Concurrent;
using System.Collections.Immutable;
using GitOps.Bundles;
using GitOps.Manifests;
using GitOps.Manifests.Kinds;
using GitOps.Manifests.Rules;
using GitOps.Manifests.State;
using GitOps.Manifests.Targeting;
using GitOps.Reconciler.Rendering;
using GitOps.Reconciler.Targeting;
using Rules = GitOps.Manifests.Rules.Units;

namespace GitOps.Reconciler.Compile;

/// <summary>What is wrong on a node; <paramref name="IsForAll"/> when it is a matter of the resource and names no node.</summary>
internal sealed record NodeFinding(Finding Finding, bool IsForAll);

/// <summary>What became of one node, with what it was made of, so that the next revision can tell what still holds.</summary>
/// <param name="Units">In the order of <see cref="PlacedNode.Units"/>.</param>
/// <param name="Bundle">Null when there are errors.</param>
/// <param name="Claims">Where two of its units claim the same.</param>
internal sealed record CompiledNode(
    PlacedNode Placed, Resource<SiteSpec>? Site, Resource<FleetSpec>? Fleet, ImmutableArray<LoweredUnit> Units, NodeBundle? Bundle,
    ImmutableArray<NodeFinding> Findings, ImmutableArray<Finding> Claims)
{
    /// <summary>The agent the node is to run; null when nobody says which.</summary>
    public LoweredUnit? Agent { get; init; }

    public LoweredUnit? Find(Resource resource)
    {
        var at = Placed.Units.Items.IndexOf(resource, ReferenceEqualityComparer.Instance);
        return at < 0 ? null : Units[at];
    }
}

/// <summary>Puts the units of one node together and checks what only shows beside each other.</summary>
/// <param name="unitsOf">What each placed resource becomes.</param>
/// <param name="kept">What another process lowered of the very same tree.</param>
internal sealed class NodeCompiler(FleetState fleet, ScopeTable scopes, Func<Resource, ResourceUnits> unitsOf, KeptCompilation? kept)
{
    private readonly ConcurrentDictionary<ImmutableArray<LoweredUnit>, CompiledBundle> _bundles = new(SameUnits.Instance);

    /// <param name="before">What became of it in the revision before, if anything.</param>
    public CompiledNode Compile(PlacedNode placed, CompiledNode? before, RenderContext context)
    {
        var site = placed.Target.Resource.Spec.Site is { } name ? fleet.Find(ResourceKind.Site, name) as Resource<SiteSpec> : null;
        var units = Lower(placed, site, before, context);
        var findings = new FindingList();
        foreach (var unit in units)
        {
            findings.AddRange(unit.Of.Variation == Variation.None ? [] : unit.Findings);
            CheckSecrets(unit, placed, findings);
            CheckVolumes(unit, placed, findings);
            CheckProbes(unit, findings);
        }

        var agent = Agent(placed, before, context);
        ImmutableArray<LoweredUnit> all = agent is null ? units : [.. units, agent];
        NodeBundle? bundle = null;
        if (findings.Errors == 0 && all.All(unit => unit.Bytes is not null))
        {
            var compiled = before?.Bundle is { } kept && kept.Units.Length == all.Length && before.Agent == agent && before.Units.SequenceEqual(units)
                ? kept.Compiled
                : Join(all);
            CheckSize(compiled, placed, findings);
            bundle = new NodeBundle(placed.Target, compiled)
            {
                Suspended = placed.Target.Resource.Spec.Suspend?.Reason ?? site?.Spec.Suspend?.Reason,
                Moves = Moves(units),
            };
        }

        return new CompiledNode(placed, site, scopes.Fleet, units, findings.Errors > 0 ? null : bundle, All(all, findings), Claims(units)) { Agent = agent };
    }

    private LoweredUnit? Agent(PlacedNode placed, CompiledNode? before, RenderContext context)
    {
        if (AgentReleases.SayingFor(fleet.Manifest.Fleet, placed.Groups) is not { } saying)
        {
            return null;
        }

        var (of, architecture) = (unitsOf(saying), NodeLabels.NameOf(placed.Target.Resource.Spec.Architecture));
        return before?.Agent is { } known && ReferenceEquals(known.Of, of) && known.Clock == architecture
            ? known
            : of.ForAll(architecture, RenderScope.Nothing, context);
    }

    private ImmutableArray<LoweredUnit> Lower(PlacedNode placed, Resource<SiteSpec>? site, CompiledNode? before, RenderContext context)
    {
        var clock = placed.Units.Items.FirstOrDefault(resource => resource.Kind == ResourceKind.TimeSync)?.Name;
        var hasOwnValues = ScopeTable.HasOwnValues(placed);
        var sameNode = ReferenceEquals(before?.Placed.Target.Resource, placed.Target.Resource);
        var sameScope = before is not null && ReferenceEquals(before.Fleet, scopes.Fleet) && ReferenceEquals(before.Site, site) &&
            ReferenceEquals(before.Placed.Groups, placed.Groups) &&
            (sameNode || (!hasOwnValues && !ScopeTable.HasOwnValues(before.Placed)));
        RenderScope? shared = null, own = null;
        var units = ImmutableArray.CreateBuilder<LoweredUnit>(placed.Units.Items.Length);
        foreach (var resource in placed.Units.Items)
        {
            var of = unitsOf(resource);
            var named = of.RequiresClock ? clock : null;
            if (before?.Find(resource) is { } known && ReferenceEquals(known.Of, of) && known.Clock == named &&
                (of.Variation == Variation.None || (sameScope && (sameNode || of.Variation == Variation.ByScope))))
            {
                units.Add(known);
                continue;
            }

            if (kept is not null && of.IsOwn(placed) && kept.Find(placed.Name, resource, named) is { } lowered)
            {
                units.Add(LoweredUnit.From(lowered, of));
                continue;
            }

            shared ??= scopes.Shared(placed, site);
            units.Add(of.Variation switch
            {
                Variation.None => of.ForAll(named, shared, context),
                Variation.ByScope when !hasOwnValues => of.For(shared, named, context),
                Variation.ByScope => of.Lower(shared, named, context),
                _ => of.Lower(own ??= ScopeTable.ForNode(shared, placed.Target), named, context),
            });
        }

        return units.MoveToImmutable();
    }

    /// <summary>Written once for all nodes that have the very same units; units of a node's own are not looked for.</summary>
    private CompiledBundle Join(ImmutableArray<LoweredUnit> units)
    {
        if (units.Any(unit => unit.Of.Variation == Variation.ByNode))
        {
            return CompiledBundle.Of(units);
        }

        return _bundles.TryGetValue(units, out var known) ? known : _bundles.GetOrAdd(units, CompiledBundle.Of(units));
    }

    private static void CheckSecrets(LoweredUnit unit, PlacedNode placed, FindingList findings)
    {
        foreach (var hole in unit.Holes)
        {
            if (!placed.Secrets.Contains(ResourceKind.Secret, hole.Secret))
            {
                var resource = unit.Of.Resource;
                findings.Error(RenderCodes.SecretElsewhere, hole.Place(), $"the Secret '{hole.Secret}' is used on nodes it is not placed on",
                    $"widen the placement of the Secret '{hole.Secret}', or narrow that of {resource.Kind} '{resource.Name}'");
            }
        }
    }

    private static void CheckVolumes(LoweredUnit unit, PlacedNode placed, FindingList findings)
    {
        foreach (var (name, span) in unit.Volumes)
        {
            if (!placed.Units.Items.Any(resource => resource.Kind == ResourceKind.Volume && resource.Name == name))
            {
                findings.Error(ManifestCodes.RequirementElsewhere, span,
                    $"Workload '{unit.Of.Resource.Name}' mounts the Volume '{name}', which is not on its node",
                    $"widen the placement of the Volume '{name}', or narrow that of the Workload");
            }
        }
    }

    private void CheckProbes(LoweredUnit unit, FindingList findings)
    {
        foreach (var (probe, span) in DeviceProbes.Of(unit.Of.Resource))
        {
            if (fleet.Find(ResourceKind.Device, probe.Device) is Resource<DeviceSpec> device &&
                fleet.Find(ResourceKind.DeviceModel, device.Spec.Model) is Resource<DeviceModelSpec> model &&
                !model.Spec.Properties.Any(property => property.Name == probe.Property) && !probe.Property.Contains("{{", StringComparison.Ordinal))
            {
                findings.Error(ManifestCodes.RequirementElsewhere, span,
                    $"a probe of Workload '{unit.Of.Resource.Name}' looks at '{probe.Property}' of device '{probe.Device}', whose model '{model.Name}' has no such property",
                    $"write one of: {string.Join(", ", model.Spec.Properties.Take(12).Select(property => property.Name))}");
            }
        }
    }

    private static void CheckSize(CompiledBundle bundle, PlacedNode placed, FindingList findings)
    {
        if (bundle.LengthBytes > BundleJson.MaxBytes)
        {
            findings.Error(RenderCodes.BundleTooLarge, placed.Target.Resource.Span,
                $"the bundle has {bundle.LengthBytes} bytes, a node reads at most {BundleJson.MaxBytes}",
                "move large values of env and contents into files");
        }
    }

    private static ImmutableArray<NodeFinding> All(ImmutableArray<LoweredUnit> units, FindingList findings) =>
    [
        .. findings.ToSorted().Select(finding => new NodeFinding(finding, IsForAll: false)),
        .. units.Where(unit => unit.Of.Variation == Variation.None).SelectMany(unit => unit.Findings).Distinct()
            .Select(finding => new NodeFinding(finding, IsForAll: true)),
    ];

    /// <summary>What templates gave may collide where what is written does not.</summary>
    private static ImmutableArray<Finding> Claims(ImmutableArray<LoweredUnit> units)
    {
        var findings = new FindingList();
        var claims = new NodeClaims(findings);
        foreach (var unit in units)
        {
            foreach (var (claim, span) in unit.Claims)
            {
                claims.Add(NodeFindings.Node, unit.Id, claim, span);
            }
        }

        claims.CheckBelowFiles();
        return findings.ToSorted();
    }

    private static EquatableArray<UnitMove> Moves(ImmutableArray<LoweredUnit> units) => units
        .Select(unit => Rules.MovedFromOf(unit.Of.Resource) is { } old ? new UnitMove(unit.Id with { Name = old }, unit.Id) : (UnitMove?)null)
        .OfType<UnitMove>()
        .OrderBy(move => move.To)
        .ToEquatableArray();

    private sealed class SameUnits : IEqualityComparer<ImmutableArray<LoweredUnit>>
    {
        public static readonly SameUnits Instance = new();

        public bool Equals(ImmutableArray<LoweredUnit> x, ImmutableArray<LoweredUnit> y) => x.SequenceEqual(y);

        public int GetHashCode(ImmutableArray<LoweredUnit> obj)
        {
            var hash = new HashCode();
            foreach (var unit in obj)
            {
                hash.Add(unit);
            }

            return hash.ToHashCode();
        }
    }
}

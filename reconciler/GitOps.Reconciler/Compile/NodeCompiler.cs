using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Manifests;
using GitOps.Manifests.Kinds;
using GitOps.Reconciler.Rendering;
using GitOps.Reconciler.Targeting;
using Rules = GitOps.Manifests.Rules.Units;

namespace GitOps.Reconciler.Compile;

/// <summary>What became of one node. <paramref name="Bundle"/> is null when there are errors.</summary>
internal sealed record CompiledNode(
    NodePlan Plan, NodeBundle? Bundle, IReadOnlyList<LoweredUnit> Units, IReadOnlyList<Finding> Findings);

/// <summary>Puts the units of one node together and checks what only shows beside each other.</summary>
internal sealed class NodeCompiler(UnitCache units, BundleCache bundles)
{
    public CompiledNode Compile(NodePlan plan, RenderContext context)
    {
        var lowered = plan.Resources.Select(resource => units.Get(resource, plan, context)).ToList();
        var findings = new FindingList();
        foreach (var unit in lowered)
        {
            findings.AddRange(unit.IsForAll ? [] : unit.Findings);
            CheckSecrets(unit, plan, findings);
        }

        if (findings.Errors > 0 || lowered.Any(unit => unit.Unit is null))
        {
            return new CompiledNode(plan, null, lowered, findings.ToSorted());
        }

        var clock = plan.Resources.OfType<Resource<TimeSyncSpec>>().FirstOrDefault() is { } sync
            ? new UnitId(UnitKinds.Clock, sync.Name)
            : (UnitId?)null;
        var compiled = bundles.Get([.. lowered.Select(unit => unit.Resolved(clock))]);
        CheckSize(compiled, plan, findings);
        var bundle = new NodeBundle(plan.Name, plan.Site?.Name, compiled.Bundle, compiled.Bytes, compiled.Digest)
        {
            Suspended = plan.Node.Resource.Spec.Suspend?.Reason ?? plan.Site?.Spec.Suspend?.Reason,
            Moves = Moves(lowered),
        };
        return new CompiledNode(plan, bundle, lowered, findings.ToSorted());
    }

    private static void CheckSecrets(LoweredUnit unit, NodePlan plan, FindingList findings)
    {
        foreach (var hole in unit.Holes)
        {
            if (!plan.Secrets.Contains(hole.Secret))
            {
                findings.Error(RenderCodes.SecretElsewhere, hole.Place(), $"the Secret '{hole.Secret}' is used on nodes it is not placed on",
                    $"widen the placement of the Secret '{hole.Secret}', or narrow that of {unit.Resource.Kind} '{unit.Resource.Name}'");
            }
        }
    }

    private static void CheckSize(CompiledBundle bundle, NodePlan plan, FindingList findings)
    {
        if (bundle.Bytes.Length > BundleJson.MaxBytes)
        {
            findings.Error(RenderCodes.BundleTooLarge, plan.Node.Resource.Span,
                $"the bundle has {bundle.Bytes.Length} bytes, a node reads at most {BundleJson.MaxBytes}",
                "move large values of env and contents into files");
        }
    }

    private static EquatableArray<UnitMove> Moves(List<LoweredUnit> lowered) => lowered
        .Select(unit => Rules.MovedFromOf(unit.Resource) is { } old
            ? new UnitMove(unit.Unit!.Id with { Name = old }, unit.Unit.Id)
            : (UnitMove?)null)
        .OfType<UnitMove>()
        .OrderBy(move => move.To)
        .ToEquatableArray();
}

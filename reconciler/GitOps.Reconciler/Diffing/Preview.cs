using GitOps.Bundles;
using GitOps.Manifests;
using GitOps.Reconciler.Compile;
using GitOps.Reconciler.Guards;

namespace GitOps.Reconciler.Diffing;

/// <summary>Something that would keep a node from what it is to become, as far as it can be known before.</summary>
/// <param name="Why">In words an operator can check.</param>
public sealed record Blocker(string Node, string Why);

/// <summary>
/// What a reviewer of a pull request wants to know: which nodes change and how, what would hold the push, what would keep
/// nodes from following it, and what is odd in what was written.
/// </summary>
/// <param name="Hold">Why the reconciler would not publish the push though it has no error; null when it would.</param>
/// <param name="Blockers">Sorted by node.</param>
/// <param name="Warnings">Of the new revision, sorted by place.</param>
public sealed record Preview(
    FleetDiff Diff, Problem? Hold, EquatableArray<Blocker> Blockers, EquatableArray<Finding> Warnings)
{
    /// <param name="before">What is published, or the base of the comparison; null when nothing is.</param>
    /// <param name="after">What would be published.</param>
    /// <param name="warnings">Of the new revision.</param>
    /// <param name="sizes">Of images; null: what the new revision pins in <see cref="ImageSizes.FileName"/>.</param>
    /// <param name="outlooks">What a control plane knows of nodes, by name; empty where none was asked.</param>
    public static Preview Of(
        FleetBundles? before, FleetBundles after, IEnumerable<Finding> warnings, IReadOnlyDictionary<string, NodeOutlook> outlooks,
        ImageSizes? sizes = null)
    {
        var diff = FleetDiff.Between(before, after, sizes ?? ImageSizes.Pinned(after.Manifest.Source));
        var verdict = before is null
            ? null
            : RemovalGuard.Check(PublishedNode.Of(before), after, GuardSettings.Of(before.Manifest), after.Manifest.Fleet?.Spec.ConfirmRemoval);
        return new Preview(
            diff,
            (verdict as RemovalVerdict.Held)?.ToProblem(),
            BlockerForecast.Of(diff, after, outlooks).ToEquatableArray(),
            warnings.ToEquatableArray());
    }
}

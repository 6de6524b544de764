using GitOps.Bundles;
using GitOps.Bundles.Reports;
using GitOps.Bundles.Units;
using GitOps.Reconciler.Compile;

namespace GitOps.Reconciler.Diffing;

/// <summary>What a control plane knows of a node: whether it is there, and its latest report.</summary>
public sealed record NodeOutlook(bool Online, NodeReport? Report);

/// <summary>Says beforehand which nodes will not follow at once. From Git alone: what is suspended; the rest from reports.</summary>
internal static class BlockerForecast
{
    public static IEnumerable<Blocker> Of(FleetDiff diff, FleetBundles after, IReadOnlyDictionary<string, NodeOutlook> outlooks)
    {
        foreach (var node in diff.Nodes.Where(node => node.Kind != DiffKind.Removed))
        {
            after.TryGet(node.Node, out var bundle);
            if (bundle?.Suspended is { } reason)
            {
                yield return new Blocker(node.Node, $"suspended in Git: {reason}");
            }

            if (outlooks.TryGetValue(node.Node, out var outlook))
            {
                foreach (var why in Reasons(node, bundle!.Bundle, outlook))
                {
                    yield return new Blocker(node.Node, why);
                }
            }
        }
    }

    private static IEnumerable<string> Reasons(NodeDiff node, Bundle next, NodeOutlook outlook)
    {
        if (!outlook.Online)
        {
            yield return "offline: it follows when it returns";
        }

        if (outlook.Report is not { } report)
        {
            yield break;
        }

        if (report.Quarantined.FirstOrDefault(q => q.Bundle == node.After) is { } given)
        {
            yield return $"it gave this very bundle up before ({given.Reason}); a person has to run 'gitops-agent retry' on it";
        }

        if (report.Clock is { Synchronised: false } && next.Units.Any(u => u.Requires.Any(r => r.Kind == UnitKinds.Clock)))
        {
            yield return "its clock is not synchronised: units that require the clock wait";
        }

        foreach (var hold in report.Holds.Where(h => node.Units.Any(u => u.Unit == h.Unit || u.From == h.Unit)))
        {
            yield return $"{hold.Unit} waits for {hold.What}, until {hold.Until}";
        }

        foreach (var unit in next.Units)
        {
            if (unit.Spec is VolumeSpec { LimitBytes: { } limit } &&
                report.Volumes.FirstOrDefault(v => v.Name == unit.Name) is { } volume && limit < volume.UsedBytes)
            {
                yield return $"{unit.Id} holds {ByteSize.Of(volume.UsedBytes)}, the limit is to be {ByteSize.Of(limit)}";
            }
        }
    }
}

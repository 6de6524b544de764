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
    /// <summary>Conditions of a node that keep anything new from it, with the status that says so: no room or no way to fetch, no way to write, a pin.</summary>
    private static readonly Dictionary<string, string> Standing = new(StringComparer.Ordinal)
    {
        ["Staged"] = "False",
        ["StateKept"] = "False",
        ["Pinned"] = "True",
    };

    public static IEnumerable<Blocker> Of(FleetDiff diff, FleetBundles after, IReadOnlyDictionary<string, NodeOutlook> outlooks)
    {
        foreach (var node in diff.Nodes.Where(node => node.Kind != DiffKind.Removed))
        {
            after.TryGet(node.Node, out var bundle);
            if (bundle?.Suspended is { } reason)
            {
                yield return new Blocker(node.Node, $"suspended in Git: {reason}");
            }

            foreach (var why in OfLink(node, bundle!))
            {
                yield return new Blocker(node.Node, why);
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

    private static bool IsUnchanged(NodeDiff node, Bundle next, UnitId? unit) =>
        unit is { } id && next.Units.Any(u => u.Id == id) && !node.Units.Any(u => u.Unit == id);

    /// <summary>What the site says of the link, where the node has something to fetch over it.</summary>
    private static IEnumerable<string> OfLink(NodeDiff node, NodeBundle after)
    {
        var bytes = node.FetchBytes - after.LengthBytes + node.Images.Sum(image => image.Bytes ?? 0);
        if (after.Bundle.Units.Select(u => u.Spec).OfType<UplinkSpec>().FirstOrDefault() is not { } uplink || (bytes == 0 && node.Images.IsEmpty))
        {
            yield break;
        }

        if (!uplink.Windows.IsEmpty)
        {
            var zone = uplink.TimeZone ?? "by its own clock";
            yield return $"its site lets contents and images be fetched within {string.Join(", ", uplink.Windows)} ({zone}) only";
        }

        if (uplink.Budget is { } budget && bytes > budget.Bytes)
        {
            yield return $"it has to fetch {ByteSize.Of(bytes)}, and its site lets it fetch {ByteSize.Of(budget.Bytes)} in {budget.Days} days";
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

        // A policy refuses a unit and not a bundle: what has not changed is refused again, and so is what never became healthy.
        foreach (var same in report.Quarantined.Where(q => q.Bundle != node.After && IsUnchanged(node, next, q.Unit)))
        {
            yield return $"{same.Unit} made it give a bundle up before ({same.Reason}), and is the same in this one";
        }

        foreach (var condition in report.Conditions.Where(condition => Standing.TryGetValue(condition.Type, out var status) && status == condition.Status))
        {
            yield return $"it says {condition.Reason}: {condition.Message}";
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

using System.Globalization;
using GitOps.Bundles;
using GitOps.Bundles.Reports;

namespace GitOps.Agent.Loop;

/// <summary>
/// Makes a report fit into what the control plane reads. What a person needs first goes last: older events, then the length
/// of messages, then lists, of which what is unwell stays longest. A condition says what is missing.
/// </summary>
public static class ReportCut
{
    /// <summary>Room for what is added when a report is sent.</summary>
    private const int Reserve = 1_024;

    private const int KeptEvents = 20;
    private const int ShortMessage = 80;
    private const int LongestCondition = 400;

    /// <summary>How many entries each list may keep, from try to try.</summary>
    private static readonly int[] Lengths = [1_000, 300, 100, 30, 0];

    /// <summary>The report itself where it fits.</summary>
    /// <param name="limitBytes">As <see cref="NodeReport.MaxBytes"/>; at least some 16 KiB.</param>
    public static NodeReport Fit(NodeReport report, int limitBytes = NodeReport.MaxBytes)
    {
        foreach (var cut in Cuts(report))
        {
            if (ReportJson.Write(cut).Length <= limitBytes - Reserve)
            {
                return cut;
            }
        }

        throw new ArgumentException($"a report without lists is longer than {limitBytes} bytes", nameof(report));
    }

    private static IEnumerable<NodeReport> Cuts(NodeReport report)
    {
        yield return report;
        var shorter = report with { Events = NewestOf(report) };
        yield return shorter;
        shorter = WithShortMessages(shorter);
        yield return shorter;
        foreach (var length in Lengths)
        {
            yield return WithShortLists(shorter, length);
        }
    }

    private static EquatableArray<EventReport> NewestOf(NodeReport report)
    {
        var left = report.Events.Count - KeptEvents;
        return left <= 0 ? report.Events : report.Events.TakeLast(KeptEvents)
            .Prepend(new EventReport(report.Time, AgentCodes.ReportCut.Id, Text($"{left} older events are left out: the report was too long")))
            .ToEquatableArray();
    }

    private static NodeReport WithShortMessages(NodeReport report) => report with
    {
        Conditions = report.Conditions.Select(c => c with { Message = Clip(c.Message, LongestCondition)! }).ToEquatableArray(),
        Units = report.Units.Select(u => u with
        {
            Message = Clip(u.Message),
            Containers = u.Containers.Select(c => c with { LastEnd = c.LastEnd is { } end ? end with { LastLines = [] } : null }).ToEquatableArray(),
        }).ToEquatableArray(),
        Holds = report.Holds.Select(h => new HoldReport(h.Unit, Clip(h.What)!, Clip(h.Until)!)).ToEquatableArray(),
        Quarantined = report.Quarantined.Select(q => q with { Reason = Clip(q.Reason)! }).ToEquatableArray(),
        Syncs = report.Syncs.Select(s => s with { Message = Clip(s.Message) }).ToEquatableArray(),
        Devices = report.Devices.Select(d => d with
        {
            Message = Clip(d.Message),
            Properties = d.Properties.Select(p => p with { Message = Clip(p.Message) }).ToEquatableArray(),
        }).ToEquatableArray(),
        Events = report.Events.Select(e => e with { Message = Clip(e.Message)! }).ToEquatableArray(),
    };

    private static NodeReport WithShortLists(NodeReport report, int length)
    {
        var properties = report.Devices.Sum(d => d.Properties.Count);
        var containers = report.Units.Sum(u => u.Containers.Count);
        var shorter = report with
        {
            Units = report.Units.OrderBy(u => u.State == UnitPhase.Ready).ThenBy(u => u.Id).Take(length).OrderBy(u => u.Id)
                .Select(u => u with { Containers = containers <= length ? u.Containers : [] }).ToEquatableArray(),
            Holds = report.Holds.Take(length).ToEquatableArray(),
            Volumes = report.Volumes.Take(length).ToEquatableArray(),
            Syncs = report.Syncs.OrderBy(s => s.State is SyncPhase.Waiting).Take(length).OrderBy(s => s.Name, StringComparer.Ordinal).ToEquatableArray(),
            Devices = WithFewProperties([.. report.Devices.OrderBy(d => d.Online).Take(length).OrderBy(d => d.Name, StringComparer.Ordinal)], length),
            Events = report.Events.TakeLast(length).ToEquatableArray(),
        };
        var missing = Text($"""
            the report was too long: it lists {shorter.Units.Count} of {report.Units.Count} units, {shorter.Holds.Count} of {report.Holds.Count} holds, {shorter.Volumes.Count} of {report.Volumes.Count} volumes, {shorter.Devices.Count} of {report.Devices.Count} devices with {shorter.Devices.Sum(d => d.Properties.Count)} of {properties} properties
            """);
        return shorter with
        {
            Conditions = report.Conditions.Append(new Condition("Complete", "False", AgentCodes.ReportCut.Id, missing, report.Time)).ToEquatableArray(),
        };
    }

    /// <summary>Of all properties together: those that are unwell stay longest, then those that something is desired of.</summary>
    private static EquatableArray<DeviceReport> WithFewProperties(IReadOnlyList<DeviceReport> devices, int length)
    {
        var kept = devices.SelectMany(d => d.Properties).OrderBy(Rank).Take(length).ToHashSet<PropertyReport>(ReferenceEqualityComparer.Instance);
        return devices.Select(d => d with { Properties = d.Properties.Where(kept.Contains).ToEquatableArray() }).ToEquatableArray();
    }

    private static int Rank(PropertyReport property) => property switch
    {
        { Quality: not ValueQuality.Good } or { State: not (null or PropertyPhase.Applied or PropertyPhase.Unconfirmed) } => 0,
        { Desired: not null } => 1,
        _ => 2,
    };

    private static string? Clip(string? text, int length = ShortMessage) =>
        text is null || text.Length <= length ? text : text[..(length - 1)] + "…";

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

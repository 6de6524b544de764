using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Links;

/// <summary>
/// What a node's way to the store may be used for: as <c>agent.json</c> says (docs/contracts.md §10), or as its site says in
/// Git. Holds contents and images only; all else is small.
/// </summary>
public sealed record LinkPolicy
{
    public static LinkPolicy Free { get; } = new();

    /// <summary>When contents may be fetched; none: always.</summary>
    public EquatableArray<DailyWindow> Windows { get; init; }

    /// <summary>The zone that <see cref="Windows"/> are read in; null: the one the machine is set to.</summary>
    public string? TimeZone { get; init; }

    /// <summary>Null: any number of bytes.</summary>
    public DownloadBudget? Budget { get; init; }

    /// <summary>Who says so, and where it is changed.</summary>
    public string Source { get; init; } = "agent.json";

    public static LinkPolicy Of(Unit uplink) => uplink.Spec is UplinkSpec spec
        ? new LinkPolicy { Windows = spec.Windows, TimeZone = spec.TimeZone, Budget = spec.Budget, Source = $"Site '{uplink.Name}'" }
        : throw new ArgumentException($"{uplink.Id} is no uplink", nameof(uplink));

    /// <summary>What a bundle says of the link it is fetched over itself; null when it says nothing.</summary>
    public static LinkPolicy? Of(Bundle bundle) => bundle.Units.FirstOrDefault(u => u.Spec is UplinkSpec) is { } uplink ? Of(uplink) : null;
}

/// <summary>What was fetched on one day, by the node's clock.</summary>
public readonly record struct DayUsage(DateOnly Day, long Bytes);

/// <summary>What was fetched day by day, as far back as a budget can reach.</summary>
public sealed record LinkUsage(EquatableArray<DayUsage> Days)
{
    public static LinkUsage None { get; } = new([]);

    public LinkUsage Add(DateOnly day, long bytes)
    {
        var before = Days.Where(d => d.Day == day).Sum(d => d.Bytes);
        return new LinkUsage(Days.Where(d => d.Day != day).Append(new DayUsage(day, before + bytes))
            .OrderBy(d => d.Day).TakeLast(DownloadBudget.MostDays).ToEquatableArray());
    }

    /// <summary>
    /// Of the last days. A day that is said to lie ahead counts as well: a clock that was set back must not give the budget anew.
    /// </summary>
    public long Within(DateOnly today, int days) => Days.Where(d => d.Day > today.AddDays(-days)).Sum(d => d.Bytes);
}

using GitOps.Bundles;

namespace GitOps.Agent.Links;

/// <summary>What a node's way to the store may be used for: <c>agent.json</c>, docs/contracts.md §10. Holds blobs only; all else is small.</summary>
public sealed record LinkPolicy
{
    public static LinkPolicy Free { get; } = new();

    /// <summary>When blobs may be fetched; none: always.</summary>
    public EquatableArray<DailyWindow> Windows { get; init; }

    /// <summary>How many bytes of blobs within <see cref="BudgetDays"/>; null: any number.</summary>
    public long? BudgetBytes { get; init; }

    /// <summary>Counted back from today, today included.</summary>
    public int BudgetDays { get; init; } = 30;
}

/// <summary>What was fetched on one day, by the node's clock.</summary>
public readonly record struct DayUsage(DateOnly Day, long Bytes);

/// <summary>What was fetched day by day, as far back as a budget can reach.</summary>
public sealed record LinkUsage(EquatableArray<DayUsage> Days)
{
    public const int MostDays = 400;

    public static LinkUsage None { get; } = new([]);

    public LinkUsage Add(DateOnly day, long bytes)
    {
        var before = Days.Where(d => d.Day == day).Sum(d => d.Bytes);
        return new LinkUsage(Days.Where(d => d.Day != day).Append(new DayUsage(day, before + bytes)).OrderBy(d => d.Day).TakeLast(MostDays).ToEquatableArray());
    }

    /// <summary>
    /// Of the last days. A day that is said to lie ahead counts as well: a clock that was set back must not give the budget anew.
    /// </summary>
    public long Within(DateOnly today, int days) => Days.Where(d => d.Day > today.AddDays(-days)).Sum(d => d.Bytes);
}

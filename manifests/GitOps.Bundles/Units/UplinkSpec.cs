using System.Text.Json.Serialization;

namespace GitOps.Bundles.Units;

/// <summary>
/// What the node's way to the cloud may be used for: at most one unit of this kind per node. Holds contents and images back;
/// pointers, bundles and reports are small and go on. Counts for the very bundle it is in.
/// </summary>
public sealed record UplinkSpec : UnitSpec
{
    /// <summary>When contents may be fetched; none: always.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public EquatableArray<DailyWindow> Windows { get; init; }

    /// <summary>IANA name of the zone that <see cref="Windows"/> are read in; null: the one the machine is set to.</summary>
    public string? TimeZone { get; init; }

    public DownloadBudget? Budget { get; init; }

    [JsonIgnore]
    public override string Kind => UnitKinds.Uplink;
}

/// <summary>So many bytes within so many days, today included.</summary>
public sealed record DownloadBudget(long Bytes, int Days)
{
    public const int MostDays = 400;
}

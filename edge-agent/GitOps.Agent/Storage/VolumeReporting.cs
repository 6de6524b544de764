using GitOps.Bundles;
using GitOps.Bundles.Reports;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Storage;

/// <summary>Volumes as the report says them.</summary>
public static class VolumeReporting
{
    public const string FullCondition = "VolumeFull";

    public static VolumeReport Report(string name, VolumeSpec spec, VolumeUsage usage) => new(name, usage.UsedBytes) { LimitBytes = usage.CapacityBytes ?? spec.LimitBytes };

    /// <summary>One condition for all volumes that count as full; null when none is.</summary>
    public static Condition? Alarm(IEnumerable<(string Name, VolumeSpec Spec, VolumeUsage Usage)> volumes, DateTimeOffset since)
    {
        var full = volumes.Select(v => VolumeTrimming.WhyFull(v.Spec, v.Usage) is { } why ? $"volume/{v.Name} {why}" : null).OfType<string>().ToEquatableArray();
        return full.IsEmpty ? null : new Condition(FullCondition, "True", "AboveLimit", string.Join("; ", full), since);
    }
}

using GitOps.Bundles;
using GitOps.Bundles.Reports;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Storage;

/// <summary>Volumes as the report says them.</summary>
public static class VolumeReporting
{
    public const string FullCondition = "VolumeFull";

    public static VolumeReport Report(string name, VolumeSpec spec, VolumeUsage usage) => new(name, usage.UsedBytes) { LimitBytes = spec.LimitBytes };

    /// <summary>One condition for all volumes above their limit; null when none is.</summary>
    public static Condition? Alarm(IEnumerable<(string Name, VolumeSpec Spec, VolumeUsage Usage)> volumes, DateTimeOffset since)
    {
        var full = volumes.Where(v => VolumeTrimming.IsAboveLimit(v.Spec, v.Usage))
            .Select(v => $"volume/{v.Name} holds {v.Usage.UsedBytes} bytes, the limit is {v.Spec.LimitBytes}")
            .ToEquatableArray();
        return full.IsEmpty ? null : new Condition(FullCondition, "True", "AboveLimit", string.Join("; ", full), since);
    }
}

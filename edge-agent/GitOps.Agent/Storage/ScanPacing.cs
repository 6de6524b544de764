using GitOps.Bundles.Units;

namespace GitOps.Agent.Storage;

/// <summary>How often a volume is counted: rarely where nothing depends on it, and never more than a twentieth of the time.</summary>
public static class ScanPacing
{
    public static readonly TimeSpan WithoutLimit = TimeSpan.FromMinutes(5);
    public static readonly TimeSpan WithLimit = TimeSpan.FromSeconds(15);
    public static readonly TimeSpan NearLimit = TimeSpan.FromSeconds(5);

    /// <summary>The pause until the next scan.</summary>
    /// <param name="took">How long the last one took.</param>
    public static TimeSpan Pause(VolumeSpec spec, VolumeUsage usage, TimeSpan took)
    {
        var limit = VolumeTrimming.LimitOf(spec, usage) ?? spec.Retention?.MaxBytes;
        var pause = limit is null && spec is { Retention: null, ReserveBytes: null } ? WithoutLimit
            : usage.UsedBytes > limit * 0.8m || usage.FreeBytes < VolumeTrimming.ReserveOf(spec, usage) * 1.25m ? NearLimit
            : WithLimit;
        var least = took * 20;
        return least > pause ? least : pause;
    }
}

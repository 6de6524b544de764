using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Storage;

/// <summary>Chooses the files that have to go, oldest first.</summary>
public static class VolumeTrimming
{
    /// <summary>Files to remove and why; none when the volume may stay as it is.</summary>
    /// <param name="untouched">What paths begin with of which none is chosen.</param>
    public static (EquatableArray<VolumeFile> Files, string Because) Choose(
        VolumeSpec spec, VolumeUsage usage, DateTimeOffset now, bool clockTrusted, EquatableArray<string> untouched = default)
    {
        var (target, because) = Target(spec, usage);
        var maxAge = clockTrusted && spec.Retention?.MaxAgeMs is { } ms ? TimeSpan.FromMilliseconds(ms) : (TimeSpan?)null;
        List<VolumeFile> chosen = [];
        var left = usage.UsedBytes;
        foreach (var file in usage.Oldest.Where(f => !untouched.Any(folder => f.Path.StartsWith(folder, StringComparison.Ordinal))))
        {
            var isTooOld = now - file.ModifiedAt > maxAge;
            if (!isTooOld && left <= target)
            {
                break;
            }

            because ??= $"retention keeps files for {maxAge}, {file.Path} is older";
            chosen.Add(file);
            left -= file.SizeBytes;
        }

        return (chosen.ToEquatableArray(), because ?? "");
    }

    /// <summary>Why the volume counts as full: it is above its limit, or its disk below the reserve. Null while it does not.</summary>
    public static string? WhyFull(VolumeSpec spec, VolumeUsage usage) =>
        usage.UsedBytes > LimitOf(spec, usage) ? $"holds {usage.UsedBytes} bytes, the limit is {LimitOf(spec, usage)}"
        : usage.FreeBytes < ReserveOf(spec, usage) ? $"has {usage.FreeBytes} bytes free on its disk, {spec.ReserveBytes} are to stay free"
        : null;

    /// <summary>
    /// From where on a volume is full, in bytes; null: never. An image is full a twentieth before it takes no more, so that
    /// something can be done before a program fails.
    /// </summary>
    public static long? LimitOf(VolumeSpec spec, VolumeUsage usage) =>
        usage.CapacityBytes is { } capacity ? Math.Min(spec.LimitBytes ?? long.MaxValue, capacity - (capacity / 20)) : spec.LimitBytes;

    /// <summary>
    /// What is to stay free on its disk, in bytes; null: nothing. An image has taken all it takes: what goes from it makes no room on
    /// the disk, and what is free in it is no affair of the disk.
    /// </summary>
    public static long? ReserveOf(VolumeSpec spec, VolumeUsage usage) => usage.CapacityBytes is null ? spec.ReserveBytes : null;

    /// <summary>How much may stay. Below the limit by a tenth, so that the next file does not start it all over.</summary>
    private static (long Bytes, string? Because) Target(VolumeSpec spec, VolumeUsage usage)
    {
        var (target, because, used) = (long.MaxValue, (string?)null, usage.UsedBytes);
        if (spec.OnFull == OnFull.DropOldest && LimitOf(spec, usage) is { } limit && used > limit)
        {
            (target, because) = ((long)(limit * 0.9m), $"it holds {used} bytes, the limit is {limit}; dropOldest makes room down to nine tenths");
        }

        // A tenth of the reserve more, for the same reason; of the volume itself it may be next to nothing.
        if (spec.OnFull == OnFull.DropOldest && ReserveOf(spec, usage) is { } reserve && usage.FreeBytes is { } free && free < reserve &&
            used - (reserve - free) - (reserve / 10) is var rest && rest < target)
        {
            (target, because) = (rest, $"{free} bytes are free on its disk, {reserve} are to stay free; dropOldest makes room for that and a tenth");
        }

        if (spec.Retention?.MaxBytes is { } most && used > most && most < target)
        {
            (target, because) = (most, $"it holds {used} bytes, retention keeps {most}");
        }

        return (target, because);
    }
}

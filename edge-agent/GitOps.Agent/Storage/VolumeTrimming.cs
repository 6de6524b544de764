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
        var (target, because) = Target(spec, usage.UsedBytes);
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

    /// <summary>Whether the volume is above its limit.</summary>
    public static bool IsAboveLimit(VolumeSpec spec, VolumeUsage usage) => usage.UsedBytes > spec.LimitBytes;

    /// <summary>How much may stay. Below the limit by a tenth, so that the next file does not start it all over.</summary>
    private static (long Bytes, string? Because) Target(VolumeSpec spec, long used)
    {
        var (target, because) = (long.MaxValue, (string?)null);
        if (spec.OnFull == OnFull.DropOldest && spec.LimitBytes is { } limit && used > limit)
        {
            (target, because) = ((long)(limit * 0.9m), $"it holds {used} bytes, the limit is {limit}; dropOldest makes room down to nine tenths");
        }

        if (spec.Retention?.MaxBytes is { } most && used > most && most < target)
        {
            (target, because) = (most, $"it holds {used} bytes, retention keeps {most}");
        }

        return (target, because);
    }
}

using GitOps.Bundles.Units;

namespace GitOps.Bundles.Tests;

/// <summary>Members of volumes that came after <see cref="Samples"/>.</summary>
internal static class VolumeSamples
{
    public static Bundle Image { get; } = Bundle.Of(
    [
        new Unit("data", new VolumeSpec { Path = "/srv/data", LimitBytes = 1 << 30, Enforce = LimitKeeping.Image }),
    ]);

    public static Bundle Reserve { get; } = Bundle.Of(
    [
        new Unit("logs", new VolumeSpec { Path = "/srv/logs", ReserveBytes = 1 << 30, OnFull = OnFull.DropOldest }),
    ]);
}

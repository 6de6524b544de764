using GitOps.Agent.Planning;
using GitOps.Agent.Storage;
using GitOps.Agent.TimeSync;
using GitOps.Bundles.Units;
using GitOps.Platform.Files;

namespace GitOps.Agent.Host.Storage;

/// <summary>Puts the parts that keep volumes together.</summary>
public static class VolumeUnits
{
    /// <param name="files">Sees the paths of volumes as the policy allows.</param>
    /// <param name="beneath">A layer that cannot be led out of a volume.</param>
    /// <param name="trust">Ages count only while the clock is trusted.</param>
    public static (IUnitKind Kind, VolumeDriver Driver) Create(
        IFileLayer files, Func<string, IFileLayer> beneath, IClockTrust trust, TimeProvider time)
    {
        var driver = new VolumeDriver(files, beneath, trust, time);
        return (new UnitKind<VolumeState, VolumeStep>(UnitKinds.Volume, new VolumePlanner(), driver), driver);
    }
}

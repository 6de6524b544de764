using GitOps.Agent.Host.Files;
using GitOps.Agent.Planning;
using GitOps.Agent.Storage;
using GitOps.Agent.TimeSync;
using GitOps.Bundles.Units;
using GitOps.Platform.Files;
using GitOps.Platform.Processes;

namespace GitOps.Agent.Host.Storage;

/// <summary>Puts the parts that keep volumes together.</summary>
internal static class VolumeUnits
{
    /// <param name="host">The whole machine, for its accounts.</param>
    /// <param name="roots">Where volumes may lie.</param>
    /// <param name="trust">Ages count only while the clock is trusted.</param>
    public static (IUnitKind Kind, VolumeDriver Driver) Create(
        IFileLayer host, PolicyRoots roots, ICommandRunner commands, IClockTrust trust, TimeProvider time)
    {
        var images = new VolumeImages(host, roots, commands, program => ProgramPath.Find(program, workingDirectory: null), path => new DriveInfo(path).AvailableFreeSpace);
        var driver = new VolumeDriver(host, roots, images, trust, time);
        return (new UnitKind<VolumeState, VolumeStep>(UnitKinds.Volume, new VolumePlanner(), driver), driver);
    }
}

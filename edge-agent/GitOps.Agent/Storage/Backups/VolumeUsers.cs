using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Storage.Backups;

/// <summary>Who works with what a volume holds, as far as the bundle says.</summary>
public static class VolumeUsers
{
    /// <param name="held">Units that a person keeps as they are.</param>
    /// <returns>Units that are to be held before the contents change under them.</returns>
    public static EquatableArray<UnitId> NotHeld(Bundle bundle, string volume, string path, Func<UnitId, bool> held) => bundle.Units
        .Where(unit => Uses(unit, volume, path) && unit.Suspend is null && !held(unit.Id))
        .Select(unit => unit.Id).ToEquatableArray();

    private static bool Uses(Unit unit, string volume, string path) => unit.Spec switch
    {
        WorkloadSpec workload => unit.Requires.Contains(new UnitId(UnitKinds.Volume, volume)) ||
            (workload.Containers is { } group && group.Volumes.Any(v => v.Unit == volume || (v.Host is { } host && IsWithin(host.Path, path)))) ||
            (workload.Process is { } process && process.Command.Any(argument => argument.Contains($"{path}/", StringComparison.Ordinal) || argument.EndsWith(path, StringComparison.Ordinal))),
        SyncSpec sync => sync.Mode is SyncMode.Pull or SyncMode.Replicate && sync.Volume == volume,
        _ => false,
    };

    /// <summary>One lies in the other.</summary>
    private static bool IsWithin(string one, string other) => one == other ||
        one.StartsWith($"{other}/", StringComparison.Ordinal) || other.StartsWith($"{one}/", StringComparison.Ordinal);
}

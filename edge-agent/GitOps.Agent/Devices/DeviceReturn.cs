using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Devices;

/// <summary>
/// What <c>onRollback</c> does when the node goes back to its last good generation. A removal that somebody committed is no
/// return: it leaves the device as it is.
/// </summary>
internal static class DeviceReturn
{
    /// <summary>The steps for one property as it was applied; null when the older bundle alone decides.</summary>
    public static DeviceStep? Decide(DeviceProperty owned, DeviceProperty? older, DeviceState state)
    {
        if (owned.Desired is not { OnRollback: { } back } given || state.Memory.Find(owned.Name) is not { } memory ||
            memory.Version != DesiredVersion.Of(given) || memory.Stage is MemoryStage.Seen or MemoryStage.Left)
        {
            return null; // it says nothing, or this version never touched the device
        }

        var then = older?.Desired is { } desired ? DesiredVersion.Of(desired) : (Digest?)null;
        var value = back.Value ?? (back.Action == RollbackAction.Previous ? memory.Before : null);
        return (value, then) switch
        {
            ({ } restored, _) => new DeviceStep.Restore(owned, restored, then)
            {
                Because = back.Value is null
                    ? $"the node goes back, and onRollback asks for what {owned.Name} was before"
                    : $"the node goes back, and onRollback asks for {restored}",
            },
            (null, { } version) => new DeviceStep.Remember(owned.Name, version, MemoryStage.Left)
            {
                Because = "the node goes back, and onRollback says leave",
            },
            _ => null,
        };
    }
}

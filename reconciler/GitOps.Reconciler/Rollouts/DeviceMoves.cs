using GitOps.Bundles;
using GitOps.Bundles.Reports;
using GitOps.Bundles.Units;
using GitOps.Reconciler.Compile;
using GitOps.Reconciler.Guards;

namespace GitOps.Reconciler.Rollouts;

/// <summary>A device that Git took from a node, which has not said yet that it let go of it.</summary>
/// <param name="Device">By name: a device that is moved and renamed at once is two devices.</param>
/// <param name="Node">The old master.</param>
public sealed record DeviceLeave(string Device, string Node);

/// <summary>
/// One master per device: a node is given a device only when the node that had it has reported that it let go. It is the
/// control plane that waits. The new node does not hear of the device before, so nothing has to be undone where a link is cut.
/// </summary>
public static class DeviceMoves
{
    /// <summary>
    /// What is to be let go of once a revision is accepted, sorted. An old node that <c>takeover</c> names is answered for, for good: where
    /// several are broken or gone, a revision names one after the other.
    /// </summary>
    /// <param name="before">What was to be let go of under the revision before.</param>
    /// <param name="previous">Nodes as they were published; those that did not change may be left out.</param>
    public static EquatableArray<DeviceLeave> After(
        EquatableArray<DeviceLeave> before, IEnumerable<PublishedNode> previous, FleetBundles next) => before
        .Concat(previous.SelectMany(node => node.Units.Where(unit => unit.Kind == UnitKinds.Device).Select(unit => new DeviceLeave(unit.Name, node.Node))))
        .Where(leave => !next.TryGet(leave.Node, out var node) || !Has(node, leave.Device))
        .Where(leave => !next.Manifest.Devices.TryGet(leave.Device, out var device) || device.Spec.Takeover != leave.Node)
        .Distinct()
        .OrderBy(leave => leave.Device, StringComparer.Ordinal).ThenBy(leave => leave.Node, StringComparer.Ordinal)
        .ToEquatableArray();

    /// <summary>What a node is to be given and others have to let go of first.</summary>
    public static EquatableArray<DeviceLeave> Awaited(NodeBundle node, EquatableArray<DeviceLeave> leaving) =>
        leaving.Where(leave => leave.Node != node.Node && Has(node, leave.Device)).ToEquatableArray();

    /// <summary>What is still to be let go of, by what the nodes report now.</summary>
    /// <param name="fleet">Has every node of <paramref name="leaving"/> that Git still names.</param>
    internal static EquatableArray<DeviceLeave> Remaining(EquatableArray<DeviceLeave> leaving, IReadOnlyList<RolloutNode> fleet) => leaving.IsEmpty
        ? leaving
        : leaving.Where(leave => fleet.FirstOrDefault(node => node.Node == leave.Node) is not { } node || !HasLetGo(node, leave.Device)).ToEquatableArray();

    /// <summary>Nodes that are opened now are masters from here on, whoever had their devices.</summary>
    internal static EquatableArray<DeviceLeave> Without(EquatableArray<DeviceLeave> leaving, IEnumerable<RolloutNode> opened)
    {
        var taken = leaving.IsEmpty ? [] : opened.SelectMany(node => node.Gains).ToHashSet(StringComparer.Ordinal);
        return taken.Count == 0 ? leaving : leaving.Where(leave => !taken.Contains(leave.Device)).ToEquatableArray();
    }

    internal static RolloutHold Hold(RolloutNode node, IReadOnlyList<RolloutNode> fleet)
    {
        var leave = node.Awaits[0];
        var old = fleet.FirstOrDefault(other => other.Node == leave.Node);
        var until = old switch
        {
            null => $"'takeover: {leave.Node}' in the Device: Git has no such node any more, and nobody says what it does",
            { Awaits.IsEmpty: false } => $"{leave.Node} has let go of it, which waits for {old.Awaits[0].Node} in turn: move the devices in two commits, " +
                $"or write 'takeover: {leave.Node}' in the Device",
            { IsPaused: true } => $"{leave.Node} is given this revision again and lets go of it, or the Device says 'takeover: {leave.Node}'",
            _ => $"{leave.Node} reports that it let go of it; where it is broken or gone, 'takeover: {leave.Node}' in the Device",
        };
        return new RolloutHold(node.Node, $"the device {leave.Device}, which {leave.Node} still has", until);
    }

    public static bool Has(NodeBundle node, string device) => node.UnitIds.Contains(new UnitId(UnitKinds.Device, device));

    /// <summary>
    /// It is committed to what it is pointed at, which has the device no more, and its report lists it no more. Where there
    /// are too many to be listed, it has to say that all of what left the bundle is gone.
    /// </summary>
    private static bool HasLetGo(RolloutNode node, string device) =>
        node is { IsOpened: true, Pointer: { } pointer, Status: { } status } &&
        status.Bundle == pointer.Bundle && status.Generation >= pointer.Generation &&
        (status.Devices is { } devices ? !devices.Contains(device) : status.Phase == NodePhase.Converged);
}

using System.Collections.Concurrent;
using GitOps.Bundles;
using GitOps.ControlPlane.Store;
using GitOps.Reconciler.Compile;
using GitOps.Reconciler.Rollouts;

namespace GitOps.ControlPlane.Reconciling;

/// <summary>
/// The nodes that are not pointed at what the published revision has for them: all that a rollout has to look at. Kept from
/// pass to pass, so that a pass costs what changed and not what the fleet is.
/// </summary>
/// <param name="isRemoved">Whether a node was taken out of the fleet.</param>
internal sealed class UnopenedNodes(ContentStore store, IFleetStatusSource fleet, Func<string, bool> isRemoved)
{
    private readonly HashSet<string> _unopened = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> _heard = [];
    private FleetBundles? _bundles;

    /// <summary>The next revision to carry out.</summary>
    public void Take(FleetBundles bundles)
    {
        var changed = bundles.ChangedSince(_bundles);
        _bundles = bundles;
        Look(changed);
    }

    /// <summary>A node said something; from any thread. One that has seen more than its pointer says is opened again.</summary>
    public void Heard(string node) => _heard.Enqueue(node);

    /// <summary>Looks at nodes again: their pointers are other ones.</summary>
    public void Look(IEnumerable<string> nodes)
    {
        foreach (var name in nodes)
        {
            if (Find(name) is { IsOpened: false })
            {
                _unopened.Add(name);
            }
            else
            {
                _unopened.Remove(name);
            }
        }
    }

    /// <summary>Looks at every node: something happened that is not said node by node.</summary>
    public void LookAtAll() => Look([.. _unopened, .. _bundles?.Nodes.Select(node => node.Node) ?? []]);

    /// <summary>What the planner has to know: the nodes that are not opened, and those it asks about by name.</summary>
    public IEnumerable<RolloutNode> Of(RolloutState state)
    {
        List<string> heard = [];
        while (_heard.TryDequeue(out var node))
        {
            heard.Add(node);
        }

        Look(heard);
        var named = state.PassedOver.Concat(state.Canary is { } canary ? [canary.Node] : []).Concat(state.Leaving.Select(leave => leave.Node));
        return _unopened.Concat(named).Distinct(StringComparer.Ordinal).Select(Find).OfType<RolloutNode>()
            .Select(node => state.Leaving.IsEmpty ? node : Moving(node, state.Leaving));
    }

    private RolloutNode Moving(RolloutNode node, EquatableArray<DeviceLeave> leaving) => _bundles!.TryGet(node.Node, out var target)
        ? node with
        {
            Awaits = DeviceMoves.Awaited(target, leaving),
            Gains = leaving.Where(leave => DeviceMoves.Has(target, leave.Device)).Select(leave => leave.Device).ToEquatableArray(),
        }
        : node;

    private RolloutNode? Find(string name)
    {
        if (_bundles is not { } bundles || !bundles.TryGet(name, out var node))
        {
            return null;
        }

        var status = fleet.Find(name);
        var pointer = store.PointerOf(name) is { Bundle: { } bundle, Generation: var generation }
            ? new OpenPointer(bundle, generation)
            : null;
        // The store came back from a backup: the node refuses this pointer as old, so it is opened again.
        var isRefused = pointer is not null && status is not null && status.SeenGeneration > pointer.Generation;
        return new RolloutNode(name, node.Digest, isRefused ? null : pointer, status, node.Suspended) { IsRemoved = isRemoved(name) };
    }
}

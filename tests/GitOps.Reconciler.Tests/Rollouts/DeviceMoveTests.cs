using CsCheck;
using GitOps.Bundles.Reports;
using GitOps.Reconciler.Compile;
using GitOps.Reconciler.Guards;
using GitOps.Reconciler.Rollouts;

namespace GitOps.Reconciler.Tests.Rollouts;

/// <summary>Devices that change their node: the new one hears of a device when the old one has let go of it.</summary>
public sealed class DeviceMoveTests
{
    [Fact]
    public void The_new_node_waits_until_the_old_one_reports_that_it_let_go()
    {
        var fleet = new MovingFleet("canary", ("plc", "a"));
        fleet.Push(("plc", "b"));

        fleet.Plan();
        Assert.Empty(fleet.DevicesOf("b"));
        Assert.Equal("b waits for the device plc, which a still has until a reports that it let go of it; where it is broken or gone, 'takeover: a' in the Device",
            fleet.Waits("b"));

        fleet.Report("a");
        fleet.Plan();
        Assert.Equal(["plc"], fleet.DevicesOf("b"));
        Assert.Empty(fleet.State.Leaving);
    }

    [Fact]
    public void An_old_node_that_still_follows_the_device_has_not_let_go_and_one_whose_report_is_cut_has_when_all_is_gone()
    {
        var fleet = new MovingFleet("allAtOnce", ("plc", "a"));
        fleet.Push(("plc", "b"));
        fleet.Plan();

        fleet.Report("a", follows: ["plc"]);
        fleet.Plan();
        Assert.Empty(fleet.DevicesOf("b"));

        fleet.Report("a", phase: NodePhase.Waiting, isCut: true);
        fleet.Plan();
        Assert.Empty(fleet.DevicesOf("b"));

        fleet.Report("a", isCut: true);
        fleet.Plan();
        Assert.Equal(["plc"], fleet.DevicesOf("b"));
    }

    [Fact]
    public void Takeover_from_the_old_node_waits_for_nothing_and_from_another_one_says_nothing()
    {
        var fleet = new MovingFleet("allAtOnce", ("plc", "a"));
        fleet.Push(("plc", "b, takeover: c"));
        fleet.Plan();
        Assert.Empty(fleet.DevicesOf("b"));

        fleet.Push(("plc", "b, takeover: a"));
        fleet.Plan();
        Assert.Equal(["plc"], fleet.DevicesOf("b"));

        // What was taken over stays, also when the word is taken out of Git before the old node is back.
        fleet.Push(("plc", "b"), ("other", "b"));
        fleet.Plan();
        Assert.Equal(["other", "plc"], fleet.DevicesOf("b"));
    }

    [Fact]
    public void A_device_that_went_through_two_nodes_which_are_gone_is_taken_over_from_one_after_the_other()
    {
        var fleet = new MovingFleet("allAtOnce", ("plc", "a"));
        fleet.Push(("plc", "a"), ("other", "b"));
        fleet.Plan(); // and b never says that it has come to it
        fleet.Push(("plc", "b"), ("other", "b"));
        fleet.Plan();

        fleet.Push(("plc", "c, takeover: a"), ("other", "b"));
        fleet.Plan();
        Assert.Empty(fleet.DevicesOf("c"));
        Assert.Contains("'takeover: b' in the Device", fleet.Waits("c"), StringComparison.Ordinal);

        fleet.Push(("plc", "c, takeover: b"), ("other", "b"));
        fleet.Plan();
        Assert.Equal(["plc"], fleet.DevicesOf("c"));
    }

    [Fact]
    public void Whatever_was_moved_between_nodes_that_are_gone_a_device_has_its_master_once_each_was_named() =>
        Gen.Select(Gen.Int[0, 3], Gen.Int[0, 3]).Array[1, 8].Sample(moves =>
        {
            var fleet = new MovingFleet("allAtOnce", ("plc", "a"));
            foreach (var (plc, other) in moves)
            {
                fleet.Push([.. Placed("plc", plc), .. Placed("other", other)]);
                fleet.Plan();
                fleet.Report("c");
            }

            foreach (var gone in (string[])["a", "b"])
            {
                fleet.Push(("plc", $"c, takeover: {gone}"), ("other", "b"));
                fleet.Plan();
                fleet.Report("c");
            }

            Assert.Equal(["plc"], fleet.DevicesOf("c"));
        }, iter: 100);

    [Fact]
    public void A_device_that_was_deleted_and_comes_back_elsewhere_is_fenced_all_the_same()
    {
        var fleet = new MovingFleet("allAtOnce", ("plc", "a"));
        fleet.Push();
        fleet.Plan();
        fleet.Push(("plc", "b"));
        fleet.Plan();
        Assert.Empty(fleet.DevicesOf("b"));

        fleet.Report("a");
        fleet.Plan();
        Assert.Equal(["plc"], fleet.DevicesOf("b"));
    }

    [Fact]
    public void A_device_that_goes_back_before_it_was_let_go_waits_for_nobody()
    {
        var fleet = new MovingFleet("allAtOnce", ("plc", "a"));
        fleet.Push(("plc", "b"));
        fleet.Push(("plc", "a"));
        fleet.Plan();
        fleet.Report("b");
        fleet.Plan();

        Assert.Equal(["plc"], fleet.DevicesOf("a"));
        Assert.Empty(fleet.DevicesOf("b"));
        Assert.Null(fleet.Waits("a"));
    }

    [Fact]
    public void Two_nodes_that_wait_for_each_other_are_told_so()
    {
        var fleet = new MovingFleet("allAtOnce", ("plc", "a"), ("robot", "b"));
        fleet.Push(("plc", "b"), ("robot", "a"));
        fleet.Plan();

        Assert.Contains("which waits for a in turn: move the devices in two commits", fleet.Waits("a"), StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_to_be_let_go_survives_a_restart_of_the_control_plane()
    {
        var fleet = new MovingFleet("canary", ("plc", "a"));
        fleet.Push(("plc", "b"));

        Assert.Equal(fleet.State, RolloutJson.TryRead(RolloutJson.Write(fleet.State)));
        Assert.Equal([new DeviceLeave("plc", "a")], fleet.State.Leaving);
    }

    [Fact]
    public void No_device_ever_has_two_masters_whatever_is_pushed_and_whoever_reports_when() =>
        Gen.Select(Gen.Int[0, 3], Gen.Int[0, 3], Gen.Int[0, 5]).Array[1, 30].Sample(moves =>
        {
            var fleet = new MovingFleet("allAtOnce", ("plc", "a"), ("robot", "b"));
            foreach (var (plc, robot, event_) in moves)
            {
                switch (event_)
                {
                    case 0 or 1:
                        fleet.Push([.. Placed("plc", plc), .. Placed("robot", robot)]);
                        break;
                    case 2:
                        fleet.Report("a");
                        break;
                    case 3:
                        fleet.Report("b");
                        break;
                    case 4:
                        fleet.Report("c");
                        break;
                    default:
                        fleet.Restart();
                        break;
                }

                fleet.Plan();
                Assert.True(fleet.Masters("plc") <= 1 && fleet.Masters("robot") <= 1, "two nodes may speak with one device");
            }
        }, iter: 300);

    [Fact]
    public void Once_every_node_reports_every_device_has_its_master() =>
        Gen.Select(Gen.Int[0, 3], Gen.Int[0, 3]).Array[1, 8].Sample(moves =>
        {
            var fleet = new MovingFleet("canary", ("plc", "a"));
            foreach (var (plc, reports) in moves)
            {
                fleet.Push([.. Placed("plc", plc)]);
                fleet.Plan();
                fleet.Report("abc"[reports % 3].ToString());
            }

            fleet.Push(("plc", "c"));
            for (var i = 0; i < 8; i++)
            {
                fleet.Plan();
                Array.ForEach(["a", "b", "c"], node => fleet.Report(node));
            }

            Assert.Equal(["plc"], fleet.DevicesOf("c"));
        }, iter: 100);

    private static (string, string)[] Placed(string device, int node) => node == 3 ? [] : [(device, "abc"[node].ToString())];
}

/// <summary>Three nodes and a control plane: what is pushed is compiled, what is decided is opened, and nodes say what they have when told to.</summary>
internal sealed class MovingFleet
{
    private static readonly string[] Names = ["a", "b", "c"];

    private readonly Dictionary<string, (NodeBundle Bundle, long Generation)> _opened = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (NodeBundle Bundle, NodeStatus Status)> _nodes = new(StringComparer.Ordinal);
    private readonly string _strategy;
    private FleetBundles _bundles;
    private RolloutDecision? _last;
    private long _generation = 1;

    public MovingFleet(string strategy, params (string Device, string Node)[] devices)
    {
        _strategy = strategy;
        _bundles = Compile(devices);
        State = RolloutPlanner.Begin("r1");
        foreach (var node in _bundles.Nodes)
        {
            _opened[node.Node] = (node, _generation);
            Report(node.Node);
        }
    }

    public RolloutState State { get; private set; }

    public void Push(params (string Device, string Node)[] devices)
    {
        var next = Compile(devices);
        State = RolloutPlanner.Begin("r", DeviceMoves.After(State.Leaving, PublishedNode.Of(_bundles), next));
        _bundles = next;
    }

    public void Restart() => State = RolloutJson.TryRead(RolloutJson.Write(State))!;

    public void Plan()
    {
        _last = RolloutPlanner.Plan(State, _bundles.Manifest.Fleet!.Spec.Rollout, _bundles.Manifest, _bundles.Nodes.Select(ToNode), DateTimeOffset.UnixEpoch);
        State = _last.Next;
        _generation += _last.Open.IsEmpty ? 0 : 1;
        foreach (var name in _last.Open)
        {
            Assert.True(_bundles.TryGet(name, out var bundle));
            _opened[name] = (bundle, _generation);
        }
    }

    /// <summary>The node comes to what it is pointed at, and says so.</summary>
    /// <param name="follows">Devices it has not let go of.</param>
    public void Report(string node, string[]? follows = null, NodePhase phase = NodePhase.Converged, bool isCut = false)
    {
        var (bundle, generation) = _opened[node];
        string[] devices = [.. DevicesOf(node), .. follows ?? []];
        _nodes[node] = (bundle, new NodeStatus
        {
            Online = true,
            Phase = phase,
            Bundle = bundle.Digest,
            Generation = generation,
            SeenGeneration = generation,
            Devices = isCut ? null : [.. devices],
        });
    }

    /// <summary>The devices of the bundle that the node is pointed at.</summary>
    public IEnumerable<string> DevicesOf(string node) => DevicesOf(_opened[node].Bundle);

    /// <summary>How many nodes speak with the device, or may as soon as they poll.</summary>
    public int Masters(string device) =>
        Names.Count(node => DevicesOf(node).Contains(device) || DevicesOf(_nodes[node].Bundle).Contains(device));

    public string? Waits(string node) => _last!.Holds.Where(hold => hold.Node == node).Select(hold => $"{node} waits for {hold.What} until {hold.Until}").FirstOrDefault();

    private RolloutNode ToNode(NodeBundle node) => new(node.Node, node.Digest, new OpenPointer(_opened[node.Node].Bundle.Digest, _opened[node.Node].Generation),
        _nodes[node.Node].Status, Suspended: null)
    {
        Awaits = DeviceMoves.Awaited(node, State.Leaving),
        Gains = [.. State.Leaving.Where(leave => DeviceMoves.Has(node, leave.Device)).Select(leave => leave.Device)],
    };

    private FleetBundles Compile((string Device, string Node)[] devices) => Trees.Compiled([Trees.File("fleet.yaml",
        Trees.Fleet + $"\n  rollout: {{strategy: {_strategy}}}" + string.Concat(Names.Select(name => Trees.Node(name))) +
        Trees.Resource("DeviceModel", "m", "protocol: simulated\nproperties: [{name: level, type: int32}]") +
        string.Concat(devices.Select(device => Trees.Resource("Device", device.Device, $"{{node: {device.Node}, model: m}}"))))]);

    private static IEnumerable<string> DevicesOf(NodeBundle bundle) => bundle.UnitIds.Where(unit => unit.Kind == "device").Select(unit => unit.Name);
}

using GitOps.Agent.Planning;
using GitOps.Agent.Tests.Loop;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Tests.Planning;

public sealed class UnitGraphTests
{
    [Fact]
    public void An_old_unit_goes_before_a_new_one_that_wants_its_port()
    {
        var graph = Build([FakeWorld.Workload("new", ports: [80])], [FakeWorld.Workload("old", ports: [80]), FakeWorld.Workload("other", ports: [81])]);
        Assert.Equal("removal of workload/old -> workload/new (port:80)", Assert.Single(Edges(graph)));
        Assert.True(graph.MakesRoom(new BranchKey(UnitId.Parse("workload/old"), BranchKind.Remove)));
        Assert.False(graph.MakesRoom(new BranchKey(UnitId.Parse("workload/other"), BranchKind.Remove)));
    }

    [Fact]
    public void Two_units_that_swap_their_ports_do_not_wait_for_each_other()
    {
        var graph = Build(
            [FakeWorld.Workload("a", ports: [2]), FakeWorld.Workload("b", ports: [1])],
            [FakeWorld.Workload("a", ports: [1]), FakeWorld.Workload("b", ports: [2])]);
        Assert.Equal(
            ["removal of workload/a -> workload/a (port:1)", "workload/b -> workload/a (port:2)", "removal of workload/a -> workload/b (port:1)"],
            Edges(graph));
    }

    [Fact]
    public void A_device_is_let_go_of_before_an_EdgeX_speaks_with_it_and_the_other_way_round()
    {
        var property = new DeviceProperty { Name = "setpoint", Type = DeviceValueType.Int16, Access = DeviceAccess.ReadWrite, Register = new ModbusRegister(ModbusTable.Holding, 3) };
        var own = new Unit("dryer-1", new DeviceSpec { Protocol = DeviceProtocol.ModbusTcp, Connection = new DeviceConnection { Host = "10.0.0.5" }, Properties = [property] });
        var through = new Unit("dryer-1", new DeviceSpec
        {
            Protocol = DeviceProtocol.EdgeX,
            Connection = new DeviceConnection { Url = "http://127.0.0.1:59882", Device = "dryer-1" },
            Properties = [property with { Register = null }],
        })
        {
            Requires = [UnitId.Parse("edgex/n1-edgex")],
        };
        var edgeX = new Unit("n1-edgex", new EdgeXSpec
        {
            Url = "http://127.0.0.1:59881",
            Objects = [new ContentPart.Text("{}")],
            Writes = ["modbus-tcp 10.0.0.5:502 unit 1 holding 3"],
        });
        var (place, without) = ("device:modbus-tcp 10.0.0.5:502 unit 1 holding 3", edgeX with { Spec = (EdgeXSpec)edgeX.Spec with { Writes = [] } });

        Assert.Equal(
            [$"removal of device/dryer-1 -> device/dryer-1 ({place})", "edgex/n1-edgex -> device/dryer-1 (requires)", $"removal of device/dryer-1 -> edgex/n1-edgex ({place})"],
            Edges(UnitGraph.Build([through, edgeX], [own], Claims)));
        Assert.Equal([$"removal of edgex/n1-edgex -> device/dryer-1 ({place})"], Edges(UnitGraph.Build([own], [through, edgeX], Claims)));
        Assert.Equal([$"edgex/n1-edgex -> device/dryer-1 ({place})"], Edges(UnitGraph.Build([own, without], [through, edgeX], Claims)));

        static EquatableArray<string> Claims(Unit unit) => unit.Spec is EdgeXSpec ? new Agent.Devices.EdgeX.EdgeXPlanner().Claims(unit) : new Agent.Devices.DevicePlanner().Claims(unit);
    }

    [Fact]
    public void What_required_something_is_removed_before_it()
    {
        var graph = Build([], [FakeWorld.Workload("db"), FakeWorld.Workload("web", requires: "workload/db")]);
        Assert.Equal(["removal of workload/web -> removal of workload/db (requires)"], Edges(graph));
    }

    [Fact]
    public void Contradictions_are_found_all_at_once()
    {
        var bundle = Bundle.Of(
        [
            FakeWorld.Workload("a", ports: [80], requires: "workload/b"), FakeWorld.Workload("b", ports: [80], requires: "workload/a"),
            FakeWorld.Workload("c", requires: "volume/none"),
        ]);
        Assert.Equal(4, BundleCheck.Check(bundle, FakeWorld.Claims, runsContainers: false).Count);
    }

    [Fact]
    public void A_bundle_with_containers_is_refused_by_name()
    {
        var group = new Unit("shop", new WorkloadSpec
        {
            Containers = new ContainerGroupSpec
            {
                Containers = [new ContainerSpec("web") { Image = "web@sha256:0", Ports = [new ContainerPort(80) { HostPort = 8080 }] }],
            },
        });

        var problems = BundleCheck.Check(Bundle.Of([group, FakeWorld.Workload("a", ports: [8080])]), new Agent.Workloads.WorkloadPlanner().Claims, runsContainers: false);

        Assert.Equal(["AGT059", "AGT035"], problems.Select(problem => problem.Problem.Code));
        Assert.Contains("workload/shop is a group of containers, and this node has no container engine", problems[0].Problem.What, StringComparison.Ordinal);
        Assert.Empty(Agent.Policy.PolicyCheck.Check(Bundle.Of([group]), new Agent.Policy.AgentPolicy { Format = 1, Containers = new() { Images = ["*"] } }, []));
    }

    private static UnitGraph Build(IReadOnlyCollection<Unit> desired, IReadOnlyCollection<Unit> owned) =>
        UnitGraph.Build(desired, owned, FakeWorld.Claims);

    private static IEnumerable<string> Edges(UnitGraph graph) => graph.Edges.Select(e => $"{e.Before} -> {e.After} ({e.Because})");
}

using GitOps.Agent.Host.Chrony;
using GitOps.Agent.Host.Processes;
using GitOps.Agent.Planning;
using GitOps.Agent.TimeSync;
using GitOps.Bundles.Reports;
using GitOps.Bundles.Units;
using GitOps.Platform.Files;
using GitOps.Platform.Processes;
using GitOps.TestKit;
using GitOps.TestKit.Net;

namespace GitOps.Agent.Host.Tests.Chrony;

/// <summary>PTP between two networks of their own, with ptp4l on both sides.</summary>
[Trait("needs", "linuxptp")]
public sealed class PtpTests : IAsyncDisposable
{
    private const int Domain = 24;

    /// <summary>An announcement each two seconds, three of them until a grandmaster is believed in, and some measurements after it.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    private readonly TempDirectory _state = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync()
    {
        _state.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task A_node_follows_a_grandmaster_and_knows_whether_its_clock_is_a_real_one()
    {
        NeedsPackage.OrSkip("linuxptp", "ptp4l");
        NeedsPackage.OrSkip("chrony", "chronyd");
        await using var wire = await NamespacePair.CreateAsync(Stop);
        var satellites = Grandmaster(wire, clockClass: 6);
        var (kind, driver) = Clock("node", wire.WithinSecond, 71);
        await using var _ = driver;
        var runner = new UnitRunner(kind);
        var unit = Unit([], new PtpLink("wire") { Domain = Domain });

        await runner.UntilAsync(unit, null, plan => plan is { Status: UnitStatus.Ready, Steps.IsEmpty: true }, Stop, Limit);
        Assert.True(Report(driver) is { Managed: true, Synchronised: true, Isolated: null, Source: ['P', 'T', 'P', ' ', ..] }, Report(driver).ToString());
        Assert.True(driver.IsTrusted);

        // What an agent that was killed left behind, and what was ended by somebody else, is replaced.
        var before = Assert.Single(ProcessTable.FindMarked($"GITOPS_AGENT_PTP={_state["node/ptp"]}"));
        ProcessTable.Signal(before, "SIGKILL");
        await runner.UntilAsync(unit, unit, plan => plan.Steps.Any(step => step.Step is ClockStep.RestartPtp), Stop);
        Assert.NotEqual(before, Assert.Single(ProcessTable.FindMarked($"GITOPS_AGENT_PTP={_state["node/ptp"]}")));

        await satellites.DisposeAsync();
        await using var own = Grandmaster(wire, clockClass: 248);
        await runner.UntilAsync(unit, unit, plan => plan is { Status: UnitStatus.Ready } && Report(driver).Isolated == true, Stop, Limit);
        Assert.False(driver.IsTrusted);

        await runner.UntilAsync(null, unit, plan => plan.Steps.IsEmpty, Stop);
        Assert.Empty(ProcessTable.FindMarked($"GITOPS_AGENT_PTP={_state["node/ptp"]}"));
        Assert.False(File.Exists(_state["node/ptp/ptp4l.conf"]));
    }

    [Fact]
    public async Task A_node_is_the_grandmaster_of_its_network_and_says_what_its_clock_is_worth()
    {
        NeedsPackage.OrSkip("linuxptp", "ptp4l");
        NeedsPackage.OrSkip("chrony", "chronyd");
        await using var wire = await NamespacePair.CreateAsync(Stop);
        await using var cloud = await ChronyServer.StartAsync(Stop);
        var (gatewayKind, gateway) = Clock("gateway", wire.WithinFirst, 72);
        await using var _ = gateway;
        var (nodeKind, node) = Clock("node", wire.WithinSecond, 73);
        await using var __ = node;
        var serving = Unit([new TimeServer("127.0.0.1") { Port = cloud.Port }], new PtpLink("wire") { Domain = Domain, Transport = PtpTransport.Ethernet, Serve = true });
        var following = Unit([], new PtpLink("wire") { Domain = Domain, Transport = PtpTransport.Ethernet });

        await new UnitRunner(gatewayKind).UntilAsync(serving, null, plan => plan is { Status: UnitStatus.Ready, Steps.IsEmpty: true } && gateway.IsTrusted, Stop, Limit);
        await new UnitRunner(nodeKind).UntilAsync(following, null, plan => plan is { Status: UnitStatus.Ready, Steps.IsEmpty: true } && node.IsTrusted, Stop, Limit);
        Assert.Equal((null, null), (Report(gateway).Isolated, Report(node).Isolated));
    }

    [Fact]
    public async Task An_interface_that_is_not_there_is_said()
    {
        NeedsPackage.OrSkip("linuxptp", "ptp4l");
        NeedsPackage.OrSkip("chrony", "chronyd");
        var (kind, driver) = Clock("node", [], 74);
        await using var _ = driver;
        var runner = new UnitRunner(kind);
        await runner.UntilAsync(Unit([], new PtpLink("no-such-wire")), null,
            __ => runner.LastFailure is StepOutcome.Retry { Problem.What: var what } && what.Contains("ptp4l ended", StringComparison.Ordinal), Stop);
    }

    private static Unit Unit(TimeServer[] servers, PtpLink ptp) =>
        new("site", new ClockSpec { Servers = [.. servers], MaxErrorMs = 1_000, Ptp = ptp });

    private (IUnitKind Kind, ClockDriver Driver) Clock(string name, IReadOnlyList<string> within, int segment)
    {
        Directory.CreateDirectory(_state[name]);
        return ClockUnits.Create(
            DiskFileLayer.Host, new CommandRunner(TimeProvider.System), _state[name], ClockKeeping.OwnChronyLeavingClock, TimeProvider.System, new Random(3),
            isolatedAfter: TimeSpan.FromSeconds(1), ptpPlace: new PtpPlace(segment) { Within = within });
    }

    private LongProcess Grandmaster(NamespacePair wire, int clockClass)
    {
        File.WriteAllText(_state["gm.conf"], $"""
            [global]
            time_stamping software
            masterOnly 1
            domainNumber {Domain}
            clockClass {clockClass}
            uds_address {_state["gm.sock"]}
            [wire]

            """);
        return LongProcess.Start(new Command([.. wire.WithinFirst, "ptp4l", "-q", "-f", _state["gm.conf"]]))!;
    }

    private static ClockReport Report(ClockDriver driver) => driver.Contribute(new NodeReport
    {
        Fleet = "f",
        Node = "n",
        BootId = "b",
        Sequence = 1,
        Time = DateTimeOffset.UnixEpoch,
        Agent = new AgentVersion("0", 1),
        Phase = NodePhase.Converged,
    }).Clock!;
}

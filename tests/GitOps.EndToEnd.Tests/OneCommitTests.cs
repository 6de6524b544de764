using System.Net;
using GitOps.Agent;
using GitOps.Agent.Devices;
using GitOps.Bundles.Reports;
using GitOps.EndToEnd.Tests.Fleet;
using GitOps.Platform.Sockets;
using GitOps.Simulation.Modbus;

namespace GitOps.EndToEnd.Tests;

/// <summary>One push changes the clock, a volume, registers of a PLC and the program that needs all three.</summary>
public sealed class OneCommitTests
{
    private const string Node = "press-1";
    private const int Setpoint = 100, Limit = 101;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_waits_for_what_it_needs_and_when_one_fails_they_go_back_together()
    {
        var plc = Boiler.NewPlc(TimeProvider.System);
        await using var server = TcpServer.Listen(new IPEndPoint(IPAddress.Loopback, 0), 8, plc.ServeAsync);
        await using var time = new TimeServer();
        await using var fleet = new TestFleet(ControlPlaneProcess.Embedded) { CommitDeadlineMs = 15_000 };
        (string, string) Things(int version, string wellWith = "data") => ("things.yaml", Of(version, time.Port, server.Endpoint.Port, $"{fleet.HomeOf(Node)}/root/{wellWith}"));
        var fleetFile = ("fleet.yaml", Yaml.Fleet() + Yaml.Node(Node, $"{fleet.HomeOf(Node)}/root"));
        var revision = await fleet.StartAsync([Node], fleetFile, Things(1));
        await fleet.ConvergedAsync(revision);
        var node = fleet[Node];
        Assert.Equal((1001, 2001, "1"), (Register(Setpoint), Register(Limit), node.Read("data/runs")?.Trim()));

        // A person sets what Git applied once: it is reported, and Git's next version counts again.
        var written = await node.AskAsync(["device", "write", "plc-1", "limit", "77", "--reason", "commissioning"], Cancellation);
        Assert.Equal((0, "limit reads 77"), (written.ExitCode, written.Output.Trim()));
        Assert.Equal(77, Register(Limit));
        await fleet.WasToldAsync(Node, DeviceCodes.WrittenByPerson);
        await fleet.UntilAsync(async () => (await fleet.ReportAsync(Node))?.Devices.Single().Properties.Single(p => p.Name == "limit").State == PropertyPhase.Conflict, "the conflict is reported");
        Assert.Equal(5, (await node.AskAsync(["device", "write", "plc-1", "limits", "77", "--reason", "commissioning"], Cancellation)).ExitCode);

        // The PLC says nothing for a while: the clock and the volume are changed, and the program goes on as it was.
        plc.Faults.IsSilent = true;
        revision = fleet.Git.CommitAndPush("second", Things(2));
        await fleet.UntilAsync(async () => (await fleet.ReportAsync(Node))?.Volumes.Any(volume => volume.LimitBytes == 12 << 20) == true, "the volume is changed");
        Assert.Equal((1001, 77, "1"), (Register(Setpoint), Register(Limit), node.Read("data/runs")?.Trim()));
        plc.Faults.IsSilent = false;
        await fleet.ConvergedAsync(revision);
        Assert.Equal((1002, 2002, "2"), (Register(Setpoint), Register(Limit), node.Read("data/runs")?.Trim()));

        // The third program is never well: what can go back does, and each register as its onRollback says.
        fleet.Git.CommitAndPush("third", Things(3, wellWith: "nowhere"));
        await fleet.UntilAsync(() => Register(Setpoint) == 1003, "the third setpoint is written");
        await fleet.UntilAsync(async () => await fleet.ReportAsync(Node) is { Phase: NodePhase.Failed }, "the node gave it up");
        await fleet.UntilAsync(() => node.Read("data/runs")?.Trim() == "2", "the second program runs again");
        await fleet.UntilAsync(async () => (await fleet.ReportAsync(Node))?.Volumes.Any(volume => volume.LimitBytes == 12 << 20) == true, "the volume is as it was");
        await fleet.UntilAsync(() => Register(Setpoint) == 1002, "the setpoint is what it was");
        Assert.Equal(2003, Register(Limit));
        await fleet.WasNeverToldAsync(Node, AgentCodes.Bug);

        int Register(int address) => plc.Look(memory => memory.Holdings[address]);
    }

    private static string Of(int version, int timePort, int plcPort, string wellWith) => $$"""
        ---
        apiVersion: gitops.edge/v1
        kind: TimeSync
        metadata: {name: site-time}
        spec:
          placement: {all: true}
          servers: [{address: 127.0.0.1, port: {{timePort}} }]
          maxError: {{500 + version}}ms
        ---
        apiVersion: gitops.edge/v1
        kind: Volume
        metadata: {name: data}
        spec: {placement: {all: true}, path: "{{"{{"}} values.root {{"}}"}}/data", size: {{10 + version}}Mi}
        ---
        apiVersion: gitops.edge/v1
        kind: DeviceModel
        metadata: {name: plc}
        spec:
          protocol: modbus-tcp
          properties:
            - {name: setpoint, type: uint16, access: rw, poll: 100ms, register: {table: holding, address: {{Setpoint}} } }
            - {name: limit, type: uint16, access: rw, poll: 100ms, register: {table: holding, address: {{Limit}} } }
        ---
        apiVersion: gitops.edge/v1
        kind: Device
        metadata: {name: plc-1}
        spec:
          node: {{Node}}
          model: plc
          connection: {host: 127.0.0.1, port: {{plcPort}}, timeout: 500ms}
          requires: [clock]
          desired:
            setpoint: {value: {{1000 + version}}, onRollback: previous}
            limit: {value: {{2000 + version}}, onRollback: leave}
        ---
        apiVersion: gitops.edge/v1
        kind: Workload
        metadata: {name: press}
        spec:
          placement: {all: true}
          requires: [clock, volume/data, device/plc-1]
          process:
            command: [./run.sh]
            files:
              - {name: run.sh, mode: "0755", content: "#!/bin/sh\necho {{version}} >\"$ROOT/data/runs\"\ncd \"$ROOT\"\nexec sleep 100000\n"}
            env: {ROOT: "{{"{{"}} values.root {{"}}"}}", PATH: /usr/bin:/bin}
          probes:
            - {name: well, exec: {command: [/usr/bin/test, -d, {{wellWith}}]}, period: 200ms}

        """;
}

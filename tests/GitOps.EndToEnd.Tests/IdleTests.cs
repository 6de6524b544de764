using System.Globalization;
using System.Text.Json.Nodes;
using GitOps.EndToEnd.Tests.Fleet;
using GitOps.TestKit.Net;

namespace GitOps.EndToEnd.Tests;

/// <summary>Flash wears out: an agent with nothing to do writes nothing.</summary>
public sealed class IdleTests
{
    private const string Node = "press-1";
    private const int Polls = 20;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_agent_that_polls_and_finds_nothing_new_writes_nothing_to_disk()
    {
        await using var fleet = new TestFleet(broker: null);
        await using var clock = new TimeServer();
        await fleet.StartAsync(
            [],
            ("fleet.yaml", Yaml.Fleet() + Yaml.Node(Node, $"{fleet.HomeOf(Node)}/root")),
            ("things.yaml", Yaml.File("motd", "hello") + Yaml.Volume + Sleeper + Yaml.Clock(clock.Port)));
        var node = await fleet.EnrolAsync(Node);
        await using var wire = new FaultProxy(fleet.ControlPlane.NodePort);
        await ThroughAsync(node, wire);
        node.Start(pollMs: 200);
        await fleet.ConvergedAsync(fleet.Git.Head);
        await fleet.PlanIsEmptyAsync(node);

        // It may have a last report to send and to forget; from some moment on, a row of polls goes by without a write.
        var (written, passed, quiet) = (-1L, 0L, 0);
        await fleet.UntilAsync(
            () =>
            {
                var (nowWritten, nowPassed) = (WrittenBytes(node.ProcessId), wire.BytesPassed);
                if (nowWritten != written)
                {
                    (written, passed, quiet) = (nowWritten, nowPassed, 0);
                }
                else if (nowPassed != passed)
                {
                    (passed, quiet) = (nowPassed, quiet + 1);
                }

                return quiet >= Polls;
            },
            $"{Polls} polls in a row go by without a write; {WrittenBytes(node.ProcessId)} bytes were written before");
    }

    /// <summary>Bytes the process made the kernel write to disk, proc(5).</summary>
    private static long WrittenBytes(int process) => long.Parse(
        File.ReadLines($"/proc/{process}/io").Single(l => l.StartsWith("write_bytes:", StringComparison.Ordinal)).AsSpan("write_bytes:".Length),
        CultureInfo.InvariantCulture);

    /// <summary>The node reaches its control plane over a wire on which polls can be seen.</summary>
    private static async Task ThroughAsync(TestNode node, FaultProxy wire)
    {
        var path = $"{node.Identity}/agent.json";
        var config = JsonNode.Parse(await File.ReadAllTextAsync(path, Cancellation))!;
        config["server"] = $"https://127.0.0.1:{wire.Port}";
        await File.WriteAllTextAsync(path, config.ToJsonString(), Cancellation);
    }

    private const string Sleeper = """
        ---
        apiVersion: gitops.edge/v1
        kind: Workload
        metadata: {name: sleeper}
        spec:
          placement: {all: true}
          requires: [clock, volume/data]
          process:
            command: [/usr/bin/sleep, infinity]

        """;
}

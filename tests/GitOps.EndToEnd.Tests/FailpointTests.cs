using GitOps.Agent;
using GitOps.Agent.Host.Faults;
using GitOps.Bundles.Reports;
using GitOps.EndToEnd.Tests.Fleet;

namespace GitOps.EndToEnd.Tests;

/// <summary>The agent, or the shim of a workload, is killed at every moment that has a name.</summary>
public sealed class FailpointTests
{
    private const string Node = "press-1";
    private static readonly string[] Files = ["blob", "short", "comes-and-goes"];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Killed_at_every_named_moment_the_next_start_converges_and_loses_and_restarts_nothing()
    {
        await using var fleet = new TestFleet(ControlPlaneProcess.Embedded);
        var (version, running) = (0, 0);
        var revision = await fleet.StartAsync([], ("fleet.yaml", Yaml.Fleet() + Yaml.Node(Node, $"{fleet.HomeOf(Node)}/root")), Things(version, running));
        var node = await fleet.EnrolAsync(Node);
        node.Start();
        await fleet.ConvergedAsync(revision);
        var steady = node.ProcessOf("steady");
        Assert.NotNull(steady);

        // Those of another agent that takes over have a test of their own.
        foreach (var point in Enum.GetValues<Failpoint>().Where(point => !IsOfSlots(point)))
        {
            var marker = $"{fleet.HomeOf(Node)}/{point}";
            await node.KillAsync();
            node.Start(pollMs: 100, more: (Failpoints.Variable, $"{point}:{marker}"));
            // Twice at most: what one version brings, the next one takes away.
            for (var push = 0; push < 2 && !File.Exists(marker); push++)
            {
                version++;
                running = IsOfWorkloads(point) ? running + 1 : running; // each start of one takes its second of proof
                revision = fleet.Git.CommitAndPush("next", Things(version, running));
                await fleet.UntilAsync(
                    async () => File.Exists(marker) || await fleet.ReportAsync(Node) is { Phase: NodePhase.Converged } report && report.Revision == revision, $"{point} is reached, or {revision} is there");
            }

            Assert.True(File.Exists(marker), $"{point} was never reached");
            if (!IsOfShim(point))
            {
                await fleet.UntilAsync(() => node.HasEnded, $"the agent ended at {point}");
                node.Start(pollMs: 100);
            }

            await fleet.ConvergedAsync(revision);
            await fleet.PlanIsEmptyAsync(node);
            foreach (var file in Files)
            {
                Assert.Equal(Content(file, version), node.Read(file));
            }

            Assert.True(node.Read("data/twice") is null, $"after {point} the workload ran twice at a time");
            Assert.Equal((point, steady), (point, node.ProcessOf("steady")));
            Assert.Equal(running % 2 == 0, node.ProcessOf("extra") is not null);
        }

        await fleet.WasNeverToldAsync(
            Node, AgentCodes.StateLost, AgentCodes.StateFellBack, AgentCodes.Bug, AgentCodes.NotOwned, AgentCodes.ReportsDropped, AgentCodes.Unhealthy);
    }

    /// <summary>Moments of an agent that is replaced by another.</summary>
    internal static bool IsOfSlots(Failpoint point) => point.ToString().StartsWith("Slot", StringComparison.Ordinal);

    private static bool IsOfShim(Failpoint point) => point.ToString().StartsWith("Shim", StringComparison.Ordinal);

    private static bool IsOfWorkloads(Failpoint point) =>
        IsOfShim(point) || point is Failpoint.FilesPlaced or Failpoint.FilesSwitched or Failpoint.RunOrdered or Failpoint.RunStarted or
            Failpoint.RunStopping or Failpoint.TracesHalfRemoved;

    /// <summary>Every version changes two files, and a file and a volume come and go; so does a workload beside the one that changes.</summary>
    private static (string Path, string Content) Things(int version, int running)
    {
        var files = Files.Where(f => Content(f, version) is not null).Select(f => Yaml.File(f, Content(f, version)!));
        return ("things.yaml", Yaml.Volume + Yaml.Sleeper("steady") + Yaml.Counter($"version {running}") + string.Concat(files) +
            (version % 2 == 0 ? Yaml.VolumeOf($"more-{version}") : "") + (running % 2 == 0 ? Yaml.Sleeper("extra") : ""));
    }

    private static string? Content(string file, int version) => file switch
    {
        "blob" => string.Concat(Enumerable.Repeat($"version {version}\n", 600)),
        "short" => $"version {version}\n",
        _ => version % 2 == 0 ? $"version {version}\n" : null,
    };
}

using GitOps.Agent;
using GitOps.Bundles.Reports;
using GitOps.EndToEnd.Tests.Fleet;

namespace GitOps.EndToEnd.Tests;

/// <summary>
/// The agent of the release before follows today's control plane, and the two hand one state directory to each other:
/// whatever one of them wrote, the other goes on from.
/// </summary>
public sealed class PreviousReleaseTests
{
    private const string Node = "press-1";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_agent_of_the_release_before_and_todays_take_a_node_from_each_other()
    {
        var old = await PreviousRelease.AgentAsync(Cancellation);
        await using var fleet = new TestFleet(ControlPlaneProcess.Embedded);
        var revision = await fleet.StartAsync([], ("fleet.yaml", Yaml.Fleet() + Yaml.Node(Node, $"{fleet.HomeOf(Node)}/root")), Things(0));
        var node = await fleet.EnrolAsync(Node);
        int? steady = null;
        string? boot = null;
        var version = 0;
        // Enrolled by the old one, taken over, given back, taken over again: each finds the other's state and goes on from it.
        foreach (var program in new[] { old, Programs.Agent, old, Programs.Agent })
        {
            var today = program == Programs.Agent;
            node.StartProgram(program);
            if (boot is not null)
            {
                // First what is there already: nothing of it is made again, nothing that runs is started again.
                await fleet.UntilAsync(
                    async () => await fleet.ReportAsync(Node) is { Phase: NodePhase.Converged } report && report.BootId != boot && report.Revision == revision,
                    $"{(today ? "today's" : "the old")} agent goes on with what the other left");
                Assert.Equal(steady, node.ProcessOf("steady"));
            }

            revision = await fleet.PushAsync("next", Things(++version));
            steady ??= node.ProcessOf("steady");
            Assert.NotNull(steady);
            Assert.Equal((Text(version), steady), (node.Read("blob"), node.ProcessOf("steady")));
            Assert.Equal(version % 2 == 1, node.Read("comes-and-goes") is not null);
            boot = (await fleet.ReportAsync(Node))!.BootId;
            await node.KillAsync();
        }

        await fleet.WasNeverToldAsync(Node, AgentCodes.Bug, AgentCodes.StateLost, AgentCodes.StateFellBack, AgentCodes.NotOwned, AgentCodes.ReportsDropped);
    }

    [Fact]
    public async Task What_the_release_before_cannot_carry_out_it_refuses_whole_and_what_runs_goes_on()
    {
        var old = await PreviousRelease.AgentAsync(Cancellation);
        await using var fleet = new TestFleet(ControlPlaneProcess.Embedded);
        var revision = await fleet.StartAsync([], ("fleet.yaml", Yaml.Fleet() + Yaml.Node(Node, $"{fleet.HomeOf(Node)}/root")), Things(0));
        var node = await fleet.EnrolAsync(Node);
        node.StartProgram(old);
        await fleet.ConvergedAsync(revision);
        var steady = node.ProcessOf("steady");
        fleet.Git.CommitAndPush("a field that it does not know", Things(1), ("new.yaml", Yaml.Sleeper("held").Replace("spec:", "spec:\n  suspend: {reason: not yet}", StringComparison.Ordinal)));
        await fleet.UntilAsync(async () => await fleet.ReportAsync(Node) is { Phase: NodePhase.Failed, Quarantined.IsEmpty: false }, "it says that it cannot");
        Assert.Equal((steady, Text(0)), (node.ProcessOf("steady"), node.Read("blob")));
        Assert.Contains("AGT003", (await fleet.ReportAsync(Node))!.Quarantined[0].Reason, StringComparison.Ordinal);

        // Today's agent takes the node over, and a person says that what was given up is worth another try.
        await node.KillAsync();
        node.StartProgram(Programs.Agent);
        await fleet.UntilAsync(async () => (await node.AskAsync(Cancellation, "retry")).ExitCode == 0, "today's agent answers");
        await fleet.UntilAsync(() => node.Read("blob") == Text(1), "it carries out what the old one could not");
        Assert.Equal(steady, node.ProcessOf("steady"));
    }

    private static (string Path, string Content) Things(int version) => ("things.yaml", Yaml.Volume + Yaml.Sleeper("steady") + Yaml.File("blob", Text(version)) +
        (version % 2 == 1 ? Yaml.File("comes-and-goes", "here") : ""));

    private static string Text(int version) => string.Concat(Enumerable.Repeat($"version {version}\n", 600));
}

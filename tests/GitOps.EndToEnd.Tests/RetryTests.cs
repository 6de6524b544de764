using GitOps.Bundles.Reports;
using GitOps.EndToEnd.Tests.Fleet;

namespace GitOps.EndToEnd.Tests;

/// <summary>What a node gave up is tried again without anybody at the machine.</summary>
public sealed class RetryTests
{
    private const string Node = "press-1";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_person_has_a_node_try_again_what_it_gave_up_from_afar()
    {
        await using var fleet = new TestFleet(ControlPlaneProcess.Embedded);
        var root = $"{fleet.HomeOf(Node)}/root";
        Directory.CreateDirectory(root);
        await File.WriteAllTextAsync($"{root}/motd", "somebody else's", Cancellation);
        await fleet.StartAsync([], ("fleet.yaml", Yaml.Fleet() + Yaml.Node(Node, root)), ("things.yaml", Yaml.File("motd", "ours")));
        var node = await fleet.EnrolAsync(Node);
        node.Start();
        await fleet.UntilAsync(async () => (await fleet.ReportAsync(Node))?.Phase == NodePhase.Failed, "the node gives the bundle up");

        File.Delete($"{root}/motd");
        var retried = await RetryAsync(fleet);
        Assert.True(retried.Succeeded, retried.Output + retried.Error);
        await fleet.ConvergedAsync(fleet.Git.Head);
        Assert.Equal("ours", node.Read("motd"));

        var again = await RetryAsync(fleet);
        Assert.False(again.Succeeded);
        Assert.Contains("PUB143", again.Output + again.Error, StringComparison.Ordinal);
        Assert.Contains("tried again", (await node.AskAsync(Cancellation, "history")).Output, StringComparison.Ordinal);
    }

    private static Task<Platform.Processes.CommandResult> RetryAsync(TestFleet fleet) => Running.RunAsync(
    [
        Programs.GitOps, "node", "retry", Node,
        "--server", $"http://127.0.0.1:{fleet.ControlPlane.PeoplePort}", "--token-file", fleet.ControlPlane.Data.PeopleToken,
    ], Cancellation);
}

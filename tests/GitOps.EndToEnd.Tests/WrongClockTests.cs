using GitOps.Agent;
using GitOps.EndToEnd.Tests.Fleet;
using GitOps.TestKit;

namespace GitOps.EndToEnd.Tests;

/// <summary>The real agent program, with a wall clock that is wrong by an hour or by decades.</summary>
public sealed class WrongClockTests
{
    private const string Node = "press-1";

    [Fact]
    [Trait("needs", "faketime")]
    public async Task With_any_wall_clock_what_runs_goes_on_and_the_node_catches_up_once_it_is_right()
    {
        var library = Library();
        await using var fleet = new TestFleet(ControlPlaneProcess.Embedded);
        var revision = await fleet.StartAsync([], ("fleet.yaml", Yaml.Fleet() + Yaml.Node(Node, $"{fleet.HomeOf(Node)}/root")), Things("right"));
        var node = await fleet.EnrolAsync(Node);
        node.Start(pollMs: 100);
        await fleet.ConvergedAsync(revision);
        var steady = node.ProcessOf("steady");

        // In 1970 and an hour ago it follows all the same: certificates are judged by what is known to be past.
        foreach (var (name, time) in new[] { ("in 1970", "1970-01-01 00:00:10"), ("an hour ago", "-1h") })
        {
            await StartAtAsync(node, library, time);
            revision = await fleet.PushAsync(name, Things(name));
            Assert.Equal((name, steady), (node.Read("motd"), node.ProcessOf("steady")));
        }

        // In ten years every certificate has ended: it asks for the time, and follows by that.
        await StartAtAsync(node, library, "+10y");
        revision = await fleet.PushAsync("in ten years", Things("in ten years"));
        Assert.Equal(("in ten years", steady), (node.Read("motd"), node.ProcessOf("steady")));
        await fleet.WasToldAsync(Node, AgentCodes.ClockWrong);

        // Nobody answers who can be asked for the time: it keeps everything, and catches up once there is somebody.
        await fleet.ControlPlane.KillAsync();
        await StartAtAsync(node, library, "+10y");
        await fleet.UntilAsync(async () => (await node.AskAsync(["status"], TestContext.Current.CancellationToken)).Output.Contains("Reachable=False", StringComparison.Ordinal),
            "the agent says that it reaches nobody");
        Assert.Equal(("in ten years", steady), (node.Read("motd"), node.ProcessOf("steady")));
        await fleet.ControlPlane.StartAsync(TestContext.Current.CancellationToken);
        revision = await fleet.PushAsync("back", Things("back"));
        Assert.Equal(("back", steady), (node.Read("motd"), node.ProcessOf("steady")));
        await fleet.WasNeverToldAsync(Node, AgentCodes.Bug, AgentCodes.StateLost, AgentCodes.StateFellBack, AgentCodes.Unhealthy);
    }

    private static async Task StartAtAsync(TestNode node, string library, string time)
    {
        await node.KillAsync();
        // Only the wall clock is another one: what is monotonic stays so, as when a real clock is set.
        node.Start(pollMs: 100, ("LD_PRELOAD", library), ("FAKETIME", time.StartsWith('1') ? $"@{time}" : time), ("FAKETIME_DONT_FAKE_MONOTONIC", "1"));
    }

    private static string Library()
    {
        NeedsPackage.OrSkip("faketime", "faketime");
        var found = Directory.EnumerateFiles("/usr/lib", "libfaketimeMT.so.1", SearchOption.AllDirectories).FirstOrDefault();
        Assert.True(found is not null, "the package faketime has no libfaketimeMT.so.1");
        return found;
    }

    private static (string Path, string Content) Things(string word) => ("things.yaml", Yaml.Sleeper("steady") + Yaml.File("motd", word));
}

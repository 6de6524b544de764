using GitOps.Agent;
using GitOps.EndToEnd.Tests.Fleet;
using GitOps.TestKit.Files;

namespace GitOps.EndToEnd.Tests;

/// <summary>The agent program ends at any moment, by itself or with the machine, and the node is fine.</summary>
public sealed class AgentKillTests
{
    private const string Node = "press-1";
    private const int PowerCuts = 10;

    // One that needs a runtime takes ten times as long to start; the published binary is what counts, and ./test runs that.
    private static readonly int Kills = Programs.IsLong ? 10_000 : Programs.IsAgentNative ? 200 : 40;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Killed_at_any_moment_it_leaves_files_old_or_new_runs_nothing_twice_and_converges()
    {
        var random = new Random(20_261_124);
        await using var fleet = new TestFleet(ControlPlaneProcess.Embedded);
        var changing = new ChangingFleet(fleet, Node, $"{fleet.HomeOf(Node)}/root");
        await changing.StartAsync();
        var node = await fleet.EnrolAsync(Node);
        node.Start();
        await fleet.ConvergedAsync(changing.Revision);
        for (var kill = 0; kill < Kills; kill++)
        {
            await AtSomeMomentAsync(fleet, changing, random);
            await node.KillAsync();
            await changing.LookAsync();
            node.Start(pollMs: 100);
        }

        changing.Push();
        await fleet.ConvergedAsync(changing.Revision);
        await changing.LookAsync();
        await fleet.PlanIsEmptyAsync(node);
        Assert.True(changing.Halves > 0, "no kill hit the agent in the middle of its work");
        await NothingWasLostAsync(fleet);
    }

    [Theory]
    [InlineData("ext4")]
    [InlineData("xfs")]
    [Trait("needs", "xfsprogs")]
    public async Task A_power_cut_while_it_applies_leaves_files_old_or_new_and_it_converges(string type)
    {
        var random = new Random(type.Length);
        await using var disk = await LoopDisk.MountAsync(type, Cancellation);
        await using var fleet = new TestFleet(ControlPlaneProcess.Embedded);
        var changing = new ChangingFleet(fleet, Node, $"{disk.Path}/root");
        await changing.StartAsync();
        var node = await fleet.EnrolAsync(Node, home: disk.Path);
        for (var cut = 0; cut < PowerCuts; cut++)
        {
            node.Start(pollMs: 100);
            changing.Push();
            await fleet.UntilAsync(() => changing.HasBegun, "the push has begun to arrive");
            await PauseAsync(random.Next(0, 60));
            disk.Cut();
            await node.KillEverythingAsync();
            disk.Restore();
            await changing.LookAsync();
        }

        node.Start(pollMs: 100);
        changing.Push();
        await fleet.ConvergedAsync(changing.Revision);
        await changing.LookAsync();
        await fleet.PlanIsEmptyAsync(node);
        Assert.True(disk.Losses > 0, "nothing that was not flushed was ever lost: these were no power cuts");
        await NothingWasLostAsync(fleet);
    }

    /// <summary>Most kills come soon after the start, one in three while a change arrives.</summary>
    private static async Task AtSomeMomentAsync(TestFleet fleet, ChangingFleet changing, Random random)
    {
        switch (random.Next(6))
        {
            case 0:
                changing.Push();
                await PauseAsync(random.Next(0, 400));
                break;
            case 1:
                changing.Push();
                await fleet.UntilAsync(() => changing.HasBegun, "the push has begun to arrive");
                await PauseAsync(random.Next(0, 40));
                break;
            default:
                await PauseAsync(random.Next(0, 200));
                break;
        }
    }

    // No condition is waited for here: the random moment is the point.
    private static Task PauseAsync(int milliseconds) => Task.Delay(milliseconds, Cancellation);

    private static Task NothingWasLostAsync(TestFleet fleet) =>
        fleet.WasNeverToldAsync(Node, AgentCodes.StateLost, AgentCodes.StateFellBack, AgentCodes.Bug, AgentCodes.NotOwned, AgentCodes.ReportsDropped);
}

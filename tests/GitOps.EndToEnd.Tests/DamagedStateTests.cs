using GitOps.Agent;
using GitOps.EndToEnd.Tests.Fleet;

namespace GitOps.EndToEnd.Tests;

/// <summary>A disk that forgets, or a hand: each file of the agent's state is cut short, changed, or gone.</summary>
public sealed class DamagedStateTests
{
    private const string Node = "press-1";

    private static readonly (string Name, Action<string> Do)[] Damages =
    [
        ("cut short", path => Truncate(path)),
        ("changed", Change),
        ("gone", File.Delete),
    ];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Any_one_file_of_the_state_may_be_damaged_or_gone_and_nothing_that_runs_notices()
    {
        await using var fleet = new TestFleet(ControlPlaneProcess.Embedded);
        var (node, revision) = await StartAsync(fleet);
        var (steady, boot) = (node.ProcessOf("steady"), (await fleet.ReportAsync(Node))!.BootId);
        foreach (var file in StateFiles(node.State))
        {
            foreach (var (name, damage) in Damages)
            {
                var path = $"{node.State}/{file}";
                await node.KillAsync();
                if (!File.Exists(path))
                {
                    continue; // such as a report that was acknowledged meanwhile
                }

                damage(path);
                node.Start(pollMs: 100);
                await fleet.ConvergedAnewAsync(node, boot);
                boot = (await fleet.ReportAsync(Node))!.BootId;
                Assert.Equal((file, name, steady), (file, name, node.ProcessOf("steady")));
                Assert.Equal(Large, node.Read("blob"));
            }
        }

        // What was damaged is whole again: the next version finds it. An original that is lost cannot come back: what is there stays.
        var next = await fleet.PushAsync("next", ("things.yaml", Yaml.Sleeper("steady") + Yaml.File("blob", "small")));
        Assert.Equal(("small", "ours"), (node.Read("blob"), node.Read("taken")));
        Assert.NotEqual(revision, next);
        Assert.Equal(steady, node.ProcessOf("steady"));
        await fleet.WasNeverToldAsync(Node, AgentCodes.Bug, AgentCodes.NotOwned, AgentCodes.StateLost);
    }

    [Fact]
    public async Task Without_a_network_a_damaged_bundle_or_state_moves_nothing_that_runs()
    {
        await using var fleet = new TestFleet(ControlPlaneProcess.Embedded);
        var (node, _) = await StartAsync(fleet);
        var steady = node.ProcessOf("steady");
        await fleet.ControlPlane.KillAsync();
        await node.KillAsync();
        foreach (var blob in Directory.EnumerateFiles($"{node.State}/blobs", "*", SearchOption.AllDirectories))
        {
            Change(blob);
        }

        Truncate($"{node.State}/state.0");
        node.Start(pollMs: 100);
        await fleet.UntilAsync(
            async () => await node.PlanAsync(Cancellation) is not null && (await node.AskAsync(["status"], Cancellation)).Output.Contains("workload/steady", StringComparison.Ordinal),
            "the agent answers");
        Assert.Equal(steady, node.ProcessOf("steady"));
        Assert.Equal(Large, node.Read("blob"));
        await fleet.ControlPlane.StartAsync(Cancellation);
        await fleet.UntilAsync(async () => await node.PlanAsync(Cancellation) is { Count: 0 }, "it fetched what was damaged");
        Assert.Equal(steady, node.ProcessOf("steady"));
    }

    [Fact]
    public async Task With_both_copies_of_the_state_gone_the_agent_does_not_guess_and_what_runs_goes_on()
    {
        await using var fleet = new TestFleet(ControlPlaneProcess.Embedded);
        var (node, _) = await StartAsync(fleet);
        var steady = node.ProcessOf("steady");
        await node.KillAsync();
        File.Delete($"{node.State}/state.0");
        File.Delete($"{node.State}/state.1");
        node.Start();
        await fleet.UntilAsync(() => node.HasEnded, "the agent refuses to start");
        Assert.Contains(AgentCodes.StateLost.Id, node.Log, StringComparison.Ordinal);
        Assert.True(Directory.Exists($"/proc/{steady}"), "what runs goes on");
        Assert.Equal(Large, node.Read("blob"));
    }

    private static string Large { get; } = new('x', 10_000);

    private static async Task<(TestNode Node, string Revision)> StartAsync(TestFleet fleet)
    {
        var things = Yaml.Sleeper("steady") + Yaml.Volume + Yaml.File("blob", Large) + Yaml.File("taken", "ours", adopt: true);
        var revision = await fleet.StartAsync([], ("fleet.yaml", Yaml.Fleet() + Yaml.Node(Node, $"{fleet.HomeOf(Node)}/root")), ("things.yaml", things));
        var node = await fleet.EnrolAsync(Node);
        Directory.CreateDirectory(node.Root);
        await File.WriteAllTextAsync($"{node.Root}/taken", "theirs", Cancellation);
        node.Start(pollMs: 100);
        await fleet.ConvergedAsync(revision);
        return (node, revision);
    }

    /// <summary>Everything but logs, locks, sockets, and what workloads were given.</summary>
    private static List<string> StateFiles(string state) =>
    [
        .. Directory.EnumerateFiles(state, "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(state, path))
            .Where(path => !path.EndsWith(".lock", StringComparison.Ordinal) &&
                path.Split('/')[0] is not ("logs" or "units" or "control"))
            .Order(StringComparer.Ordinal),
    ];

    private static void Truncate(string path)
    {
        using var file = new FileStream(path, FileMode.Open);
        file.SetLength(file.Length / 2);
    }

    private static void Change(string path)
    {
        var bytes = File.ReadAllBytes(path);
        for (var at = 0; at < bytes.Length; at += 3)
        {
            bytes[at] ^= 0x55;
        }

        File.WriteAllBytes(path, bytes);
    }
}

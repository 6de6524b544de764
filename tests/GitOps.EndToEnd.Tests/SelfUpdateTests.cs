using System.Text.Json.Nodes;
using GitOps.Agent;
using GitOps.Agent.Host.Faults;
using GitOps.Bundles.Reports;
using GitOps.Bundles.Units;
using GitOps.EndToEnd.Tests.Fleet;
using GitOps.TestKit;
using GitOps.TestKit.Net;

namespace GitOps.EndToEnd.Tests;

/// <summary>The real agent, installed and kept by a supervisor, is replaced by others that Git names.</summary>
public sealed class SelfUpdateTests
{
    private const string Node = "press-1";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_node_runs_the_agent_that_git_names_and_no_workload_notices()
    {
        await using var rig = await Rig.BeginAsync();
        await using var agent = new SupervisedAgent(rig.Node, trialMs: 60_000);
        var steady = await rig.SteadyAsync();
        Assert.Equal(rig.Node.Program, agent.Executable);

        await rig.PushAsync("0.1.7", await AgentBuilds.OfVersionAsync("0.1.7", Cancellation));
        await rig.RunsAsync("0.1.7");
        await rig.PushAsync("0.1.8", await AgentBuilds.OfVersionAsync("0.1.8", Cancellation));
        await rig.RunsAsync("0.1.8");
        Assert.Equal($"{rig.Node.State}/agent/b/gitops-agent", agent.Executable);
        Assert.Equal((steady, 1), (rig.Node.ProcessOf("steady"), agent.Starts)); // one process all the while
        await rig.Fleet.WasNeverToldAsync(Node, AgentCodes.Bug, AgentCodes.AgentGivenUp, AgentCodes.AgentWaits, AgentCodes.StateFellBack);
    }

    [Theory]
    [InlineData("it is cut off")]
    [InlineData("it says another version")]
    [InlineData("it ends at once")]
    [InlineData("it hangs")]
    [InlineData("it crashes")]
    [Trait("needs", "clang")]
    public async Task A_bad_one_is_left_again_and_everything_goes_on(string how)
    {
        NeedsPackage.OrSkip("clang");
        await using var rig = await Rig.BeginAsync();
        await using var agent = new SupervisedAgent(rig.Node, trialMs: 1000);
        var steady = await rig.SteadyAsync();
        using var folder = new TempDirectory();
        var bad = how switch
        {
            "it is cut off" => (await File.ReadAllBytesAsync(Programs.Agent, Cancellation))[..100_000],
            "it says another version" => await AgentBuilds.OfVersionAsync("0.1.7", Cancellation),
            "it ends at once" => await AgentBuilds.LyingAsync(folder, "0.1.9", "return 3;", Cancellation),
            "it hangs" => await AgentBuilds.LyingAsync(folder, "0.1.9", "for (;;) sleep(1000);", Cancellation),
            _ => await AgentBuilds.LyingAsync(folder, "0.1.9", "*(volatile int *)0 = 1; return 0;", Cancellation),
        };
        var good = (await rig.Fleet.ReportAsync(Node))!.Generation;
        rig.Push("0.1.9", bad, "motd");
        await rig.Fleet.UntilAsync(
            async () => await rig.Fleet.ReportAsync(Node) is { Phase: NodePhase.Failed, Quarantined: [{ Unit: var unit }] } && unit == AgentSpec.Self,
            $"the bundle with an agent that is bad ({how}) is given up");

        var report = (await rig.Fleet.ReportAsync(Node))!;
        Assert.Equal((good, rig.Version, steady), (report.Generation, report.Agent.Version, rig.Node.ProcessOf("steady")));
        Assert.Null(rig.Node.Read("motd"));
        Assert.Equal(rig.Node.Program, agent.Executable);

        await rig.PushAsync("0.1.7", await AgentBuilds.OfVersionAsync("0.1.7", Cancellation));
        await rig.RunsAsync("0.1.7");
        Assert.Equal(steady, rig.Node.ProcessOf("steady"));
    }

    [Fact]
    public async Task Killed_at_every_moment_of_an_update_it_ends_on_the_new_agent()
    {
        await using var rig = await Rig.BeginAsync();
        int? steady = null;
        var number = 0;
        foreach (var point in Enum.GetValues<Failpoint>().Where(p => FailpointTests.IsOfSlots(p) && p != Failpoint.SlotLeft))
        {
            var marker = $"{rig.Fleet.HomeOf(Node)}/{point}";
            await using var agent = new SupervisedAgent(rig.Node, trialMs: 60_000, (Failpoints.Variable, $"{point}:{marker}"));
            steady ??= await rig.SteadyAsync();
            var version = $"0.1.{++number}";
            await rig.PushAsync(version, await AgentBuilds.OfVersionAsync(version, Cancellation));
            await rig.RunsAsync(version);
            Assert.True(File.Exists(marker), $"{point} was never reached");
            Assert.Equal((point, 2, steady), (point, agent.Starts, rig.Node.ProcessOf("steady")));
        }

        await rig.Fleet.WasNeverToldAsync(Node, AgentCodes.Bug, AgentCodes.AgentGivenUp, AgentCodes.StateFellBack, AgentCodes.StateLost);
    }

    [Fact]
    public async Task One_that_does_not_reach_the_control_plane_is_left_even_when_it_is_killed_as_it_says_so()
    {
        await using var rig = await Rig.BeginAsync();
        await using var proxy = new FaultProxy(rig.Fleet.ControlPlane.NodePort);
        await rig.GoThroughAsync(proxy);
        var (pending, left) = ($"{rig.Fleet.HomeOf(Node)}/pending", $"{rig.Fleet.HomeOf(Node)}/left");
        await using var agent = new SupervisedAgent(rig.Node, trialMs: 15_000, (Failpoints.Variable, $"{Failpoint.SlotPending}:{pending}"));
        var steady = await rig.SteadyAsync();
        // Killed once it is noted that the new one is to be tried, and that it has to reach what this one reached: from here on nobody does.
        agent.Ended = () =>
        {
            proxy.Refuses = agent.Starts == 1;
            proxy.Cut();
            agent.Set(Failpoints.Variable, $"{Failpoint.SlotLeft}:{left}");
        };
        rig.Push("0.1.7", await AgentBuilds.OfVersionAsync("0.1.7", Cancellation), "motd");
        await rig.Fleet.UntilAsync(
            async () => await rig.Fleet.ReportAsync(Node) is { Phase: NodePhase.Failed, Quarantined: [{ Unit: var unit }] } && unit == AgentSpec.Self, "it is given up");
        Assert.True(File.Exists(left));
        Assert.Equal((3, rig.Node.Program, steady), (agent.Starts, agent.Executable, rig.Node.ProcessOf("steady")));

        // A person who knows better says so.
        Assert.Equal(0, (await rig.Node.AskAsync(Cancellation, "retry")).ExitCode);
        await rig.RunsAsync("0.1.7");
    }

    /// <summary>A fleet of one node with an installed agent.</summary>
    private sealed class Rig : IAsyncDisposable
    {
        private Rig(TestFleet fleet) => Fleet = fleet;

        public TestFleet Fleet { get; }

        public TestNode Node { get; private set; } = null!;

        /// <summary>Of the installed agent.</summary>
        public string Version { get; private set; } = "";

        public static async Task<Rig> BeginAsync()
        {
            Assert.SkipUnless(Programs.IsAgentNative, "an agent replaces itself only where it is one executable: GITOPS_AGENT names none");
            var rig = new Rig(new TestFleet(ControlPlaneProcess.Embedded));
            rig.Version = (await Running.RunAsync([Programs.Agent, "--version"], Cancellation)).Output.Split('+')[0].Trim();
            await rig.Fleet.StartAsync([], ("fleet.yaml", rig.Manifests("")));
            var installed = $"{rig.Fleet.HomeOf(SelfUpdateTests.Node)}/installed/gitops-agent";
            Directory.CreateDirectory(Path.GetDirectoryName(installed)!);
            File.Copy(Programs.Agent, installed);
            rig.Node = await rig.Fleet.EnrolAsync(SelfUpdateTests.Node, program: installed);
            return rig;
        }

        /// <summary>Waits for the workload that every push leaves as it is.</summary>
        public async Task<int> SteadyAsync()
        {
            await Fleet.UntilAsync(async () => await Fleet.ReportAsync(SelfUpdateTests.Node) is { Phase: NodePhase.Converged }, "the node is converged");
            return Node.ProcessOf("steady") ?? throw new InvalidOperationException("it does not run");
        }

        public void Push(string version, byte[] executable, string file)
        {
            var path = Path.Combine(Fleet.Git.WorkTree, "agents", version, "gitops-agent");
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, executable);
            Fleet.Git.CommitAndPush(version, ("fleet.yaml", Manifests($"agent: {{version: {version}, executables: {{amd64: agents/{version}/gitops-agent, arm64: agents/{version}/gitops-agent}}}}") +
                Yaml.File(file, version)));
        }

        public Task PushAsync(string version, byte[] executable)
        {
            Push(version, executable, "motd");
            return Fleet.UntilAsync(() => Node.Read("motd") == version, $"what comes with {version} is made");
        }

        public Task RunsAsync(string version) => Fleet.UntilAsync(
            async () => await Fleet.ReportAsync(SelfUpdateTests.Node) is { Phase: NodePhase.Converged, Agent: { Pending: null } agent } && agent.Version == version,
            $"the node says that it runs {version}");

        /// <summary>From its next start on the node reaches the store through the proxy, and has no broker.</summary>
        public async Task GoThroughAsync(FaultProxy proxy)
        {
            var path = $"{Node.Identity}/agent.json";
            var settings = JsonNode.Parse(await File.ReadAllTextAsync(path, Cancellation))!;
            settings["server"] = new UriBuilder((string)settings["server"]!) { Port = proxy.Port }.Uri.ToString();
            settings.AsObject().Remove("broker");
            await File.WriteAllTextAsync(path, settings.ToJsonString(), Cancellation);
        }

        public ValueTask DisposeAsync() => Fleet.DisposeAsync();

        private string Manifests(string more) => Yaml.Fleet("allAtOnce", more) + Yaml.Node(SelfUpdateTests.Node, $"{Fleet.HomeOf(SelfUpdateTests.Node)}/root") + Yaml.Sleeper("steady");
    }
}

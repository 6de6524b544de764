using GitOps.EndToEnd.Tests.Fleet;

namespace GitOps.EndToEnd.Tests;

/// <summary>A node without a network: it starts what it has, and takes what is carried to it.</summary>
public sealed class OfflineTests
{
    private const string Node = "press-1";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task After_a_power_cut_without_a_network_everything_starts()
    {
        await using var fleet = new TestFleet(ControlPlaneProcess.Embedded);
        await StartAsync(fleet, "first");
        var node = await fleet.EnrolAsync(Node);
        node.Start();
        await fleet.ConvergedAsync(fleet.Git.Head);
        await fleet.UntilAsync(() => Count(node) > 0, "the workload counts");

        await fleet.ControlPlane.KillAsync();
        await node.KillEverythingAsync();
        File.Delete($"{node.Root}/motd");
        var before = Count(node);
        node.Start();
        await fleet.UntilAsync(() => Count(node) > before && node.Read("motd") is not null, "the workload counts on, and its file is back");
        Assert.Null(node.Read("data/twice"));

        // Every question has its answer from the program as it is installed, with the control plane away.
        foreach (var question in new[] { "status", "why workload/counter", "why workload/counter.process.command", "history", "clock", "storage replica-id", "logs workload/counter", "doctor" })
        {
            var answer = await node.AskAsync(Cancellation, question.Split(' '));
            Assert.True(answer.ExitCode == 0, $"{question}: {answer.ExitCode}\n{answer.Output}{answer.Error}");
        }

        var support = await node.AskAsync(Cancellation, "support-bundle", $"{fleet.HomeOf(Node)}/support.tar.gz");
        Assert.True(support.ExitCode == 0, support.Output + support.Error);
        var list = await Running.RunAsync(["tar", "-tzf", $"{fleet.HomeOf(Node)}/support.tar.gz"], Cancellation);
        Assert.Contains("gitops-agent-support/doctor.txt", list.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_generation_is_carried_to_a_node_in_a_file_and_verified_as_from_the_store()
    {
        await using var fleet = new TestFleet(ControlPlaneProcess.Embedded);
        await StartAsync(fleet, "first");
        var node = await fleet.EnrolAsync(Node);
        node.Start();
        await fleet.ConvergedAsync(fleet.Git.Head);
        var older = await ExportAsync(fleet, "older.gitops");
        await node.KillAsync();

        // The next one is published while the node is away, and the control plane is gone when it is back.
        var revision = fleet.Git.CommitAndPush("second", ("things.yaml", Things("second")));
        await fleet.UntilAsync(
            async () => await fleet.StatusAsync() is { Published: var published, Rollout: null or { Phase: "open" } } && published == revision,
            "the second revision is published");
        var newer = await ExportAsync(fleet, "newer.gitops");
        await fleet.ControlPlane.KillAsync();
        node.Start();
        await fleet.UntilAsync(async () => await node.PlanAsync(Cancellation) is not null, "the agent answers");

        var damaged = $"{fleet.HomeOf(Node)}/damaged.gitops";
        var bytes = await File.ReadAllBytesAsync(newer, Cancellation);
        bytes[^(bytes.Length / 3)] ^= 1;
        await File.WriteAllBytesAsync(damaged, bytes, Cancellation);
        Assert.Equal(5, (await node.AskAsync(Cancellation, "import", damaged)).ExitCode);
        Assert.Equal(5, (await node.AskAsync(Cancellation, "import", "/etc/os-release")).ExitCode);
        Assert.Equal("hello first", node.Read("motd")![..11]);

        var taken = await node.AskAsync(Cancellation, "import", newer);
        Assert.True(taken.ExitCode == 0, taken.Output + taken.Error);
        await fleet.UntilAsync(() => node.Read("motd")!.StartsWith("hello second", StringComparison.Ordinal), "what was carried is applied");
        var stale = await node.AskAsync(Cancellation, "import", older);
        Assert.Equal(5, stale.ExitCode);
        Assert.Contains("this node has seen", stale.Error, StringComparison.Ordinal);
        Assert.Equal(0, (await node.AskAsync(Cancellation, "import", newer)).ExitCode);
    }

    [Fact]
    public async Task A_budget_holds_what_is_large_says_so_and_a_person_lifts_it()
    {
        await using var fleet = new TestFleet(ControlPlaneProcess.Embedded);
        await StartAsync(fleet, "first");
        var node = await fleet.EnrolAsync(Node);
        node.Start(more: ("GITOPS_AGENT_DOWNLOAD_BUDGET_BYTES", "1000"));
        await fleet.UntilAsync(
            async () => (await fleet.ReportAsync(Node))?.Conditions.Any(c => c is { Type: "Staged", Status: "False", Reason: "AGT060" }) is true,
            "the node says that it holds a fetch back");
        Assert.Contains("of 1000 bytes", (await node.AskAsync(Cancellation, "why")).Output, StringComparison.Ordinal);
        Assert.Null(node.Read("motd"));

        Assert.Equal(0, (await node.AskAsync(Cancellation, "fetch")).ExitCode);
        await fleet.ConvergedAsync(fleet.Git.Head);
    }

    [Fact]
    public async Task What_the_site_says_of_its_link_counts_for_the_push_it_is_in()
    {
        await using var fleet = new TestFleet(ControlPlaneProcess.Embedded);
        var nodes = Yaml.Fleet() + Yaml.Node(Node, $"{fleet.HomeOf(Node)}/root").TrimEnd() + "\n  site: hamburg\n";
        await fleet.StartAsync([], ("fleet.yaml", nodes), ("things.yaml", Things("first")), ("site.yaml", Yaml.Site("hamburg", "{downloadBudget: {size: 1Ki}}")));
        var node = await fleet.EnrolAsync(Node);
        node.Start();
        await fleet.UntilAsync(
            async () => (await fleet.ReportAsync(Node))?.Conditions.FirstOrDefault(c => c is { Type: "Staged", Status: "False", Reason: "AGT060" }) is
            { } held && held.Message.Contains("Site 'hamburg'", StringComparison.Ordinal),
            "the node says that its site holds a fetch back");
        Assert.Null(node.Read("motd"));

        await fleet.ConvergedAsync(fleet.Git.CommitAndPush("urgent", ("site.yaml", Yaml.Site("hamburg", "{downloadBudget: {size: 1Gi}}"))));
        Assert.StartsWith("hello first", node.Read("motd"), StringComparison.Ordinal);
    }

    private static async Task<string> ExportAsync(TestFleet fleet, string name)
    {
        var file = $"{fleet.HomeOf(Node)}/{name}";
        var result = await Running.RunAsync(
        [
            Programs.GitOps, "export", "--node", Node, "--file", file,
            "--server", $"http://127.0.0.1:{fleet.ControlPlane.PeoplePort}", "--token-file", fleet.ControlPlane.Data.PeopleToken,
        ], Cancellation);
        Assert.True(result.Succeeded, result.Output + result.Error);
        return file;
    }

    private static Task<string> StartAsync(TestFleet fleet, string version) => fleet.StartAsync(
        [], ("fleet.yaml", Yaml.Fleet() + Yaml.Node(Node, $"{fleet.HomeOf(Node)}/root")), ("things.yaml", Things(version)));

    /// <summary>A file long enough to be a blob.</summary>
    private static string Things(string version) =>
        Yaml.File("motd", $"hello {version} " + string.Concat(Enumerable.Repeat($"{version} ", 2000))) + Yaml.Volume + Yaml.Counter("one");

    private static int Count(TestNode node) => int.TryParse(node.Read("data/count"), out var count) ? count : 0;
}

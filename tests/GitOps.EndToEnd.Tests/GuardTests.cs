using GitOps.ControlPlane.Api;
using GitOps.EndToEnd.Tests.Fleet;
using GitOps.Reconciler.Guards;

namespace GitOps.EndToEnd.Tests;

/// <summary>What must not reach the nodes does not, and what they have they keep.</summary>
public sealed class GuardTests
{
    private static readonly string[] Pair = ["press-1", "press-2"];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_broken_revision_moves_nothing_a_failing_canary_stops_the_rollout_and_a_node_alone_starts_from_its_disk()
    {
        await using var fleet = new TestFleet(ControlPlaneProcess.Embedded) { CommitDeadlineMs = 8000 };
        string Things(string version, string body = ":") => Yaml.Volume + Yaml.Counter(version, body) + Yaml.File("motd", version);
        var nodes = Yaml.Fleet("canary") + string.Concat(Pair.Select(n => Yaml.Node(n, $"{fleet.HomeOf(n)}/root")));
        var good = await fleet.StartAsync(Pair, ("fleet.yaml", nodes), ("things.yaml", Things("one")));
        await fleet.ConvergedAsync(good);

        var broken = fleet.Git.CommitAndPush("broken", ("things.yaml", Things("two").Replace("path:", "pth:", StringComparison.Ordinal)));
        await fleet.UntilAsync(
            async () => (await fleet.StatusAsync()).Latest is { Outcome: "rejected", Findings: [{ File: "things.yaml" }, ..] } latest && latest.Id == broken,
            "the broken revision is rejected with its findings");
        Assert.Equal(good, (await fleet.StatusAsync()).Published);
        Assert.All(fleet.Nodes, node => Assert.Equal("one", node.Read("motd")));

        var before = (await fleet.ReportAsync("press-2"))!.SeenGeneration;
        fleet.Git.CommitAndPush("does not run", ("things.yaml", Things("three", "exit 1")));
        await fleet.UntilAsync(
            async () => (await fleet.StatusAsync()).Rollout is { Phase: "stopped", StoppedBy: "press-1", Stop.Code: var code } &&
                code == PublishCodes.CanaryFailed.Id,
            "the failing canary stops the rollout");
        await fleet.UntilAsync(
            () => fleet["press-1"].Read("motd") == "one" && fleet["press-1"].Read("data/said")?.EndsWith("one\n", StringComparison.Ordinal) == true,
            "the canary is back on what ran before");
        Assert.Equal(before, (await fleet.ReportAsync("press-2"))!.SeenGeneration);
        Assert.Equal("one", fleet["press-2"].Read("motd"));

        await fleet.PushAsync("heals", ("things.yaml", Things("four")));

        await fleet.ControlPlane.KillAsync();
        var alone = fleet["press-2"];
        await alone.KillEverythingAsync();
        File.Delete($"{alone.Root}/motd");
        var counted = alone.Read("data/count");
        alone.Start();
        await fleet.UntilAsync(
            () => alone.Read("motd") == "four" && alone.Read("data/count") is { } count && count != counted,
            "it runs from its own disk, without a control plane");
        Assert.Null(alone.Read("data/twice"));
    }

    [Fact]
    public async Task Removals_above_the_limit_and_a_rewritten_history_are_held_until_somebody_confirms()
    {
        await using var fleet = new TestFleet(broker: null);
        string Fleet(params string[] more) => Yaml.Fleet("allAtOnce", ["removal: {limit: 1}", .. more]) +
            string.Concat(Pair.Select(n => Yaml.Node(n, $"{fleet.HomeOf(n)}/root")));
        var first = await fleet.StartAsync(Pair, ("fleet.yaml", Fleet()), ("a.yaml", Yaml.File("a", "a")), ("b.yaml", Yaml.File("b", "b")));
        await fleet.ConvergedAsync(first);

        fleet.Git.Delete("b.yaml");
        var held = await HeldAsync(fleet, fleet.Git.CommitAndPush("remove"));
        Assert.Equal(PublishCodes.RemovalHeld.Id, held.Hold!.Code);
        Assert.All(fleet.Nodes, node => Assert.Equal("b", node.Read("b")));

        await fleet.PushAsync("confirm", ("fleet.yaml", Fleet($"confirmRemoval: {held.HoldId}")));
        await fleet.UntilAsync(() => fleet.Nodes.All(node => node.Read("b") is null && node.Read("a") == "a"), "what was confirmed is gone, and no more");

        fleet.Git.Reset("HEAD~1");
        var rewritten = fleet.Git.Commit("another history", ("a.yaml", Yaml.File("a", "rewritten")));
        fleet.Git.Push(force: true);
        Assert.Equal(PublishCodes.HistoryRewritten.Id, (await HeldAsync(fleet, rewritten)).Hold!.Code);
        Assert.All(fleet.Nodes, node => Assert.Equal("a", node.Read("a")));
    }

    [Fact]
    public async Task A_rewritten_history_is_followed_where_the_published_revision_allows_it()
    {
        await using var fleet = new TestFleet(broker: null);
        await fleet.StartAsync(
            ["press-1"],
            ("fleet.yaml", Yaml.Fleet("allAtOnce", "allowForcePush: true") + Yaml.Node("press-1", $"{fleet.HomeOf("press-1")}/root")),
            ("a.yaml", Yaml.File("a", "first")));
        await fleet.PushAsync("second", ("a.yaml", Yaml.File("a", "second")));

        fleet.Git.Reset("HEAD~1");
        var rewritten = fleet.Git.Commit("another second", ("a.yaml", Yaml.File("a", "rewritten")));
        fleet.Git.Push(force: true);

        await fleet.ConvergedAsync(rewritten);
        Assert.Equal("rewritten", fleet["press-1"].Read("a"));
    }

    private static async Task<RevisionDocument> HeldAsync(TestFleet fleet, string revision)
    {
        RevisionDocument? latest = null;
        await fleet.UntilAsync(
            async () => (latest = (await fleet.StatusAsync()).Latest) is { Outcome: "held", Hold: not null } && latest.Id == revision, "the revision is held");
        return latest!;
    }
}

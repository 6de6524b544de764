using GitOps.Agent;
using GitOps.EndToEnd.Tests.Fleet;
using GitOps.TestKit;

namespace GitOps.EndToEnd.Tests;

/// <summary>A commit that says where the contents of a volume come from, on a whole agent.</summary>
public sealed class SyncTests
{
    private const string Node = "press-1";

    private const string Recipes = """
        ---
        apiVersion: gitops.edge/v1
        kind: VolumeSync
        metadata: {name: recipes}
        spec:
          placement: {all: true}
          volume: data
          folder: recipes
          mode: pull
          remote:
            local: {path: "{{ values.root }}/elsewhere"}
          every: 12h

        """;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    [Trait("needs", "rclone")]
    public async Task A_folder_comes_from_elsewhere_before_who_needs_it_starts_and_again_when_a_person_asks()
    {
        NeedsPackage.OrSkip("rclone", "rclone");
        await using var fleet = new TestFleet(ControlPlaneProcess.Embedded);
        var things = Yaml.Volume + Recipes + Yaml.Sleeper("press").Replace("spec:\n", "spec:\n  requires: [sync/recipes]\n", StringComparison.Ordinal);
        var revision = await fleet.StartAsync([], ("fleet.yaml", Yaml.Fleet() + Yaml.Node(Node, $"{fleet.HomeOf(Node)}/root")), ("things.yaml", things));
        var node = await fleet.EnrolAsync(Node);
        Directory.CreateDirectory($"{node.Root}/elsewhere");
        await File.WriteAllTextAsync($"{node.Root}/elsewhere/soft", "one", Cancellation);
        node.Start(pollMs: 100);
        await fleet.ConvergedAsync(revision);
        Assert.Equal("one", node.Read("data/recipes/soft"));

        await File.WriteAllTextAsync($"{node.Root}/elsewhere/soft", "another", Cancellation);
        await File.WriteAllTextAsync($"{node.Root}/elsewhere/hard", "new", Cancellation);
        Assert.Equal(0, (await node.AskAsync(Cancellation, "storage", "sync", "recipes")).ExitCode);
        await fleet.UntilAsync(() => node.Read("data/recipes/hard") == "new", "the sync that was asked for is through");
        Assert.Equal("another", node.Read("data/recipes/soft"));

        var unknown = await node.AskAsync(Cancellation, "storage", "sync", "recipe");
        Assert.Equal(5, unknown.ExitCode);
        Assert.Contains("no unit 'sync/recipe'", unknown.Error, StringComparison.Ordinal);

        // It leaves Git: what it brought stays.
        await fleet.PushAsync("no recipes", ("things.yaml", Yaml.Volume + Yaml.Sleeper("press")));
        Assert.Equal("another", node.Read("data/recipes/soft"));
        await fleet.WasNeverToldAsync(Node, AgentCodes.Bug, AgentCodes.Unhealthy);
    }
}

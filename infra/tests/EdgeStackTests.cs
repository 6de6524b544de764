using System.Collections.Immutable;
using System.Text.Json;
using GitOps.Infra.Edge;
using GitOps.Manifests.Registrations;
using GitOps.TestKit;
using Pulumi;
using Pulumi.Utilities;

namespace GitOps.Infra.Tests;

public sealed class EdgeStackTests : IDisposable
{
    private const string Self = "organization/gitops-edge/test";
    private const string Uid = "2e3fb2c5-8c7c-4b6a-9a33-5ad9c1f3b3c1";
    private const string Seed = "0123456789abcdef0123456789abcdef";

    private readonly TempDirectory _fleet = new();

    public void Dispose() => _fleet.Dispose();

    [Fact]
    public async Task Every_node_and_every_row_of_an_inventory_has_one_registration()
    {
        Write("press-1", rows: ["cell-1", "cell-2"]);
        foreach (var isPreview in StackTest.Modes)
        {
            var (test, stack) = await UpAsync(isPreview);
            Assert.Equal(["cell-1", "cell-2", "press-1"], Registrations(test).Select(r => r.Name).Order(StringComparer.Ordinal));
            var spec = (ImmutableDictionary<string, object>)Registrations(test).Single(r => r.Name == "press-1").Inputs["spec"];
            Assert.Equal("press-1", spec["node"]);
            Assert.Equal(Uid, spec["fleet"]);
            Assert.Equal("2027-01-31T00:00:00Z", spec["expires"]);
            Assert.Equal(EnrolmentText.HashOf(TokenSeed.TokenOf(Seed, Uid, "press-1", 1)), spec["tokenHash"]);
            Assert.False(spec.ContainsKey("suspended"));
            Assert.Equal(["cell-1", "cell-2", "press-1"], (await OutputUtilities.GetValueAsync(stack.Nodes)).ToArray());
        }
    }

    [Fact]
    public async Task What_a_machine_is_told_is_secret_and_holds_its_token()
    {
        Write("press-1");
        var (_, stack) = await UpAsync();
        Assert.True(await Output.IsSecretAsync(stack.Installations));
        Assert.False(await Output.IsSecretAsync(stack.Nodes));
        var told = (await OutputUtilities.GetValueAsync(stack.Installations))["press-1"];
        Assert.Equal(["cloudInit", "command", "ignition"], told.Keys.Order(StringComparer.Ordinal));
        Assert.All(told.Values, text => Assert.Contains(TokenSeed.TokenOf(Seed, Uid, "press-1", 1), text, StringComparison.Ordinal));
        Assert.All(told.Values, text => Assert.Contains("--url https://control.example:8443 ", text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_higher_epoch_makes_another_token_of_just_that_node()
    {
        Write("press-1", "press-2");
        var (test, _) = await UpAsync(settings: new { tokenEpochs = new Dictionary<string, int> { ["press-2"] = 3 }, suspended = new[] { "press-1" } });
        Assert.Equal(EnrolmentText.HashOf(TokenSeed.TokenOf(Seed, Uid, "press-1", 1)), Spec(test, "press-1")["tokenHash"]);
        Assert.Equal(EnrolmentText.HashOf(TokenSeed.TokenOf(Seed, Uid, "press-2", 3)), Spec(test, "press-2")["tokenHash"]);
        Assert.Equal(true, Spec(test, "press-1")["suspended"]);
    }

    [Fact]
    public async Task More_nodes_that_left_than_the_limit_stop_everything_until_confirmed()
    {
        Write("press-1");
        string[] before = ["press-1", "press-2", "press-3", "press-4"];
        foreach (var isPreview in StackTest.Modes)
        {
            var test = Test(before);
            var refused = await Assert.ThrowsAnyAsync<Exception>(() => RunAsync(test, isPreview, new { maxRemovals = 2 }));
            Assert.Contains("INF001: 3 nodes would be de-registered", refused.ToString(), StringComparison.Ordinal);
            Assert.Empty(Registrations(test));
        }

        var id = DeregistrationGuard.IdOf(["press-2", "press-3", "press-4"]);
        var confirmed = Test(before);
        await RunAsync(confirmed, isPreview: false, new { maxRemovals = 2, confirmRemoval = id });
        Assert.Single(Registrations(confirmed));
        var within = Test(before);
        await RunAsync(within, isPreview: false, new { maxRemovals = 3 });
        Assert.Single(Registrations(within));
    }

    [Fact]
    public async Task A_fleet_that_cannot_be_read_changes_nothing()
    {
        Write("press-1");
        await File.WriteAllTextAsync(_fleet["broken.yaml"], "kind: [", TestContext.Current.CancellationToken);
        var test = Test([]);
        var refused = await Assert.ThrowsAnyAsync<Exception>(() => RunAsync(test, isPreview: true, new { }));
        Assert.Contains("INF002", refused.ToString(), StringComparison.Ordinal);
        Assert.Contains("broken.yaml", refused.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(test.Registered, r => r.IsOnCluster);
    }

    [Fact]
    public async Task Everything_wrong_in_the_settings_is_said_at_once()
    {
        Write("press-1");
        var refused = await Assert.ThrowsAnyAsync<Exception>(() => RunAsync(
            Test([]), isPreview: true, new { cloud = "dev", authoritySha256 = "AB", tokensExpire = "soon", tokenEpoch = 0, maxRemovals = -1 }));
        Assert.All(["cloud:", "authoritySha256:", "tokensExpire:", "tokenEpoch", "maxRemovals:"],
            name => Assert.Contains(name, refused.ToString(), StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_thousand_nodes_are_a_thousand_registrations()
    {
        Write([.. Enumerable.Range(0, 1000).Select(i => $"node-{i}")]);
        var (test, stack) = await UpAsync();
        Assert.Equal(1000, Registrations(test).Count());
        Assert.Equal(1000, (await OutputUtilities.GetValueAsync(stack.Installations)).Count);
    }

    private static IEnumerable<Asked> Registrations(StackTest test) => test.Registered.Where(r => r.Type == "kubernetes:gitops.edge/v1:EdgeRegistration");

    private static ImmutableDictionary<string, object> Spec(StackTest test, string node) =>
        (ImmutableDictionary<string, object>)Registrations(test).Single(r => r.Name == node).Inputs["spec"];

    private static StackTest Test(IEnumerable<string> before)
    {
        var test = new StackTest();
        test.Stacks["organization/gitops-cloud/test"] = ImmutableDictionary<string, object>.Empty
            .Add("kubeconfig", "apiVersion: v1\nkind: Config\n").Add("namespace", "gitops").Add("nodeUrl", "https://control.example:8443");
        test.Stacks[Self] = before.Any()
            ? ImmutableDictionary<string, object>.Empty.Add("nodes", before.Cast<object>().ToImmutableArray())
            : ImmutableDictionary<string, object>.Empty;
        return test;
    }

    private async Task<(StackTest Test, EdgeStack Stack)> UpAsync(bool isPreview = false, object? settings = null)
    {
        var test = Test([]);
        return (test, await RunAsync(test, isPreview, settings ?? new { }));
    }

    private async Task<EdgeStack> RunAsync(StackTest test, bool isPreview, object more)
    {
        var fleet = new Dictionary<string, object?>
        {
            ["repository"] = _fleet.Path,
            ["cloud"] = "organization/gitops-cloud/test",
            ["authoritySha256"] = new string('a', 64),
            ["tokensExpire"] = "2027-01-31T00:00:00Z",
        };
        foreach (var property in more.GetType().GetProperties())
        {
            fleet[property.Name] = property.GetValue(more);
        }

        var resources = await test.RunAsync<EdgeStack>(
            isPreview,
            new Dictionary<string, string> { ["gitops-edge:fleet"] = JsonSerializer.Serialize(fleet), ["gitops-edge:seed"] = Seed },
            "gitops-edge:seed");
        return resources.OfType<EdgeStack>().Single();
    }

    private void Write(params string[] nodes) => Write(nodes, []);

    private void Write(string node, string[] rows) => Write([node], rows);

    private void Write(string[] nodes, string[] rows)
    {
        File.WriteAllText(_fleet["fleet.yaml"], $$"""
            apiVersion: gitops.edge/v1
            kind: Fleet
            metadata: {name: plant}
            spec: {uid: {{Uid}}}

            """ + string.Concat(nodes.Select(node => $$"""
            ---
            apiVersion: gitops.edge/v1
            kind: EdgeNode
            metadata: {name: {{node}}}
            spec: {}

            """)));
        if (rows.Length > 0)
        {
            File.WriteAllText(_fleet["inventory.yaml"], """
                apiVersion: gitops.edge/v1
                kind: NodeInventory
                metadata: {name: cells}
                spec: {source: cells.csv}

                """);
            File.WriteAllText(_fleet["cells.csv"], "name\n" + string.Concat(rows.Select(row => row + "\n")));
        }
    }
}

using GitOps.Agent;
using GitOps.Agent.Storage.Syncing;
using GitOps.EndToEnd.Tests.Fleet;
using GitOps.TestKit;

namespace GitOps.EndToEnd.Tests;

/// <summary>A commit that backs a folder up, and people at the machine who bring it back, on a whole agent.</summary>
public sealed class BackupTests
{
    private const string Node = "press-1";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    [Trait("needs", "restic")]
    public async Task What_was_lost_is_brought_back_by_a_person_who_holds_what_works_with_it()
    {
        NeedsPackage.OrSkip("rclone");
        NeedsPackage.OrSkip("restic");
        await using var fleet = new TestFleet(ControlPlaneProcess.Embedded);
        var root = $"{fleet.HomeOf(Node)}/root";
        var things = Yaml.Volume + Vault(root) + Yaml.Sleeper("press").Replace("spec:\n", "spec:\n  requires: [sync/vault, volume/data]\n", StringComparison.Ordinal);
        var revision = await fleet.StartAsync([], ("fleet.yaml", Yaml.Fleet() + Yaml.Node(Node, root)), ("things.yaml", things));
        var node = await fleet.EnrolAsync(Node);
        Directory.CreateDirectory($"{node.Root}/elsewhere");
        await File.WriteAllTextAsync($"{node.Root}/password", "correct horse\n", Cancellation);
        node.Start(pollMs: 100);
        await fleet.ConvergedAsync(revision);

        Directory.CreateDirectory($"{node.Root}/data/db");
        await File.WriteAllTextAsync($"{node.Root}/data/db/orders", "all of them", Cancellation);
        await AskAsync(node, 0, "", "storage", "sync", "vault");
        await fleet.UntilAsync(async () => (await node.AskAsync(Cancellation, "storage", "snapshots", "vault")).Output.Contains("\n1 snapshots at ", StringComparison.Ordinal), "there is a snapshot");
        await File.WriteAllTextAsync($"{node.Root}/data/db/orders", "lost", Cancellation);

        Assert.Contains("/orders", await AskAsync(node, 0, "", "storage", "restore", "vault", "--dry-run"), StringComparison.Ordinal);
        await AskAsync(node, 5, "workload/press work with volume/data", "storage", "restore", "vault");
        Assert.Equal("lost", node.Read("data/db/orders"));
        await AskAsync(node, 0, "", "hold", "workload/press", "--for", "1h", "--reason", "restore");
        await AskAsync(node, 0, "", "storage", "restore", "vault");
        Assert.Equal("all of them", node.Read("data/db/orders"));
        await AskAsync(node, 0, "", "storage", "restore", "vault", "--to", $"{node.Root}/look", "--path", "orders");
        Assert.Equal("all of them", node.Read("look/orders"));
        await AskAsync(node, 0, "", "storage", "verify", "vault");
        await fleet.WasToldAsync(Node, SyncCodes.Restored);

        await AskAsync(node, 5, "is no backup that this node follows", "storage", "restore", "volt");
        await AskAsync(node, 2, "", "storage", "restore", "vault", "--path", "../etc");
        Directory.Move($"{node.Root}/elsewhere", $"{node.Root}/unplugged");
        await AskAsync(node, 4, SyncCodes.Remote.Id, "storage", "verify", "vault");
        await fleet.WasNeverToldAsync(Node, AgentCodes.Bug);
    }

    private static async Task<string> AskAsync(TestNode node, int code, string error, params string[] arguments)
    {
        var result = await node.AskAsync(Cancellation, arguments);
        Assert.True(result.ExitCode == code && result.Error.Contains(error, StringComparison.Ordinal), $"{string.Join(' ', arguments)}: {result.ExitCode}\n{result.Output}{result.Error}");
        return result.Output;
    }

    private static string Vault(string root) => $$"""
        ---
        apiVersion: gitops.edge/v1
        kind: Secret
        metadata: {name: vault}
        spec: {placement: {all: true}, file: {{root}}/password, version: "1"}
        ---
        apiVersion: gitops.edge/v1
        kind: VolumeSync
        metadata: {name: vault}
        spec:
          placement: {all: true}
          volume: data
          folder: db
          mode: backup
          remote:
            local: {path: "{{"{{"}} values.root {{"}}"}}/elsewhere"}
          backup: {password: vault}
          every: 12h

        """;
}

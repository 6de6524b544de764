using System.Text;
using GitOps.Agent;
using GitOps.EndToEnd.Tests.Fleet;
using GitOps.Platform.Age;
using GitOps.Platform.Files;
using GitOps.TestKit;

namespace GitOps.EndToEnd.Tests;

/// <summary>Secrets from the terminal of the person who has them to a file and a process of their node, by the programs themselves.</summary>
public sealed class SecretTests
{
    private const string Node = "press-1";
    private const string Password = $"correct horse {RunLog.Marker}";
    private const string Next = $"{RunLog.Marker} horse correct";
    private const string Token = $"nobody in between knows {RunLog.Marker}";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_secret_comes_to_its_node_over_the_network_or_in_a_file_and_is_told_to_nobody_else()
    {
        await using var fleet = new TestFleet(ControlPlaneProcess.Embedded);
        var root = $"{fleet.HomeOf(Node)}/root";
        await fleet.StartAsync([], ("fleet.yaml", Yaml.Fleet() + Yaml.Node(Node, root)));
        var node = await fleet.EnrolAsync(Node);
        node.Start(pollMs: 100);

        var controlPlane = (await GitOpsAsync(fleet, "secret", "recipients", "--data-directory", fleet.ControlPlane.Data.Path)).Trim();
        await GitOpsAsync(fleet, "secret", "recipients", "add", controlPlane);
        var said = await GitOpsAsync(fleet, "secret", "seal", "db", $"password={Password}");
        said += await GitOpsAsync(fleet, "secret", "seal", "own", $"token={Token}", "--node", Node,
            "--server", $"http://127.0.0.1:{fleet.ControlPlane.PeoplePort}", "--token-file", fleet.ControlPlane.Data.PeopleToken);
        var web = Yaml.Sleeper("web").Replace("command: ", "env: {PASSWORD: '{{ secret \"db/password\" }}'}\n    command: ", StringComparison.Ordinal);
        await fleet.PushAsync("secrets", ("things.yaml", """
            apiVersion: gitops.edge/v1
            kind: Secret
            metadata: {name: db}
            spec: {placement: {all: true}, age: secrets/db.age, keys: [password]}
            ---
            apiVersion: gitops.edge/v1
            kind: Secret
            metadata: {name: own}
            spec: {placement: {all: true}, age: secrets/own.age, keys: [token]}

            """ + Yaml.File("conf", "password={{ secret \"db/password\" }} token={{ secret \"own/token\" }}") + web));

        Assert.Equal($"password={Password} token={Token}", node.Read("conf"));
        Assert.Contains($"PASSWORD={Password}", await File.ReadAllTextAsync($"/proc/{node.ProcessOf("web")}/environ", Cancellation), StringComparison.Ordinal);
        said += await GitOpsAsync(fleet, "validate") + await GitOpsAsync(fleet, "render", "--node", Node);
        foreach (var command in new[] { "status", "plan", "why", "history" })
        {
            said += (await node.AskAsync(Cancellation, command)).Output;
        }

        Assert.True((await node.AskAsync(Cancellation, "support-bundle", $"{node.State}/support.tar.gz")).Succeeded);
        await fleet.WasNeverToldAsync(Node, AgentCodes.Bug, AgentCodes.SecretMissing);
        await node.KillAsync();
        await CarryAsync(fleet, node);
        NotIn(said + node.Log + fleet.ControlPlane.Log, "what programs said");
        foreach (var path in Files(fleet.Git.WorkTree, fleet.Git.RemotePath, fleet.ControlPlane.Data.Path, node.State))
        {
            // The order of a shim holds the environment, and is closed to others; a support bundle is packed.
            if (path.EndsWith(".order.json", StringComparison.Ordinal))
            {
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, DiskFileLayer.Host.Stat(path)!.Mode);
            }
            else
            {
                NotIn(Encoding.Latin1.GetString(await File.ReadAllBytesAsync(path, Cancellation)), path);
            }
        }

        NotIn((await Running.RunAsync(["tar", "-xzOf", $"{node.State}/support.tar.gz"], Cancellation)).Output, "the support bundle");
    }

    /// <summary>Another password comes to the node in a file, with the control plane gone.</summary>
    private static async Task CarryAsync(TestFleet fleet, TestNode node)
    {
        await GitOpsAsync(fleet, "secret", "seal", "db", $"password={Next}");
        var revision = fleet.Git.CommitAndPush("another password");
        await fleet.UntilAsync(
            async () => await fleet.StatusAsync() is { Published: var published, Rollout: null or { Phase: "open" } } && published == revision, $"{revision} is published");
        var file = $"{fleet.HomeOf(Node)}/carried.gitops";
        await GitOpsAsync(fleet, "export", "--node", Node, "--file", file,
            "--server", $"http://127.0.0.1:{fleet.ControlPlane.PeoplePort}", "--token-file", fleet.ControlPlane.Data.PeopleToken);
        await fleet.ControlPlane.KillAsync();
        node.Start();
        await fleet.UntilAsync(async () => await node.PlanAsync(Cancellation) is not null, "the agent answers");
        var taken = await node.AskAsync(Cancellation, "import", file);
        Assert.True(taken.ExitCode == 0, taken.Output + taken.Error);
        await fleet.UntilAsync(() => node.Read("conf") == $"password={Next} token={Token}", "what was carried is filled in");
        NotIn(Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file, Cancellation)), file);
        await node.KillAsync();
    }

    /// <summary>The node's key for secrets, which the control plane knows since the node was enrolled.</summary>
    private static async Task<AgeIdentity> KeyOfAsync(TestNode node) =>
        AgeIdentity.TryParse(await File.ReadAllTextAsync($"{node.Identity}/seal.key", Cancellation))!;

    private static async Task<string> GitOpsAsync(TestFleet fleet, params string[] arguments)
    {
        var result = await Running.RunAsync(["env", "-C", fleet.Git.WorkTree, Programs.GitOps, .. arguments], Cancellation);
        Assert.True(result.Succeeded, $"gitops {string.Join(' ', arguments)}: {result.Error}{result.Output}");
        return result.Output;
    }

    private static IEnumerable<string> Files(params string[] folders) => folders.SelectMany(folder => Directory.EnumerateFiles(
        folder, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint | FileAttributes.Device }))
        .Where(path => new FileInfo(path).Length > 0 && !path.EndsWith(".lock", StringComparison.Ordinal)); // nor sockets

    private static void NotIn(string text, string name)
    {
        Assert.False(text.Contains(Password, StringComparison.Ordinal), $"{name} has the password");
        Assert.False(text.Contains(Next, StringComparison.Ordinal), $"{name} has the next password");
        Assert.False(text.Contains(Token, StringComparison.Ordinal), $"{name} has the token");
    }
}

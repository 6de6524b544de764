using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using GitOps.Bundles;
using GitOps.Bundles.Reports;
using GitOps.ControlPlane.Api;
using GitOps.TestKit;
using GitOps.TestKit.Git;

namespace GitOps.EndToEnd.Tests.Fleet;

/// <summary>
/// A whole fleet of real programs on loopback, below one temporary folder: a bare repository, <c>gitops serve</c>, and an
/// agent per node. What tests wait for is what the people's API says, or what lies on the nodes.
/// </summary>
internal sealed class TestFleet : IAsyncDisposable
{
    /// <summary>Reached by failing tests only.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(50);
    private readonly TempDirectory _directory = new();
    private readonly List<TestNode> _nodes = [];

    /// <param name="broker">The settings about the broker, given a free port; null: none.</param>
    public TestFleet(Func<int, JsonObject>? broker) =>
        ControlPlane = new ControlPlaneProcess(_directory.Path, Git.RemotePath, broker);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public TestGit Git { get; } = new();

    public ControlPlaneProcess ControlPlane { get; }

    /// <summary>How long agents give a new bundle to become ready: longer than a busy machine needs, where a test wants none to fail.</summary>
    public int CommitDeadlineMs { get; init; } = 60_000;

    public IReadOnlyList<TestNode> Nodes => _nodes;

    public TestNode this[string name] => _nodes.Single(n => n.Name == name);

    /// <summary>Where a node's folders lie unless a test has a disk for it.</summary>
    public string HomeOf(string node) => _directory[node];

    /// <summary>As <c>gitops node add</c>, and then what a person does at the machine: allow what Git may touch there.</summary>
    /// <param name="home">Where its state and files lie; default: below the fleet's own folder.</param>
    /// <param name="program">Its agent; default: the one under test.</param>
    public async Task<TestNode> EnrolAsync(string name, string? home = null, string? program = null)
    {
        var node = new TestNode(name, _directory[$"{name}-identity"], home ?? HomeOf(name), CommitDeadlineMs) { Program = program ?? Programs.Agent };
        await ControlPlane.EnrolAsync(name, node.Identity, Cancellation);
        await AllowAsync(node);
        _nodes.Add(node);
        return node;
    }

    /// <summary>As <c>gitops enroll create</c> at the control plane, and then <c>gitops-agent enroll</c> at the machine.</summary>
    /// <param name="identity">The folder it makes; default: the one that <see cref="EnrolAsync"/> would be given.</param>
    public async Task<TestNode> EnrolItselfAsync(string name, string? identity = null, string? home = null, bool replaces = false)
    {
        var node = new TestNode(name, identity ?? _directory[$"{name}-identity"], home ?? HomeOf(name), CommitDeadlineMs);
        var made = await ControlPlane.CreateTokenAsync(name, replaces, Cancellation);
        var result = await ControlPlane.EnrolItselfAsync(made, node.Identity, Cancellation);
        Assert.True(result.Succeeded, $"gitops-agent enroll ended with {result.ExitCode}: {result.Error}");
        await AllowAsync(node);
        _nodes.Add(node);
        return node;
    }

    private static Task AllowAsync(TestNode node) => File.WriteAllTextAsync($"{node.Identity}/policy.json", $$"""
        {
          "format": 1, "paths": ["{{node.Root}}"], "users": [], "exec": ["/usr/bin", "/bin"],
          "devices": { "hosts": ["127.0.0.1"], "writable": ["*"] }
        }
        """, Cancellation);

    /// <summary>Pushes, starts the control plane, and then a node for each name.</summary>
    /// <returns>The revision.</returns>
    public async Task<string> StartAsync(IEnumerable<string> nodes, params (string Path, string Content)[] files)
    {
        var revision = Git.CommitAndPush("first", files);
        await ControlPlane.StartAsync(Cancellation);
        foreach (var name in nodes)
        {
            (await EnrolAsync(name)).Start();
        }

        return revision;
    }

    public async Task<StatusDocument> StatusAsync() =>
        await ControlPlane.Api.GetStatusAsync(Cancellation) is ApiAnswer<StatusDocument>.Ok(var status) ? status : Nothing;

    public async Task<IReadOnlyList<NodeSummary>> SummariesAsync() =>
        await ControlPlane.Api.GetNodesAsync(new NodeQuery(), Cancellation) is ApiAnswer<NodePage>.Ok(var page) ? page.Nodes : [];

    /// <summary>The latest report of a node; null while there is none.</summary>
    public async Task<NodeReport?> ReportAsync(string node) =>
        await ControlPlane.Api.GetNodeAsync(node, Cancellation) is ApiAnswer<NodeDocument>.Ok({ Report: JsonElement report })
            ? ReportJson.TryReadReport(Encoding.UTF8.GetBytes(report.GetRawText()))
            : null;

    /// <summary>Waits until a node has told this.</summary>
    public Task WasToldAsync(string node, ErrorCode code) => UntilAsync(
        async () => await ControlPlane.Api.GetNodeAsync(node, Cancellation) is ApiAnswer<NodeDocument>.Ok(var document) &&
            document.Events.Any(e => e.Code == code.Id),
        $"{node} tells {code.Id}");

    /// <summary>None of the newest events of a node is one of these.</summary>
    public async Task WasNeverToldAsync(string node, params ErrorCode[] codes)
    {
        var document = Assert.IsType<ApiAnswer<NodeDocument>.Ok>(await ControlPlane.Api.GetNodeAsync(node, Cancellation)).Value;
        Assert.DoesNotContain(document.Events, e => codes.Any(code => code.Id == e.Code));
    }

    /// <summary>Waits until a node is converged and says so in a report of another start of its agent than this one.</summary>
    public async Task ConvergedAnewAsync(TestNode node, string? bootBefore)
    {
        await UntilAsync(
            async () => await ReportAsync(node.Name) is { Phase: NodePhase.Converged } report && report.BootId != bootBefore,
            $"the restarted agent of {node.Name} is converged");
        await PlanIsEmptyAsync(node);
    }

    /// <summary>Waits until every node of the fleet says that it runs what this revision says.</summary>
    public Task ConvergedAsync(string revision) => UntilAsync(
        async () => await StatusAsync() is { Published: var published, Rollout: null or { Phase: "open" } } && published == revision &&
            await SummariesAsync() is var nodes && nodes.Count(n => n.PointerGeneration is not null) >= _nodes.Count &&
            nodes.Where(n => _nodes.Any(m => m.Name == n.Name)).All(n => n.Phase == "converged" && n.Generation == n.PointerGeneration),
        $"every node runs {revision}");

    /// <summary>Pushes and waits until every node runs it.</summary>
    public async Task<string> PushAsync(string message, params (string Path, string Content)[] files)
    {
        var revision = Git.CommitAndPush(message, files);
        await ConvergedAsync(revision);
        return revision;
    }

    /// <summary>Waits until the agent has nothing left to do.</summary>
    public async Task PlanIsEmptyAsync(TestNode node)
    {
        IReadOnlyList<string>? plan = null;
        await UntilAsync(
            async () => (plan = await node.PlanAsync(Cancellation)) is { Count: 0 }, () => $"{node.Name} plans nothing, but [{string.Join(", ", plan ?? [])}]");
    }

    public Task UntilAsync(Func<bool> condition, string what) => UntilAsync(() => Task.FromResult(condition()), what);

    public Task UntilAsync(Func<Task<bool>> condition, string what) => UntilAsync(condition, () => what);

    /// <summary>Waits for a condition; when it does not hold in time, fails with what all programs said.</summary>
    private async Task UntilAsync(Func<Task<bool>> condition, Func<string> what)
    {
        var watch = Stopwatch.StartNew();
        while (!await condition())
        {
            if (watch.Elapsed > Limit)
            {
                Assert.Fail($"after {Limit.TotalSeconds} s it is still not so that {what()}\n{await ExplainAsync()}");
            }

            await Task.Delay(Period, Cancellation);
        }
    }

    /// <summary>Everything ends; nothing may be left running.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
        {
            await node.DisposeAsync();
        }

        await ControlPlane.DisposeAsync();
        await Running.KillBelowAsync(_directory.Path);
        Git.Dispose();
        _directory.Dispose();
    }

    private static StatusDocument Nothing => new()
    {
        Repository = "",
        Reference = "",
        Counts = new CountsDocument(0, 0, 0, 0, 0, 0, 0, 0, 0),
    };

    private async Task<string> ExplainAsync()
    {
        var text = new StringBuilder();
        var status = await StatusAsync();
        text.AppendLine($"published {status.Published}, latest {status.Latest}, rollout {status.Rollout}, problem {status.Problem}");
        foreach (var finding in status.Latest?.Findings ?? [])
        {
            text.AppendLine($"{finding.File}:{finding.Line}:{finding.Column}: {finding.Code}: {finding.What}");
        }

        foreach (var node in await SummariesAsync())
        {
            text.AppendLine($"{node.Name}: {node.Phase}, {node.Generation} of {node.PointerGeneration}, online {node.Online}: {node.Message}");
        }

        text.AppendLine("-- control plane").AppendLine(Tail(ControlPlane.Log));
        foreach (var node in _nodes)
        {
            text.AppendLine($"-- {node.Name}").AppendLine(Tail(node.Log));
        }

        return text.ToString();
    }

    private static string Tail(string log) => string.Join('\n', log.Split('\n').TakeLast(15));
}

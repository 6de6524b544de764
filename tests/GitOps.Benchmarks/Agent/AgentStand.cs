using System.Net;
using System.Text.Json;
using GitOps.Benchmarks.Convergence;
using GitOps.Benchmarks.Fleets;
using GitOps.Bundles;
using GitOps.ControlPlane.Api;
using GitOps.Manifests;
using Microsoft.Extensions.Logging;

namespace GitOps.Benchmarks.Agent;

/// <summary>One real agent process with its units applied, and a control plane that can go away.</summary>
internal sealed class AgentStand : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(5);

    private readonly ILoggerFactory _logs;

    private AgentStand(BenchRepository repository, ControlPlaneStand controlPlane, BenchAgent agent, string directory, PublishedLog published, ILoggerFactory logs)
    {
        (Repository, ControlPlane, Agent, Published, _logs) = (repository, controlPlane, agent, published, logs);
        NodeDirectory = NodeBelow(directory);
    }

    public BenchRepository Repository { get; }

    public ControlPlaneStand ControlPlane { get; }

    public BenchAgent Agent { get; }

    /// <summary>When generations were opened to nodes.</summary>
    public PublishedLog Published { get; }

    /// <summary>Everything of the node lies below.</summary>
    public string NodeDirectory { get; }

    /// <summary>Starts everything; returns when the agent has nothing left to do and said so.</summary>
    /// <param name="commits">How many can be pushed after the first.</param>
    /// <param name="address">Where the control plane listens; null: on loopback.</param>
    /// <param name="within">As in <see cref="BenchAgent.Start"/>.</param>
    public static Task<AgentStand> StartAsync(
        BenchContext bench, string directory, AgentFleet fleet, int commits, TimeSpan poll, CancellationToken cancellationToken,
        IPAddress? address = null, params IReadOnlyList<string> within) =>
        StartAsync(bench, directory, fleet, Enumerable.Range(1, commits).Select(AgentFleet.Content), poll, cancellationToken, address, within);

    /// <param name="commits">The file that each commit after the first changes.</param>
    public static async Task<AgentStand> StartAsync(
        BenchContext bench, string directory, AgentFleet fleet, IEnumerable<SourceFile> commits, TimeSpan poll, CancellationToken cancellationToken,
        IPAddress? address = null, params IReadOnlyList<string> within)
    {
        var agent = new BenchAgent(AgentFleet.Node, NodeBelow(directory)) { Clock = fleet.HasOwnChrony ? "ownChronyLeavingClock" : "detect" };
        var repository = await BenchRepository.CreateAsync(
            $"{directory}/git", bench.Commands, fleet.First(agent.Root), commits, cancellationToken);
        await repository.PushAsync(0, cancellationToken);
        var published = new PublishedLog();
        var logs = LoggerFactory.Create(builder => builder.AddProvider(published));
        var controlPlane = await ControlPlaneStand.StartAsync(repository, directory, address ?? IPAddress.Loopback, logs, cancellationToken);
        var stand = new AgentStand(repository, controlPlane, agent, directory, published, logs);
        try
        {
            agent.Enrol(controlPlane.Settings);
            agent.Start(AgentProgram.Find(), poll, within);
            await stand.ReportedAsync(0, cancellationToken);
            return stand;
        }
        catch
        {
            await stand.DisposeAsync();
            throw;
        }
    }

    /// <summary>Until the control plane has booked that the node converged on a commit.</summary>
    public async Task ReportedAsync(int commit, CancellationToken cancellationToken)
    {
        NodeSummary? seen = null;
        await UntilAsync(
            async token =>
            {
                seen = await ControlPlane.Api.GetNodeAsync(AgentFleet.Node, token) is ApiAnswer<NodeDocument>.Ok({ Summary: var summary }) ? summary : seen;
                return seen?.Phase == "converged" && seen.Revision == Repository.Commits[commit];
            },
            () => $"the node did not converge: {seen?.Phase}, {seen?.Revision}, {seen?.Message}",
            cancellationToken);
    }

    /// <summary>What the node's pointer names.</summary>
    public async Task<Digest> PointedToAsync(CancellationToken cancellationToken) =>
        await ControlPlane.Api.GetNodeAsync(AgentFleet.Node, cancellationToken) is ApiAnswer<NodeDocument>.Ok({ Summary.PointerBundle: { } bundle })
            ? Digest.Parse(bundle)
            : throw new InvalidOperationException("the control plane does not know the node");

    /// <summary>Until the agent says at the machine that it has nothing to do.</summary>
    public async Task PlanIsEmptyAsync(CancellationToken cancellationToken)
    {
        await UntilAsync(
            token => AgentSocket.IsPlanEmptyAsync(Agent.Socket, token), () => "the agent's plan did not become empty", cancellationToken);
    }

    /// <summary>Until the agent says at the machine that its clock is within its bound of a real one.</summary>
    public async Task ClockIsSynchronisedAsync(CancellationToken cancellationToken)
    {
        await UntilAsync(
            async token =>
            {
                using var status = await AgentSocket.AskAsync(Agent.Socket, "status", token);
                return status is not null && status.RootElement.TryGetProperty("report", out var report) && report.TryGetProperty("clock", out var clock) &&
                    clock.ValueKind == JsonValueKind.Object && clock.GetProperty("synchronised").GetBoolean();
            },
            () => "the clock was not synchronised",
            cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await Agent.DisposeAsync();
        await ControlPlane.DisposeAsync();
        _logs.Dispose();
    }

    private async Task UntilAsync(Func<CancellationToken, Task<bool>> isTrue, Func<string> otherwise, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Limit);
        try
        {
            while (!await isTrue(limit.Token))
            {
                await Task.Delay(Step, limit.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"{otherwise()} within {Limit.TotalSeconds} s; the agent's log:\n{Agent.Log}");
        }
    }

    private static string NodeBelow(string directory) => $"{directory}/node";
}

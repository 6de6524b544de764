using System.Net;
using System.Text;
using GitOps.Benchmarks.Fleets;
using GitOps.ControlPlane.Api;
using GitOps.Manifests;
using Microsoft.Extensions.Logging.Abstractions;

namespace GitOps.Benchmarks.Convergence;

/// <summary>
/// A control plane and real agents as processes beside it, all on loopback.
/// The fleet has one file on every node; each commit changes its content.
/// </summary>
internal sealed class BenchWorld : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);
    private readonly ControlPlaneStand _controlPlane;
    private readonly FleetWatch _watch;
    private int _pushed;

    private BenchWorld(BenchRepository repository, ControlPlaneStand controlPlane, FleetWatch watch, IReadOnlyList<BenchAgent> agents) =>
        (Repository, _controlPlane, _watch, Agents) = (repository, controlPlane, watch, agents);

    public BenchRepository Repository { get; }

    public IReadOnlyList<BenchAgent> Agents { get; }

    public Uri NodeAddress => _controlPlane.NodeAddress;

    public ApiClient Api => _controlPlane.Api;

    /// <summary>Starts everything; returns when all agents have converged on the first commit.</summary>
    /// <param name="commits">How many can be pushed after it.</param>
    public static async Task<BenchWorld> StartAsync(
        BenchContext bench, string directory, AgentProgram program, int agents, int commits, TimeSpan poll, CancellationToken cancellationToken)
    {
        var files = Files($"{directory}/nodes", agents);
        var repository = await BenchRepository.CreateAsync(
            $"{directory}/git", bench.Commands, [.. files, Content(0)], Enumerable.Range(1, commits).Select(Content), cancellationToken);
        await repository.PushAsync(0, cancellationToken);
        var controlPlane = await ControlPlaneStand.StartAsync(repository, directory, IPAddress.Loopback, NullLoggerFactory.Instance, cancellationToken);
        var watch = await FleetWatch.StartAsync(controlPlane.Api, agents, cancellationToken);
        var nodes = Enumerable.Range(0, agents).Select(i => new BenchAgent(GeneratedFleet.NodeName(i), NodeDirectory(directory, i)));
        var world = new BenchWorld(repository, controlPlane, watch, [.. nodes]);
        try
        {
            foreach (var agent in world.Agents)
            {
                agent.Enrol(controlPlane.Settings);
                agent.Start(program, poll);
            }

            await watch.ConvergedAsync(repository.Commits[0], Limit, cancellationToken);
            return world;
        }
        catch
        {
            await world.DisposeAsync();
            throw;
        }
    }

    /// <summary>Pushes the next commit and tells the control plane, as a hook of a Git server does; returns when all converged on it.</summary>
    public async Task PushAndConvergeAsync(CancellationToken cancellationToken)
    {
        await Repository.PushAsync(++_pushed, cancellationToken);
        _ = await Api.SyncAsync(cancellationToken);
        await _watch.ConvergedAsync(Repository.Commits[_pushed], Limit, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var agent in Agents)
        {
            await agent.DisposeAsync();
        }

        await _watch.DisposeAsync();
        await _controlPlane.DisposeAsync();
    }

    private static string NodeDirectory(string directory, int node) => $"{directory}/nodes/{GeneratedFleet.NodeName(node)}";

    private static IEnumerable<SourceFile> Files(string nodes, int count)
    {
        yield return File("fleet.yaml", FleetTexts.Fleet(GeneratedFleet.Uid));
        yield return File("motd.yaml", $$$"""
            apiVersion: gitops.edge/v1
            kind: ConfigFile
            metadata:
              name: motd
            spec:
              placement: {all: true}
              path: "{{{nodes}}}/{{ node.name }}/root/motd"
              source: motd.txt

            """);
        for (var node = 0; node < count; node++)
        {
            yield return File($"nodes/{GeneratedFleet.NodeName(node)}.yaml", $$"""
                apiVersion: gitops.edge/v1
                kind: EdgeNode
                metadata:
                  name: {{GeneratedFleet.NodeName(node)}}
                spec: {}

                """);
        }
    }

    private static SourceFile Content(int number) =>
        File("motd.txt", FormattableString.Invariant($"This is content number {number}.\n"));

    private static SourceFile File(string path, string content) => new(path, Encoding.UTF8.GetBytes(content));
}

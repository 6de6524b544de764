using System.Net;
using System.Net.Sockets;
using System.Text;
using GitOps.Benchmarks.Fleets;
using GitOps.ControlPlane.Api;
using GitOps.ControlPlane.Git;
using GitOps.ControlPlane.Hosting;
using GitOps.ControlPlane.Identity;
using GitOps.Manifests;
using GitOps.Platform.Files;
using Microsoft.Extensions.Logging.Abstractions;

namespace GitOps.Benchmarks.Convergence;

/// <summary>
/// A whole control plane in this process with its embedded broker, and real agents as processes beside it, all on loopback.
/// The fleet has one file on every node; each commit changes its content.
/// </summary>
internal sealed class BenchWorld : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);
    private readonly ControlPlaneHost _host;
    private readonly HttpClient _http;
    private readonly FleetWatch _watch;
    private int _pushed;

    private BenchWorld(
        BenchRepository repository, ControlPlaneHost host, HttpClient http, ApiClient api, FleetWatch watch, IReadOnlyList<BenchAgent> agents) =>
        (Repository, _host, _http, Api, _watch, Agents) = (repository, host, http, api, watch, agents);

    public BenchRepository Repository { get; }

    public IReadOnlyList<BenchAgent> Agents { get; }

    public Uri NodeAddress => _host.NodeAddress!;

    public ApiClient Api { get; }

    /// <summary>Starts everything; returns when all agents have converged on the first commit.</summary>
    /// <param name="commits">How many can be pushed after it.</param>
    public static async Task<BenchWorld> StartAsync(
        BenchContext bench, string directory, AgentProgram program, int agents, int commits, TimeSpan poll, CancellationToken cancellationToken)
    {
        var files = Files($"{directory}/nodes", agents);
        var repository = await BenchRepository.CreateAsync(
            $"{directory}/git", bench.Commands, [.. files, Content(0)], Enumerable.Range(1, commits).Select(Content), cancellationToken);
        await repository.PushAsync(0, cancellationToken);
        var settings = new ControlPlaneSettings
        {
            Source = new GitSource(repository.Address, new GitReference.Branch("main")),
            DataDirectory = $"{directory}/control-plane",
            NodeEndpoint = new IPEndPoint(IPAddress.Loopback, FreePort()),
            PeopleEndpoint = new IPEndPoint(IPAddress.Loopback, 0),
            Names = ["127.0.0.1"],
            Broker = new BrokerSetting.Embedded(new IPEndPoint(IPAddress.Loopback, FreePort())),
        };
        var host = await ControlPlaneHost.StartAsync(settings, NullLoggerFactory.Instance, TimeProvider.System, cancellationToken);
        await host.Ready.WaitAsync(Limit, cancellationToken);
        var token = PeopleToken.Read(DiskFileLayer.Host, new DataDirectory(settings.DataDirectory).PeopleToken)!;
        var http = new HttpClient { BaseAddress = host.PeopleAddress, Timeout = Timeout.InfiniteTimeSpan };
        var api = new ApiClient(http, token);
        var watch = await FleetWatch.StartAsync(api, agents, cancellationToken);
        var nodes = Enumerable.Range(0, agents).Select(i => new BenchAgent(GeneratedFleet.NodeName(i), NodeDirectory(directory, i)));
        var world = new BenchWorld(repository, host, http, api, watch, [.. nodes]);
        try
        {
            foreach (var agent in world.Agents)
            {
                agent.Enrol(settings);
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
        await _host.DisposeAsync();
        _http.Dispose();
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

    /// <summary>Below the range the kernel hands out to clients.</summary>
    private static int FreePort()
    {
        while (true)
        {
            var port = Random.Shared.Next(20_000, 32_000);
            try
            {
                using var probe = new TcpListener(IPAddress.Loopback, port);
                probe.Start();
                return port;
            }
            catch (SocketException)
            {
                // Taken; another one.
            }
        }
    }
}

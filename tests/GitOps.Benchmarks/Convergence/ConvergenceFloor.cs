using System.Collections.Immutable;
using GitOps.Benchmarks.Fleets;
using GitOps.Bundles;
using GitOps.ControlPlane.Api;
using GitOps.Platform.Files;
using GitOps.Platform.Http;

namespace GitOps.Benchmarks.Convergence;

/// <summary>
/// The least that must happen for a push to be on every node: a fetch and a comparison of trees by git, each node's bundle
/// read from the same server over a kept mutual-TLS connection of its own, one durable write for each.
/// </summary>
internal sealed class ConvergenceFloor : IDisposable
{
    private readonly BenchWorld _world;
    private readonly BareMirror _mirror;
    private readonly string _directory;
    private readonly ImmutableArray<NodeHttp> _clients;
    private ImmutableArray<string> _paths = [];

    public ConvergenceFloor(BenchWorld world, string directory)
    {
        (_world, _directory) = (world, directory);
        _mirror = new BareMirror(world.Repository, $"{directory}/floor.git");
        _clients = [.. world.Agents.Select(agent => agent.Connect(world.NodeAddress))];
        Directory.CreateDirectory(directory);
    }

    public Task CreateAsync(CancellationToken cancellationToken) => _mirror.CreateAsync(cancellationToken);

    /// <summary>Learns where the bundles of the commit just published lie; outside the clock.</summary>
    public async Task LookUpAsync(CancellationToken cancellationToken)
    {
        List<NodeSummary> nodes = [];
        for (string? after = null; ;)
        {
            if (await _world.Api.GetNodesAsync(new NodeQuery { After = after, Limit = NodeQuery.MaxLimit }, cancellationToken) is not
                ApiAnswer<NodePage>.Ok(var page))
            {
                throw new InvalidOperationException("the control plane does not list its nodes");
            }

            nodes.AddRange(page.Nodes);
            if ((after = page.Next) is null)
            {
                break;
            }
        }

        _paths = [.. nodes.Select(node => StorePaths.Blob(GeneratedFleet.Uid, Digest.Parse(node.PointerBundle!)))];
    }

    public async Task RunAsync(int commit, CancellationToken cancellationToken)
    {
        await _mirror.FetchAndCompareAsync(commit, cancellationToken);
        await Task.WhenAll(_clients.Select((client, node) => Task.Run(() => CarryAsync(client, node, cancellationToken), cancellationToken)));
    }

    public void Dispose()
    {
        foreach (var client in _clients)
        {
            client.Dispose();
        }
    }

    private async Task CarryAsync(NodeHttp client, int node, CancellationToken cancellationToken)
    {
        var answer = await client.GetAsync(_paths[node], etag: null, cancellationToken);
        if (answer is not HttpAnswer.Content(var body, _))
        {
            throw new InvalidOperationException($"{_paths[node]}: {answer}");
        }

        AtomicFile.Write(DiskFileLayer.Host, $"{_directory}/{_world.Agents[node].Name}", body.Span);
    }
}

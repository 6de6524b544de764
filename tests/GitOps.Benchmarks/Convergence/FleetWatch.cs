using GitOps.ControlPlane.Api;

namespace GitOps.Benchmarks.Convergence;

/// <summary>Hears from the control plane's event stream when all nodes have reported that they converged on a revision.</summary>
internal sealed class FleetWatch : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private readonly Dictionary<string, NodeSummary> _nodes = new(StringComparer.Ordinal);
    private readonly TaskCompletionSource _heard = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ApiClient _api;
    private readonly int _count;
    private Task _watching = Task.CompletedTask;
    private (string Revision, TaskCompletionSource Reached)? _target;

    private FleetWatch(ApiClient api, int count) => (_api, _count) = (api, count);

    /// <summary>Returns once the stream speaks: nothing that happens later is missed.</summary>
    public static async Task<FleetWatch> StartAsync(ApiClient api, int nodes, CancellationToken cancellationToken)
    {
        var watch = new FleetWatch(api, nodes);
        watch._watching = watch.WatchAsync();
        await watch._heard.Task.WaitAsync(TimeSpan.FromSeconds(30), cancellationToken);
        return watch;
    }

    /// <exception cref="TimeoutException">Says who did not.</exception>
    public async Task ConvergedAsync(string revision, TimeSpan limit, CancellationToken cancellationToken)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            _target = (revision, reached);
            Check();
        }

        try
        {
            await reached.Task.WaitAsync(limit, cancellationToken);
        }
        catch (TimeoutException)
        {
            lock (_lock)
            {
                var late = _nodes.Values.Where(node => !HasConverged(node, revision)).Select(node => $"{node.Name}: {node.Phase}, {node.Revision}, {node.Message}");
                throw new TimeoutException(
                    FormattableString.Invariant($"not all of {_count} nodes converged on {revision} within {limit}; {_nodes.Count} were heard of:\n") +
                    string.Join('\n', late.Take(10)));
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task WatchAsync()
    {
        await foreach (var change in _api.WatchAsync(_stop.Token))
        {
            _heard.TrySetResult();
            if (change is ApiChange.Node(var node))
            {
                lock (_lock)
                {
                    _nodes[node.Name] = node;
                    Check();
                }
            }
        }
    }

    private void Check()
    {
        if (_target is { } target && _nodes.Values.Count(node => HasConverged(node, target.Revision)) == _count)
        {
            target.Reached.TrySetResult();
        }
    }

    private static bool HasConverged(NodeSummary node, string revision) => node.Phase == "converged" && node.Revision == revision;
}

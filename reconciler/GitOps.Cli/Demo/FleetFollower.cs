using GitOps.ControlPlane.Api;

namespace GitOps.Cli.Demo;

/// <summary>Something the fleet did, and when since the follower began.</summary>
internal sealed record FleetMoment(TimeSpan At, string Node, string Phase, long? Generation, string? Message);

/// <summary>
/// Watches the fleet through the API, as any program could: keeps the newest of every node and of the status, notes every
/// change, and lets others wait for a condition.
/// </summary>
internal sealed class FleetFollower(Func<ApiClient> client, TimeProvider time) : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly Dictionary<string, NodeSummary> _nodes = new(StringComparer.Ordinal);
    private readonly List<FleetMoment> _moments = [];
    private readonly long _began = time.GetTimestamp();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _following = Task.CompletedTask;

    public StatusDocument? Status { get; private set; }

    /// <summary>Raised after each change; for a live view.</summary>
    public event Action? Changed;

    public void Start() => _following = FollowAsync(_stop.Token);

    public TimeSpan Elapsed => time.GetElapsedTime(_began);

    public IReadOnlyList<NodeSummary> Nodes
    {
        get
        {
            lock (_gate)
            {
                return [.. _nodes.Values.OrderBy(n => n.Name, StringComparer.Ordinal)];
            }
        }
    }

    /// <summary>What happened from a moment on, oldest first.</summary>
    public IReadOnlyList<FleetMoment> Since(TimeSpan from)
    {
        lock (_gate)
        {
            return [.. _moments.Where(m => m.At >= from)];
        }
    }

    /// <summary>Waits until the condition holds; false when the limit passed first.</summary>
    public async Task<bool> WaitAsync(Func<FleetFollower, bool> condition, TimeSpan limit, CancellationToken cancellationToken)
    {
        using var within = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        within.CancelAfter(limit);
        try
        {
            while (true)
            {
                Task changed;
                lock (_gate)
                {
                    changed = _changed.Task;
                }

                if (condition(this))
                {
                    return true;
                }

                await changed.WaitAsync(within.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return condition(this);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _following;
        _stop.Dispose();
    }

    private async Task FollowAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                if (await client().GetNodesAsync(new NodeQuery(), cancellationToken) is ApiAnswer<NodePage>.Ok(var page))
                {
                    foreach (var node in page.Nodes)
                    {
                        See(node);
                    }
                }

                await foreach (var change in client().WatchAsync(cancellationToken))
                {
                    See(change);
                }
            }
            catch (Exception e) when (e is HttpRequestException or IOException or ObjectDisposedException)
            {
                // The control plane is away, which is part of the show.
            }
            catch (OperationCanceledException)
            {
                return;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(300), time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void See(ApiChange change)
    {
        switch (change)
        {
            case ApiChange.Status(var status):
                Status = status;
                Signal();
                break;
            case ApiChange.Node(var node):
                See(node);
                break;
        }
    }

    private void See(NodeSummary node)
    {
        lock (_gate)
        {
            if (!_nodes.TryGetValue(node.Name, out var before) || (before.Phase, before.Generation, before.Message) != (node.Phase, node.Generation, node.Message))
            {
                _moments.Add(new FleetMoment(Elapsed, node.Name, node.Phase, node.Generation, node.Message));
            }

            _nodes[node.Name] = node;
        }

        Signal();
    }

    private void Signal()
    {
        TaskCompletionSource changed;
        lock (_gate)
        {
            changed = _changed;
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        changed.SetResult();
        Changed?.Invoke();
    }
}

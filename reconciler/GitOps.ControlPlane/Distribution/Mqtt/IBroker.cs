namespace GitOps.ControlPlane.Distribution.Mqtt;

/// <summary>
/// How hints and acks get to nodes and reports from them. Hints are never truth: a broker that is down or loses one costs a
/// polling interval and nothing else, so nothing here fails for want of a connection.
/// </summary>
public interface IBroker : IAsyncDisposable
{
    /// <summary>Begins to serve; an external broker that cannot be reached is tried until it can.</summary>
    Task StartAsync(CancellationToken cancellationToken);

    /// <summary>Tells the nodes to look for what <see cref="HintBook"/> says of them; who is away is told on its return.</summary>
    Task HintAsync(IReadOnlyCollection<string> nodes, CancellationToken cancellationToken);
}

/// <summary>Where there is no broker: nodes poll and report over HTTPS.</summary>
public sealed class NoBroker : IBroker
{
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task HintAsync(IReadOnlyCollection<string> nodes, CancellationToken cancellationToken) => Task.CompletedTask;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

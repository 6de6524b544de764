using System.Collections.Concurrent;
using GitOps.Agent.Containers;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Host.Containers;

/// <summary>The probes of every container that runs: begun with its run, ended with it or when they change.</summary>
internal sealed class ContainerProbeBook(Engine engine, TimeProvider time, Action changed) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, (string Run, ContainerProber Prober)> _probers = new(StringComparer.Ordinal);

    /// <param name="run">Tells one run of the container from the next; null while it does not run.</param>
    public async ValueTask<ContainerHealth> ReadAsync(ContainerSpec container, string id, string? run, int pid)
    {
        if (_probers.TryGetValue(id, out var probing) && (probing.Run != run || !probing.Prober.AsksAs(container)))
        {
            await ForgetAsync(id);
        }

        if (run is null)
        {
            return new ContainerHealth.Pending("it does not run");
        }

        return container is { Startup: null, Liveness: null, Readiness: null }
            ? new ContainerHealth.Healthy()
            : _probers.GetOrAdd(id, _ => (run, new ContainerProber(container, new ContainerAsker(engine, id, pid, time), time, changed))).Prober.Read();
    }

    public async ValueTask ForgetAsync(string id)
    {
        if (_probers.TryRemove(id, out var probing))
        {
            await probing.Prober.DisposeAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var id in _probers.Keys)
        {
            await ForgetAsync(id);
        }
    }
}

using System.Collections.Concurrent;
using GitOps.Agent.Planning;
using GitOps.Agent.Workloads;
using GitOps.Bundles.Units;
using GitOps.Platform.Processes;

namespace GitOps.Agent.Host.Processes;

/// <summary>The probes of every workload that runs: begun with its run, ended with it or when they change.</summary>
/// <param name="homeOf">Where programs of a unit's probes start.</param>
internal sealed class ProbeBook(Func<Unit, string> homeOf, ICommandRunner commands, TimeProvider time, Action changed) : IAsyncDisposable
{
    /// <summary>Who knows about clock and devices.</summary>
    public IReadOnlyList<IReportingDriver> Reporting { get; set; } = [];

    private readonly ConcurrentDictionary<string, (string RunId, Prober Prober)> _probers = new();

    /// <param name="runId">Null while it does not run.</param>
    /// <param name="log">What it writes.</param>
    public async ValueTask<ProbeReading> ReadAsync(Unit unit, string? runId, ILogSearch log)
    {
        if (_probers.TryGetValue(unit.Name, out var probing) && (probing.RunId != runId || probing.Prober.Probes != unit.Probes))
        {
            _probers.TryRemove(unit.Name, out _);
            await probing.Prober.DisposeAsync();
        }

        if (runId is null || unit.Probes.IsEmpty)
        {
            return new ProbeReading.Pending("it does not run");
        }

        var home = homeOf(unit);
        return _probers.GetOrAdd(unit.Name, _ => (runId, new Prober(unit.Probes, home, new ProbeWorld(log, Reporting), commands, time, changed))).Prober.Read();
    }

    public async ValueTask ForgetAsync(string name)
    {
        if (_probers.TryRemove(name, out var probing))
        {
            await probing.Prober.DisposeAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var (_, prober) in _probers.Values)
        {
            await prober.DisposeAsync();
        }
    }
}

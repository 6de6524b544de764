using GitOps.Agent.Host.Configuration;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Host.Logs;

/// <summary>What supervised processes print: one log per unit, written by its shim.</summary>
internal sealed class ProcessLogs(AgentPaths paths, TimeProvider time) : IUnitLogs
{
    public bool Has(Unit unit) => unit.Spec is WorkloadSpec { Process: not null };

    public IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(Unit unit, LogQuery query, CancellationToken cancellationToken) =>
        ReadAsync(unit.Name, query, cancellationToken);

    /// <summary>By name only: for when no agent runs that knows the units.</summary>
    public IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(string name, LogQuery query, CancellationToken cancellationToken) =>
        LogFollower.ReadAsync($"{paths.Logs}/{name}/log", query, time, cancellationToken);
}

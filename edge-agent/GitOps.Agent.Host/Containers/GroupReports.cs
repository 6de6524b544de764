using System.Collections.Concurrent;
using GitOps.Agent.Containers;
using GitOps.Bundles;
using GitOps.Bundles.Reports;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Host.Containers;

/// <summary>What reports say of containers: bounded, whatever containers write.</summary>
internal sealed class GroupReports(GroupRecords records)
{
    private const int LongestLine = 200;
    private const int MostLines = 5;
    private readonly ConcurrentDictionary<UnitId, EquatableArray<ContainerReport>> _seen = new();

    public void See(Unit unit, IReadOnlyCollection<ContainerState> containers)
    {
        var ends = records.Read(unit.Name).Ends.ToLookup(e => e.Container, StringComparer.Ordinal);
        _seen[unit.Id] = unit.Group.All().Select(spec =>
        {
            var state = containers.LastOrDefault(c => c.Name == spec.Name);
            return new ContainerReport(spec.Name, spec.Image, state?.Run switch
            {
                null => ContainerPhase.Absent,
                { IsRunning: true } => ContainerPhase.Running,
                _ => ContainerPhase.Ended,
            })
            {
                Restarts = state?.Run?.Restarts ?? 0,
                LastEnd = ends[spec.Name].LastOrDefault() is { } end ? ToReport(end) : null,
            };
        }).ToEquatableArray();
    }

    public void Forget(UnitId unit) => _seen.TryRemove(unit, out _);

    public NodeReport Contribute(NodeReport report) => report with
    {
        Units = report.Units.Select(u => _seen.TryGetValue(u.Id, out var containers)
            ? u with { Containers = containers, Restarts = containers.Sum(c => c.Restarts) }
            : u).ToEquatableArray(),
    };

    private static ContainerEndReport ToReport(EndRecord end) => new(end.Time, end.ExitCode)
    {
        OutOfMemory = end.OutOfMemory,
        Because = end.Because,
        LastLines = end.LastLines.TakeLast(MostLines).Select(l => l.Length <= LongestLine ? l : l[..(LongestLine - 1)] + "…").ToEquatableArray(),
    };
}

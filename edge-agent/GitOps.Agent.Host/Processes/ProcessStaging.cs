using GitOps.Agent.Planning;
using GitOps.Agent.Workloads;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Host.Processes;

/// <summary>Before a bundle is applied: refuses bounds that this node cannot keep, by trying each on a group that nobody is in.</summary>
/// <param name="name">Of the group that is tried: unique on this machine.</param>
/// <param name="delegates">Runs get a unit of systemd's each, which is given all that this agent's unit is given.</param>
internal sealed class ProcessStaging(string name, bool delegates) : IStagingDriver
{
    public Task<StagingOutcome> StageAsync(Bundle bundle, CancellationToken cancellationToken)
    {
        var bounded = bundle.Units.Where(ProcessCheck.IsBounded).ToList();
        if (bounded.Count == 0)
        {
            return Task.FromResult<StagingOutcome>(new StagingOutcome.Done());
        }

        var features = Find(ControlGroupFolders.OfThisProcess());
        return Task.FromResult<StagingOutcome>(bounded.SelectMany(u => ProcessCheck.Check(u, features)).ToList() is { Count: > 0 } problems
            ? new StagingOutcome.Refused(problems)
            : new StagingOutcome.Done());
    }

    public void Keep(IReadOnlyList<Bundle> kept)
    {
        // It brings nothing here.
    }

    internal ProcessFeatures Find(ControlGroupFolders folders) => new(
        Try(folders, Controller.Cpu, new ResourceLimits { CpuMillis = 1000 }),
        Try(folders, Controller.Memory, new ResourceLimits { MemoryBytes = 64 << 20 }),
        Try(folders, Controller.Pids, new ResourceLimits { Pids = 64 }));

    private string? Try(ControlGroupFolders folders, Controller controller, ResourceLimits limits)
    {
        var word = ControlGroupFolders.WordOf(controller);
        try
        {
            if (folders.Old(controller) is null)
            {
                if (folders.Unified is not { } tree)
                {
                    return "no control groups are mounted";
                }

                var from = delegates ? tree.Own : tree.Root;
                if (!File.ReadAllText($"{from}/cgroup.controllers").Split([' ', '\n']).Contains(word))
                {
                    return $"the control groups in {from} have no '{word}'";
                }

                if (delegates)
                {
                    return null; // this agent is in its own group and cannot try; a run's unit is given the same
                }
            }

            ControlGroup.Make(folders, name, limits, owned: false).End();
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"a control group cannot be made: {e.Message}";
        }
    }
}

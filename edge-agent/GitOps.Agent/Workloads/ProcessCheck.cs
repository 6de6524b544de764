using GitOps.Agent.Planning;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Workloads;

/// <summary>What this node can bound of a process: each null where it can, otherwise why it cannot.</summary>
public sealed record ProcessFeatures(string? NoProcessor, string? NoMemory, string? NoPids);

/// <summary>Finds processes whose bounds this node could not keep, before anything is touched.</summary>
public static class ProcessCheck
{
    /// <summary>Whether there is anything to look at.</summary>
    public static bool IsBounded(Unit unit) => unit.Spec is WorkloadSpec { Process.Resources: not null };

    public static IEnumerable<UnitProblem> Check(Unit unit, ProcessFeatures features)
    {
        var limits = unit.Process.Resources ?? new ResourceLimits();
        (string What, string? Why)[] asked =
        [
            ("cpu", limits.CpuMillis is null ? null : features.NoProcessor),
            ("memory", limits.MemoryBytes is null ? null : features.NoMemory),
            ("pids", limits.Pids is null ? null : features.NoPids),
        ];
        return asked.Where(a => a.Why is not null).Select(a => new UnitProblem(unit.Id, new Problem(ProcessCodes.CannotLimit,
            What: $"{unit.Id}: 'resources.{a.What}' cannot be kept on this node: {a.Why}",
            Fix: "take it out, place the unit on other nodes, or let the node's kernel and the agent's service offer it (docs/agent.md, Limits)")));
    }
}

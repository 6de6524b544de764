using System.Diagnostics;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Workloads;

/// <summary>Units that the process driver is given: bundles with workloads of another sort are refused before.</summary>
public static class ProcessUnits
{
    extension(Unit unit)
    {
        public ProcessSpec Process => unit.Spec is WorkloadSpec { Process: { } process }
            ? process
            : throw new UnreachableException($"{unit.Id} is no process");
    }
}

using System.Collections.Concurrent;
using System.Globalization;
using GitOps.Agent.Host.Faults;
using GitOps.Agent.Planning;
using GitOps.Agent.Workloads;
using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Platform.Timing;

namespace GitOps.Agent.Host.Processes;

/// <summary>Stops processes: the signal they ask for, then SIGKILL, and waits until process and shim are gone.</summary>
internal sealed class ProcessStopper(ShimFiles runs, TimeProvider time)
{
    /// <summary>SIGKILL cannot be refused, only delayed by the kernel.</summary>
    private static readonly TimeSpan KillLimit = TimeSpan.FromSeconds(5);

    /// <summary>Changes are told by the file system; this is for the day it does not tell.</summary>
    private static readonly TimeSpan Recheck = TimeSpan.FromMilliseconds(500);

    private readonly ConcurrentDictionary<string, Wakeup> _stopping = new();

    /// <summary>A shim noted something about the run of a name.</summary>
    public void Changed(string name)
    {
        if (_stopping.TryGetValue(name, out var changed))
        {
            changed.Signal();
        }
    }

    public async Task<StepOutcome> StopAsync(Unit unit, WorkloadStep.Stop step, CancellationToken cancellationToken)
    {
        if (runs.ReadStatus(unit.Name) is not { } status || ShimReading.ToRun(status) is not { IsRunning: true })
        {
            return new StepOutcome.Done();
        }

        Signal(status, step.Signal);
        Failpoints.Reach(Failpoint.RunStopping);
        if (await EndsAsync(unit.Name, step.Grace, cancellationToken))
        {
            return new StepOutcome.Done();
        }

        Signal(status, "SIGKILL");
        return await EndsAsync(unit.Name, KillLimit, cancellationToken)
            ? new StepOutcome.Done()
            : new StepOutcome.Retry(new Problem(AgentCodes.StopFailed,
                What: string.Create(CultureInfo.InvariantCulture, $"{unit.Id}: process {status.Process?.Pid} is still there after SIGKILL"),
                Fix: "look at what it waits for: /proc/PID/stack on the node"), FailureCause.Environment);
    }

    /// <summary>Only to what is still the process that the shim named, never to a later one of the same number.</summary>
    private static void Signal(ShimStatus status, string signal)
    {
        if (ProcessTable.IsAlive(status.Process))
        {
            ProcessTable.SignalGroup(status.Process!.Pid, signal);
        }
    }

    /// <summary>Waits until the process and its shim are gone.</summary>
    private async Task<bool> EndsAsync(string name, TimeSpan limit, CancellationToken cancellationToken)
    {
        var changed = _stopping.GetOrAdd(name, _ => new Wakeup(time));
        var start = time.GetTimestamp();
        while (runs.ReadStatus(name) is { } status && (ProcessTable.IsAlive(status.Process) || ProcessTable.IsAlive(status.Shim)))
        {
            var left = limit - time.GetElapsedTime(start);
            if (left <= TimeSpan.Zero)
            {
                return false;
            }

            await changed.WaitAsync(left < Recheck ? left : Recheck, cancellationToken);
        }

        return true;
    }
}

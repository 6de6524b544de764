using GitOps.Agent.Workloads;
using GitOps.Bundles;

namespace GitOps.Agent.Host.Processes;

/// <summary>Tells from what a shim wrote, and from what the kernel knows now, how a run is.</summary>
internal static class ShimReading
{
    /// <summary>Null when there was none, or when the machine restarted while it ran.</summary>
    public static ProcessRun? ToRun(ShimStatus? status)
    {
        if (status is null || !Digest.TryParse(status.Key, out var key))
        {
            return null;
        }

        var isThisBoot = status.KernelBootId == ProcessTable.KernelBootId;
        if (status.EndedAtMs is { } ended)
        {
            // How long ago is not known across a boot of the machine; long enough for any pause.
            var ago = isThisBoot ? TimeSpan.FromMilliseconds(ProcessTable.NowMs - ended) : TimeSpan.FromDays(1);
            var ran = TimeSpan.FromMilliseconds(ended - status.StartedAtMs);
            return new ProcessRun(key, status.ExitCode, ran, ago, status.Attempt, status.Restarts) { IsOutOfMemory = status.OutOfMemory == true };
        }

        if (!isThisBoot)
        {
            return null; // it ran when the machine went down
        }

        var runs = TimeSpan.FromMilliseconds(ProcessTable.NowMs - status.StartedAtMs);
        var isAttended = ProcessTable.IsAlive(status.Shim);
        return isAttended || ProcessTable.IsAlive(status.Process)
            ? new ProcessRun(key, null, runs, null, status.Attempt, status.Restarts) { IsUnattended = !isAttended }
            : new ProcessRun(key, null, runs, TimeSpan.FromDays(1), status.Attempt, status.Restarts);
    }
}

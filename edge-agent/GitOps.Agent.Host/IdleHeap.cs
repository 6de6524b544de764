using GitOps.Platform.Processes;

namespace GitOps.Agent.Host;

/// <summary>
/// Gives memory back that a start or a change left behind. The collector waits until its budget is used up, which on a machine
/// with a large cache is many megabytes and on an idle node takes hours.
/// </summary>
internal static class IdleHeap
{
    /// <summary>Less is not worth a collection.</summary>
    private const long WorthBytes = 128 << 10;

    /// <summary>A start, or a change, is over by then.</summary>
    private static readonly TimeSpan First = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan Period = TimeSpan.FromMinutes(1);

    /// <summary>Runs until cancelled.</summary>
    public static async Task KeepSmallAsync(TimeProvider time, CancellationToken cancellationToken)
    {
        var allocated = 0L;
        for (var wait = First; ; wait = Period)
        {
            await Task.Delay(wait, time, cancellationToken);
            if (GC.GetTotalAllocatedBytes() - allocated >= WorthBytes)
            {
                GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
                NativeHeap.Trim(); // what handshakes left
                allocated = GC.GetTotalAllocatedBytes();
            }
        }
    }
}

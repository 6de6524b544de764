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

    /// <summary>So much work has touched program that an idle node does not need: a start, a new bundle.</summary>
    private const long ProgramBytes = 4 << 20;

    /// <summary>A start, or a change, is over by then.</summary>
    private static readonly TimeSpan First = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan Period = TimeSpan.FromMinutes(1);

    /// <summary>Runs until cancelled.</summary>
    public static async Task KeepSmallAsync(TimeProvider time, CancellationToken cancellationToken)
    {
        var (allocated, released) = (0L, 0L);
        for (var wait = First; ; wait = Period)
        {
            await Task.Delay(wait, time, cancellationToken);
            if (GC.GetTotalAllocatedBytes() - allocated >= WorthBytes)
            {
                Collect();
                allocated = GC.GetTotalAllocatedBytes();
                if (wait == First || allocated - released >= ProgramBytes)
                {
                    MappedFiles.Release();
                    released = allocated;
                }
            }
        }
    }

    /// <summary>Once, by a process whose start was all its work.</summary>
    public static void GiveBack()
    {
        Collect();
        MappedFiles.Release();
    }

    private static void Collect()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        NativeHeap.Trim(); // what handshakes left
    }
}

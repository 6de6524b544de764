using System.Runtime.InteropServices;

namespace GitOps.Platform.Processes;

/// <summary>What of this process's memory the collector does not see: buffers of TLS, compression and the like.</summary>
public static partial class NativeHeap
{
    /// <summary>Gives back to the machine what was freed and kept for later.</summary>
    public static void Trim() => _ = TrimKeeping(0);

    /// <returns>Whether anything was given back.</returns>
    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int TrimKeeping(nuint padBytes);
}

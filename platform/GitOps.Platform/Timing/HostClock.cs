using System.Runtime.InteropServices;

namespace GitOps.Platform.Timing;

/// <summary>What the kernel knows about this machine's clock.</summary>
public static partial class HostClock
{
    private const int TimeError = 5; // TIME_ERROR, adjtimex(2): nobody disciplines the clock
    private const int LargestTimex = 512; // struct timex has 208 bytes on 64-bit Linux

    /// <summary>Whether some daemon keeps the clock to a reference. False where the kernel does not say.</summary>
    public static bool IsSynchronised
    {
        get
        {
            Span<byte> timex = stackalloc byte[LargestTimex]; // zeros: modes 0 only asks
            return Says(Adjust(ref MemoryMarshal.GetReference(timex)));
        }
    }

    /// <summary>What the kernel's answer means: a leap second under way is no error, a refused question is no answer.</summary>
    /// <param name="state">What adjtimex(2) returned.</param>
    internal static bool Says(int state) => state is >= 0 and not TimeError;

    [LibraryImport("libc", EntryPoint = "adjtimex")]
    private static partial int Adjust(ref byte timex);
}

using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace GitOps.Platform.Serial;

/// <summary>
/// Calls for terminals that .NET does not offer without a native library of its own beside the program: <c>struct termios2</c>
/// and its requests of the kernel's asm-generic/termbits.h and asm-generic/ioctls.h, the same on x64 and arm64.
/// </summary>
internal static partial class Termios
{
    public const int ReadWrite = 2;
    public const int NoControllingTerminal = 0x100;
    public const int NonBlocking = 0x800;
    public const int CloseOnExec = 0x80000;
    public const int LockExclusiveNow = 2 | 4;

    public const uint CheckParity = 0x10; // INPCK
    public const uint EightBits = 0x30; // CS8
    public const uint TwoStopBits = 0x40; // CSTOPB
    public const uint Receiver = 0x80; // CREAD
    public const uint Parity = 0x100; // PARENB
    public const uint OddParity = 0x200; // PARODD
    public const uint NoModemLines = 0x800; // CLOCAL
    public const uint AnyRate = 0x1000; // BOTHER

    public const nuint GetSettings = 0x802C542A; // TCGETS2
    public const nuint SetSettings = 0x402C542B; // TCSETS2
    public const nuint Exclusive = 0x540C; // TIOCEXCL
    public const nuint SendBreak = 0x5409; // TCSBRK; with 1 it only waits until everything is sent, as tcdrain(3) does
    public const nuint Flush = 0x540B; // TCFLSH; with 0 it drops what came in

    public const short CanRead = 1; // POLLIN
    public const short CanWrite = 4; // POLLOUT

    /// <summary><c>struct termios2</c>: 44 bytes.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 44)]
    public struct Settings
    {
        [FieldOffset(0)] public uint Input;
        [FieldOffset(4)] public uint Output;
        [FieldOffset(8)] public uint Control;
        [FieldOffset(12)] public uint Local;
        [FieldOffset(23)] public byte LeastReceived; // c_cc[VMIN]
        [FieldOffset(36)] public uint InputRate;
        [FieldOffset(40)] public uint OutputRate;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct Poll
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Open(string path, int flags, uint mode);

    // ioctl(2) is variadic; on Linux x64 and arm64 variadic integers and pointers travel in the same registers as declared ones.
    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    public static partial int Control(SafeFileHandle port, nuint request, ref Settings settings);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    public static partial int Control(SafeFileHandle port, nuint request, nint argument);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    public static partial int Lock(SafeFileHandle port, int operation);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    public static partial int Wait(ref Poll poll, nuint count, int milliseconds);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    public static partial nint Read(SafeFileHandle port, Span<byte> buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    public static partial nint Write(SafeFileHandle port, ReadOnlySpan<byte> buffer, nuint count);
}

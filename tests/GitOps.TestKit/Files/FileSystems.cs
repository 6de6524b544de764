using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Xunit;

namespace GitOps.TestKit.Files;

/// <summary>
/// The calls that <c>mount</c>, <c>umount</c> and <c>xfs_io -x -c shutdown</c> make, without starting a program for each: three
/// hundred power cuts are a matter of seconds then.
/// </summary>
internal static partial class FileSystems
{
    /// <summary>FS_IOC_SHUTDOWN, which began as XFS_IOC_GOINGDOWN: _IOR('X', 125, __u32).</summary>
    private const nuint Shutdown = 0x8004587D;

    private const int Busy = 16; // EBUSY
    private const int DetachNow = 2; // MNT_DETACH
    private const int Exclusive = 0x80; // O_EXCL: refused for a block device that is mounted

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    /// <summary>Without a flush of the journal: what was not flushed is lost.</summary>
    private const uint NoLogFlush = 2;

    /// <summary>Waits for a child that another test just starts: until it is a program of its own it holds the device that was looked at.</summary>
    public static void Mount(string device, string folder, string type) =>
        Await(() => Mount(device, folder, type, 0, 0) >= 0, $"mount {device} ({type}) on {folder}");

    /// <summary>
    /// Takes it away and waits until nobody has it. A child that another test just starts holds what we had open until it is a
    /// program of its own; and a namespace of mounts that another test just makes holds a copy of this one, with which the
    /// device stays shut down, and would be that also when mounted again.
    /// </summary>
    public static void Unmount(string device, string folder)
    {
        Await(() => Unmount(folder, 0) >= 0, $"unmount {folder}");
        Await(
            () =>
            {
                using var opened = new SafeFileHandle(Open(device, Exclusive), ownsHandle: true);
                return !opened.IsInvalid;
            },
            $"{device} is released");
    }

    /// <summary>Takes it away whoever still uses it; that there is none is fine.</summary>
    public static void Detach(string folder) => _ = Unmount(folder, DetachNow);

    public static void ShutDown(string folder)
    {
        using var root = new SafeFileHandle(Open(folder, 0), ownsHandle: true);
        Check(root.IsInvalid ? -1 : Control(root, Shutdown, NoLogFlush), $"shut down {folder}");
    }

    // The kernel tells nobody when a mount is let go: it can only be asked again.
    private static void Await(Func<bool> attempt, string what)
    {
        for (var since = Stopwatch.StartNew(); !attempt();)
        {
            Assert.True(Marshal.GetLastPInvokeError() == Busy && since.Elapsed < Limit, $"{what}: {Marshal.GetLastPInvokeErrorMessage()}");
            Thread.Sleep(Pause);
        }
    }

    private static void Check(int answer, string what) =>
        Assert.True(answer >= 0, $"{what}: {Marshal.GetLastPInvokeErrorMessage()}");

    [LibraryImport("libc", EntryPoint = "mount", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Mount(string device, string folder, string type, nuint flags, nint data);

    [LibraryImport("libc", EntryPoint = "umount2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Unmount(string folder, int flags);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int Control(SafeFileHandle file, nuint request, in uint argument);
}

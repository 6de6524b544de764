using System.Globalization;
using System.Net.Sockets;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using GitOps.Platform.Files;

namespace GitOps.Platform.Sockets;

/// <summary>The network that another process sees.</summary>
public static partial class NetworkNamespace
{
    private const int NetworkOnly = 0x40000000; // CLONE_NEWNET

    /// <summary>Whether this process may enter networks of others at all: it is root.</summary>
    public static bool MayEnter { get; } = EffectiveUser() == 0;

    /// <summary>
    /// A TCP socket in the network of a process; it stays there. A thread of its own enters the network and ends: the
    /// kernel keeps the network per thread, and no other thread of this process must ever see it.
    /// </summary>
    /// <exception cref="SocketException">The process is gone, or this one may not enter.</exception>
    public static Socket CreateTcpSocket(int pid, AddressFamily family)
    {
        Socket? socket = null;
        ExceptionDispatchInfo? failure = null;
        var entering = new Thread(() =>
        {
            try
            {
                Enter(pid);
                socket = new Socket(family, SocketType.Stream, ProtocolType.Tcp);
            }
            catch (Exception e)
            {
                failure = ExceptionDispatchInfo.Capture(e); // thrown again where the caller sees it
            }
        });
        entering.Start();
        entering.Join();
        failure?.Throw();
        return socket!;
    }

    private static void Enter(int pid)
    {
        var handle = Syscalls.Open(
            string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/ns/net"), Syscalls.ReadOnly | Syscalls.CloseOnExec, 0);
        if (handle < 0)
        {
            throw new SocketException((int)SocketError.NetworkUnreachable);
        }

        using var network = new Microsoft.Win32.SafeHandles.SafeFileHandle(handle, ownsHandle: true);
        if (SetNamespace(handle, NetworkOnly) != 0)
        {
            throw new SocketException((int)SocketError.AccessDenied);
        }
    }

    [LibraryImport("libc", EntryPoint = "setns")]
    private static partial int SetNamespace(int handle, int kind);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint EffectiveUser();
}

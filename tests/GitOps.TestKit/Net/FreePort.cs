using System.Net;
using System.Net.Sockets;

namespace GitOps.TestKit.Net;

/// <summary>
/// Ports for programs that cannot be told port 0. Below 32768, where the kernel takes no ports for outgoing connections:
/// one of those would hold the port by the time the program listens.
/// </summary>
public static class FreePort
{
    private static int _last = 10_000 + (Environment.ProcessId * 37 % 20_000);

    /// <summary>A port free on loopback now and not given out before by this process.</summary>
    public static int Next()
    {
        while (true)
        {
            var port = 10_000 + (Interlocked.Increment(ref _last) % 22_000);
            try
            {
                using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                probe.Bind(new IPEndPoint(IPAddress.Loopback, port));
                return port;
            }
            catch (SocketException)
            {
                // Taken: the next one.
            }
        }
    }
}

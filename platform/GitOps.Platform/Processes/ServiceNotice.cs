using System.Net.Sockets;
using System.Text;

namespace GitOps.Platform.Processes;

/// <summary>Word to the service manager that started this process: sd_notify(3). Without one nothing happens.</summary>
public static class ServiceNotice
{
    private const string Variable = "NOTIFY_SOCKET";

    /// <summary>Taken out of the environment, so that no program started from here speaks for this one.</summary>
    private static readonly string? Address = Take();

    /// <param name="state">Such as <c>READY=1</c> or <c>STOPPING=1</c>.</param>
    public static void Send(string state)
    {
        if (Address is null)
        {
            return;
        }

        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            socket.SendTo(Encoding.UTF8.GetBytes(state), new UnixDomainSocketEndPoint(Address[0] == '@' ? $"\0{Address[1..]}" : Address));
        }
        catch (SocketException)
        {
            // The manager is gone or deaf: it will judge by the process itself.
        }
    }

    /// <summary>Must be called before this process starts another one.</summary>
    public static void Prepare() => _ = Address;

    private static string? Take()
    {
        var address = Environment.GetEnvironmentVariable(Variable);
        Environment.SetEnvironmentVariable(Variable, null);
        return string.IsNullOrEmpty(address) ? null : address;
    }
}

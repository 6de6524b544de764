using System.Net.Sockets;
using GitOps.Dmi.Wire;
using Grpc.Core;
using Grpc.Net.Client;

namespace GitOps.TestMapper;

/// <summary>Calls the node: each time over a connection of its own, as mappers do.</summary>
internal sealed class Manager(string path)
{
    public static bool IsThere(string path)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(path));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    public async Task<T> CallAsync<T>(Func<DeviceManagerService.DeviceManagerServiceClient, AsyncUnaryCall<T>> call)
    {
        using var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            ConnectCallback = async (_, token) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), token);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        using var channel = GrpcChannel.ForAddress("http://localhost", new GrpcChannelOptions { HttpHandler = handler });
        return await call(new DeviceManagerService.DeviceManagerServiceClient(channel));
    }
}

using System.Collections.Concurrent;
using System.Net.Sockets;
using GitOps.Dmi.Control;
using GitOps.Dmi.Wire;
using Grpc.Core;
using Grpc.Net.Client;

namespace GitOps.Dmi.Mappers;

/// <summary>Calls mappers. Each call is bounded; one at a time for a device is its caller's business.</summary>
internal sealed class MapperCalls(TimeProvider time) : IAsyncDisposable
{
    /// <summary>A mapper that has not the model of a device looks for it three seconds before it answers.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, Lazy<(GrpcChannel Channel, DeviceMapperService.DeviceMapperServiceClient Client)>> _channels = new(StringComparer.Ordinal);

    public async Task RegisterAsync(Mapper mapper, string name, DeviceConfig config, CancellationToken cancellationToken)
    {
        await ModelAsync(mapper, name, config, null, cancellationToken);
        await Of(mapper).RegisterDeviceAsync(new RegisterDeviceRequest { Device = Messages.Device(name, config) }, Options(cancellationToken));
    }

    /// <summary>The model first: after it began with devices, a mapper finds no model of theirs by the name it looks for.</summary>
    public async Task ModelAsync(Mapper mapper, string name, DeviceConfig config, WriteOrder? write, CancellationToken cancellationToken) =>
        await Of(mapper).CreateDeviceModelAsync(new CreateDeviceModelRequest { Model = Messages.Model(name, config, write) }, Options(cancellationToken));

    public async Task UpdateAsync(Mapper mapper, string name, DeviceConfig config, WriteOrder? write, CancellationToken cancellationToken) =>
        await Of(mapper).UpdateDeviceAsync(new UpdateDeviceRequest { Device = Messages.Device(name, config, write) }, Options(cancellationToken));

    public async Task RemoveAsync(Mapper mapper, string name, CancellationToken cancellationToken)
    {
        await Of(mapper).RemoveDeviceAsync(new RemoveDeviceRequest { DeviceName = name, DeviceNamespace = Messages.Namespace }, Options(cancellationToken));
        await Of(mapper).RemoveDeviceModelAsync(new RemoveDeviceModelRequest { ModelName = name, ModelNamespace = Messages.Namespace }, Options(cancellationToken));
    }

    /// <summary>Nobody listens: the call did not leave this machine, and the mapper that listened is gone.</summary>
    public static bool IsNobody(RpcException failure) =>
        failure.StatusCode == StatusCode.Unavailable && failure.Status.DebugException?.GetBaseException() is SocketException;

    /// <summary>The mapper answered, and what it says is its own.</summary>
    public static bool IsItsOwn(RpcException failure) => failure.StatusCode is not (StatusCode.Unavailable or StatusCode.DeadlineExceeded or StatusCode.Cancelled);

    public async ValueTask DisposeAsync()
    {
        foreach (var channel in _channels.Values)
        {
            channel.Value.Channel.Dispose();
        }

        await Task.CompletedTask;
    }

    private CallOptions Options(CancellationToken cancellationToken) =>
        new(deadline: time.GetUtcNow().UtcDateTime + Limit, cancellationToken: cancellationToken);

    private DeviceMapperService.DeviceMapperServiceClient Of(Mapper mapper) => _channels.GetOrAdd(mapper.Address, address => new(() =>
    {
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            ConnectCallback = async (_, token) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                try
                {
                    await socket.ConnectAsync(new UnixDomainSocketEndPoint(address), token);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            },
        };
        var channel = GrpcChannel.ForAddress("http://localhost", new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true });
        return (channel, new DeviceMapperService.DeviceMapperServiceClient(channel));
    })).Value.Client;

    /// <summary>For a person.</summary>
    public static string Why(RpcException failure) => IsNobody(failure) ? "the mapper does not listen at its socket"
        : failure.StatusCode == StatusCode.DeadlineExceeded ? "the mapper does not answer"
        : $"the mapper answers {failure.StatusCode}: {failure.Status.Detail}";
}

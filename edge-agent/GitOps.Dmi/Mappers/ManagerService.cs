using System.Text;
using GitOps.Dmi.Devices;
using GitOps.Dmi.Wire;
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace GitOps.Dmi.Mappers;

/// <summary>What mappers call.</summary>
internal sealed partial class ManagerService(DeviceBook book, ToldFile told, Conveyor conveyor, ILogger log) : DeviceManagerService.DeviceManagerServiceBase
{
    public override async Task<MapperRegisterResponse> MapperRegister(MapperRegisterRequest request, ServerCallContext context)
    {
        var (protocol, address) = (request.Mapper?.Protocol ?? "", request.Mapper?.Address.ToString(Encoding.UTF8) ?? "");
        if (protocol.Length == 0 || !address.StartsWith('/') || address.Length > 107)
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, "a mapper names its protocol and the path of its socket"));
        }

        var given = book.Register(protocol, address, request.WithData);
        if (await told.SaveAsync(context.CancellationToken) is { } why)
        {
            LogNotKept(log, protocol, why);
        }

        LogRegistered(log, request.Mapper!.Name, request.Mapper.Version, protocol, address, given.Count);
        conveyor.Wake();
        var response = new MapperRegisterResponse();
        foreach (var (name, config) in given)
        {
            response.ModelList.Add(Messages.Model(name, config));
            response.DeviceList.Add(Messages.Device(name, config));
        }

        return response;
    }

    public override Task<ReportDeviceStatusResponse> ReportDeviceStatus(ReportDeviceStatusRequest request, ServerCallContext context)
    {
        book.Heard(request.DeviceName, null, request.ReportedDevice?.Twins.Where(twin => twin.Reported is not null)
            .Select(twin => (twin.PropertyName, twin.Reported.Value, twin.ObservedDesired?.Value)) ?? []);
        return Task.FromResult(new ReportDeviceStatusResponse());
    }

    public override Task<ReportDeviceStatesResponse> ReportDeviceStates(ReportDeviceStatesRequest request, ServerCallContext context)
    {
        book.Heard(request.DeviceName, request.State, []);
        return Task.FromResult(new ReportDeviceStatesResponse());
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "mapper {Name} {Version} of the protocol {Protocol} registers at {Address} and is given {Count} devices")]
    private static partial void LogRegistered(ILogger log, string name, string version, string protocol, string address, int count);

    [LoggerMessage(Level = LogLevel.Warning, Message = "the socket of the mapper of {Protocol} cannot be kept, so after a restart here the mapper has to be started again: {Why}")]
    private static partial void LogNotKept(ILogger log, string protocol, string why);
}

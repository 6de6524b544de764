using GitOps.Dmi.Wire;
using Grpc.Core;

namespace GitOps.TestMapper;

/// <summary>What the node calls.</summary>
internal sealed class MapperService(Panel panel) : DeviceMapperService.DeviceMapperServiceBase
{
    public override Task<RegisterDeviceResponse> RegisterDevice(RegisterDeviceRequest request, ServerCallContext context)
    {
        if (!panel.Has(request.Device))
        {
            panel.Put(request.Device);
        }

        return Task.FromResult(new RegisterDeviceResponse { DeviceName = request.Device.Name });
    }

    public override Task<UpdateDeviceResponse> UpdateDevice(UpdateDeviceRequest request, ServerCallContext context)
    {
        panel.Put(request.Device);
        return Task.FromResult(new UpdateDeviceResponse());
    }

    public override Task<RemoveDeviceResponse> RemoveDevice(RemoveDeviceRequest request, ServerCallContext context)
    {
        panel.Remove(request.DeviceNamespace, request.DeviceName);
        return Task.FromResult(new RemoveDeviceResponse());
    }

    public override Task<CreateDeviceModelResponse> CreateDeviceModel(CreateDeviceModelRequest request, ServerCallContext context)
    {
        panel.Keep(request.Model);
        return Task.FromResult(new CreateDeviceModelResponse { DeviceModelName = request.Model.Name });
    }

    public override Task<RemoveDeviceModelResponse> RemoveDeviceModel(RemoveDeviceModelRequest request, ServerCallContext context)
    {
        panel.Drop(request.ModelNamespace, request.ModelName);
        return Task.FromResult(new RemoveDeviceModelResponse());
    }
}

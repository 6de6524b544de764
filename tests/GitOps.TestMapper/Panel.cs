using System.Globalization;
using GitOps.Dmi.Wire;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace GitOps.TestMapper;

/// <summary>
/// The devices of the mapper, handled as the mapper framework does: one runs per device; it is stopped and started anew when it is
/// updated; what is desired is written when it starts; what cannot be written is not read; what the framework takes for granted is
/// taken for granted, and the program ends without it.
/// </summary>
internal sealed class Panel(World world, Manager manager)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, CancellationTokenSource> _devices = new(StringComparer.Ordinal);
    private readonly Dictionary<string, DeviceModel> _models = new(StringComparer.Ordinal);

    /// <summary>Models are kept by their name alone here, and looked for by namespace and name later.</summary>
    public void Begin(MapperRegisterResponse given)
    {
        foreach (var model in given.ModelList)
        {
            _models[model.Name] = model;
        }

        foreach (var device in given.DeviceList)
        {
            Start(device, _models[device.Spec.DeviceModelReference]);
        }
    }

    public void Keep(DeviceModel model)
    {
        lock (_lock)
        {
            _models[Id(model.Namespace, model.Name)] = model;
        }
    }

    public void Drop(string ns, string name)
    {
        lock (_lock)
        {
            _models.Remove(Id(ns, name));
        }
    }

    public bool Has(Device device)
    {
        lock (_lock)
        {
            return _devices.ContainsKey(Id(device.Namespace, device.Name));
        }
    }

    public void Put(Device device)
    {
        lock (_lock)
        {
            if (!_models.TryGetValue(Id(device.Namespace, device.Spec.DeviceModelReference), out var model))
            {
                throw new RpcException(new Status(StatusCode.Unknown, $"deviceModel {device.Spec.DeviceModelReference} not found"));
            }

            if (_devices.Remove(Id(device.Namespace, device.Name), out var older))
            {
                older.Cancel();
                world.Log($"stop {device.Name}");
            }

            Start(device, model);
        }
    }

    public void Remove(string ns, string name)
    {
        lock (_lock)
        {
            if (!_devices.Remove(Id(ns, name), out var device))
            {
                world.Log($"ends: asked to remove {name}");
                System.Environment.Exit(134);
            }

            device.Cancel();
            world.Log($"remove {name}");
        }
    }

    private static string Id(string ns, string name) => $"{ns}/{name}";

    private void Start(Device device, DeviceModel model)
    {
        var stop = new CancellationTokenSource();
        _devices[Id(device.Namespace, device.Name)] = stop;
        world.Log($"start {device.Name}");
        _ = Task.Run(() => RunAsync(device, model, stop.Token));
    }

    private async Task RunAsync(Device device, DeviceModel model, CancellationToken stop)
    {
        try
        {
            if (world.IsOff)
            {
                world.Log($"no answer {device.Name}");
                return; // as most do: the device is not tried again
            }

            List<Task> running = [];
            if (device.Status.ReportToCloud)
            {
                running.Add(EveryAsync(device.Status.ReportCycle, async () => await manager.CallAsync(node => node.ReportDeviceStatesAsync(
                    new ReportDeviceStatesRequest { DeviceName = device.Name, DeviceNamespace = device.Namespace, State = world.State })), stop));
            }

            foreach (var property in device.Spec.Properties)
            {
                var its = model.Spec.Properties.Single(p => p.Name == property.Name);
                var address = property.Visitors.ConfigData.Data["address"].Unpack<StringValue>().Value;
                var desired = property.Desired.Value;
                try
                {
                    if (its.AccessMode != "ReadOnly")
                    {
                        world.Write(address, desired);
                    }
                }
                catch (InvalidOperationException)
                {
                    continue; // not read from now on
                }

                if (property.ReportToCloud)
                {
                    running.Add(EveryAsync(property.CollectCycle, () => ReportAsync(device, property, address), stop));
                }
            }

            await Task.WhenAll(running);
        }
        catch (OperationCanceledException)
        {
            // Stopped.
        }
        catch (Exception unexpected)
        {
            world.Log($"ends: {unexpected.GetType().Name}");
            System.Environment.Exit(134);
        }
    }

    private async Task ReportAsync(Device device, DeviceProperty property, string address)
    {
        if (world.ReadIfThere(address) is not { } value)
        {
            return; // the device does not answer: logged, not reported
        }

        var metadata = new Dictionary<string, string>
        {
            ["type"] = property.Desired.Metadata["type"],
            ["timestamp"] = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture),
        };
        var twin = new Twin
        {
            PropertyName = property.Name,
            ObservedDesired = new TwinProperty { Value = property.Desired.Value, Metadata = { metadata } },
            Reported = new TwinProperty { Value = value, Metadata = { metadata } },
        };
        await manager.CallAsync(node => node.ReportDeviceStatusAsync(new ReportDeviceStatusRequest
        {
            DeviceName = device.Name,
            DeviceNamespace = device.Namespace,
            ReportedDevice = new DeviceStatus { Twins = { twin } },
        }));
    }

    private static async Task EveryAsync(long milliseconds, Func<Task> report, CancellationToken stop)
    {
        using var ticker = new PeriodicTimer(TimeSpan.FromMilliseconds(milliseconds == 0 ? 1_000 : milliseconds));
        while (await ticker.WaitForNextTickAsync(stop))
        {
            try
            {
                await report();
            }
            catch (Exception failure) when (failure is RpcException or System.Net.Sockets.SocketException or IOException)
            {
                // Nobody there: logged, and the next one is tried.
            }
        }
    }
}

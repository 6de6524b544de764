using System.Diagnostics;
using GitOps.Agent.Devices;
using GitOps.Agent.Host.Devices.EdgeX;
using GitOps.Agent.Host.Devices.Upstream;
using GitOps.Agent.Planning;
using GitOps.Agent.TimeSync;
using GitOps.Bundles;
using GitOps.Agent.Host.Devices.Mappers;
using GitOps.Bundles.Units;
using GitOps.Platform.Files;

namespace GitOps.Agent.Host.Devices;

/// <summary>Puts the parts that follow field devices together.</summary>
public static class DeviceUnits
{
    /// <param name="stateDirectory">What was written to devices is remembered in <c>devices/</c> below it.</param>
    /// <param name="contents">Fills what is sent with secrets of the node.</param>
    /// <param name="mappers">Who speaks with mappers; null: nobody.</param>
    /// <param name="local">Where local applications are told what devices say.</param>
    /// <param name="upstream">Where values go that the control plane is to have.</param>
    /// <param name="trust">For values that are valid for a time, across a reboot.</param>
    internal static (IUnitKind Kind, DeviceDriver Driver) Create(
        IFileLayer files, string stateDirectory, IClockTrust trust, TimeProvider time, Random random,
        Func<EquatableArray<ContentPart>, (byte[]? Bytes, Problem? Missing)> contents, LocalValues? local = null,
        GatewayChoice? mappers = null, UpstreamValues? upstream = null)
    {
        var store = new DeviceFiles(files, $"{stateDirectory}/devices");
        var clock = new DeviceClock(time, BootClock.Read(files, fallbackId: () => random.NextInt64().ToString("x", null)));
        var lines = new ModbusLines(time);
        var gateway = new MapperGateway(mappers ?? new GatewayChoice("", []), time, random);
        var driver = new DeviceDriver(Connect, store, clock, trust, random, local) { Mappers = gateway, Upstream = upstream };
        return (new UnitKind<DeviceState, DeviceStep>(UnitKinds.Device, new DevicePlanner(), driver), driver);

        IDeviceConnector Connect(string name, DeviceSpec spec) => spec.Protocol switch
        {
            DeviceProtocol.ModbusTcp or DeviceProtocol.ModbusRtu => new ModbusConnector(spec.Connection, spec.Reads, lines, time),
            DeviceProtocol.Mqtt => new MqttConnector(name, spec, contents, time, random),
            DeviceProtocol.Http => new HttpConnector(spec.Connection, contents, time),
            DeviceProtocol.EdgeX => new EdgeXConnector(spec.Connection, contents, time),
            DeviceProtocol.Mapper => new MapperConnector(name, spec, gateway, contents, time),
            DeviceProtocol.Simulated => new SimulatedConnector(name, spec, store, time),
            _ => throw new UnreachableException($"unknown protocol {spec.Protocol}"),
        };
    }
}

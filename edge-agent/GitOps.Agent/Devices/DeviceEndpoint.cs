using System.Diagnostics;
using System.Globalization;
using GitOps.Agent.Devices.Modbus;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Devices;

/// <summary>Where a device is, with the defaults filled in, and what is wrong with its specification.</summary>
public static class DeviceEndpoint
{
    /// <summary>MODBUS over Serial Line V1.02 §2.2: 0 is for all at once, 248 to 255 are reserved.</summary>
    public const int LastSerialUnit = 247;

    /// <summary>A mapper starts the device anew to write, and reads it a second later.</summary>
    public const int MapperTimeoutMs = 10_000;

    public static int Port(DeviceConnection connection) => connection.Port ?? ModbusUnit.DefaultPort;

    public static byte UnitId(DeviceConnection connection) => (byte)(connection.UnitId ?? ModbusUnit.DefaultUnitId);

    public static TimeSpan Timeout(DeviceConnection connection) =>
        TimeSpan.FromMilliseconds(connection.TimeoutMs ?? (connection.Mapper is null ? DeviceConnection.DefaultTimeoutMs : MapperTimeoutMs));

    public static string Describe(DeviceSpec spec) => spec.Protocol switch
    {
        DeviceProtocol.ModbusTcp or DeviceProtocol.ModbusRtu => ModbusUnit.Describe(spec.Protocol, spec.Connection),
        DeviceProtocol.Mqtt => $"mqtt {spec.Connection.Url}",
        DeviceProtocol.Http => spec.Connection.Url ?? "http",
        DeviceProtocol.EdgeX => $"edgex {spec.Connection.Url} device '{spec.Connection.Device}'",
        DeviceProtocol.Mapper => $"{spec.Connection.Mapper?.Protocol} through its mapper",
        DeviceProtocol.Simulated => string.Create(CultureInfo.InvariantCulture, $"simulated, seed {spec.Connection.Seed ?? 0}"),
        _ => throw new UnreachableException($"unknown protocol {spec.Protocol}"),
    };

    /// <summary>Whether a value is there for the asking; otherwise it comes when the device, or its mapper, says it.</summary>
    public static bool CanBeAsked(DeviceSpec spec) => spec.Protocol is not (DeviceProtocol.Mqtt or DeviceProtocol.Mapper);

    /// <summary>What makes the specification impossible to follow, or null.</summary>
    public static string? Unsupported(DeviceSpec spec) => spec.Protocol switch
    {
        DeviceProtocol.ModbusTcp when spec.Connection.Host is null => "connection.host is missing",
        DeviceProtocol.ModbusTcp when spec.Connection.UnitId is < 0 or > 255 => $"connection.unitId is {spec.Connection.UnitId}, expected 0 to 255",
        DeviceProtocol.ModbusRtu when spec.Connection.Serial is null => "connection.serial is missing",
        DeviceProtocol.ModbusRtu when UnitId(spec.Connection) is < 1 or > LastSerialUnit || spec.Connection.UnitId > byte.MaxValue =>
            $"connection.unitId is {spec.Connection.UnitId}, expected 1 to {LastSerialUnit}",
        DeviceProtocol.ModbusTcp or DeviceProtocol.ModbusRtu => spec.Properties.Select(RegisterCodec.Unsupported).FirstOrDefault(why => why is not null),
        DeviceProtocol.Mqtt when !Uri.TryCreate(spec.Connection.Url, UriKind.Absolute, out _) => $"connection.url is '{spec.Connection.Url}', expected mqtt://host:port",
        DeviceProtocol.Mqtt => spec.Properties
            .Where(p => p.Topic is null || (p.Desired is not null && p.Topic.Write is null))
            .Select(p => $"'{p.Name}' names no topic to {(p.Topic is null ? "read" : "write its desired value to")}").FirstOrDefault(),
        DeviceProtocol.Http when !Uri.TryCreate(spec.Connection.Url, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https") =>
            $"connection.url is '{spec.Connection.Url}', expected http://host/",
        DeviceProtocol.EdgeX when !Uri.TryCreate(spec.Connection.Url, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https") =>
            $"connection.url is '{spec.Connection.Url}', expected http://host:59882",
        DeviceProtocol.EdgeX when string.IsNullOrEmpty(spec.Connection.Device) => "connection.device is missing",
        DeviceProtocol.Http => spec.Properties
            .Where(p => p.Desired is not null && (p.Http?.Write is null || (p.Http.Write.Path ?? p.Http.Path) is null))
            .Select(p => $"'{p.Name}' has a desired value and does not say how it is written").FirstOrDefault(),
        DeviceProtocol.Mapper when spec.Connection.Mapper is null => "connection.mapper is missing",
        DeviceProtocol.Mapper => UnknownType(spec.Connection.Mapper.Config) ?? spec.Properties.Select(p => UnknownType(p.Visitor)).FirstOrDefault(why => why is not null),
        _ => null,
    };

    private static string? UnknownType(EquatableArray<MapperSetting> settings)
    {
        foreach (var setting in settings)
        {
            if (setting.Type is not (null or MapperTypes.Integer or MapperTypes.Decimal or MapperTypes.Bool))
            {
                return $"'{setting.Name}' for the mapper is of the type {setting.Type}, which this agent does not know";
            }
        }

        return null;
    }

    /// <summary>A property that the device can be asked for.</summary>
    public static bool IsReadable(DeviceSpec spec, DeviceProperty property) =>
        property.Access != DeviceAccess.Write && spec.Protocol switch
        {
            DeviceProtocol.Mqtt => property.Topic?.Read is not null,
            DeviceProtocol.Http => property.Http?.Path is not null,
            _ => true,
        };
}

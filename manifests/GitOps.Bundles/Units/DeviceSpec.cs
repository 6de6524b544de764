using System.Text.Json.Serialization;
using GitOps.Bundles.Json;

namespace GitOps.Bundles.Units;

/// <summary>A field device behind the node.</summary>
public sealed record DeviceSpec : UnitSpec
{
    public required DeviceProtocol Protocol { get; init; }

    public required DeviceConnection Connection { get; init; }

    /// <summary>modbus: what one read may take; absent means what the protocol allows, and no gaps.</summary>
    public ModbusReads? Reads { get; init; }

    /// <summary>Sorted by name.</summary>
    public required EquatableArray<DeviceProperty> Properties { get; init; }

    /// <summary>Sorted by name.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public EquatableArray<AlarmRule> Alarms { get; init; }

    /// <summary>Where values of properties with <see cref="DeviceProperty.Upstream"/> wait; absent: as an empty one says.</summary>
    public UpstreamBuffer? UpstreamBuffer { get; init; }

    [JsonIgnore]
    public override string Kind => UnitKinds.Device;
}

[JsonConverter(typeof(WordConverter<DeviceProtocol>))]
public enum DeviceProtocol
{
    [JsonStringEnumMemberName("modbus-tcp")]
    ModbusTcp,

    [JsonStringEnumMemberName("mqtt")]
    Mqtt,

    [JsonStringEnumMemberName("simulated")]
    Simulated,

    [JsonStringEnumMemberName("modbus-rtu")]
    ModbusRtu,

    [JsonStringEnumMemberName("http")]
    Http,

    /// <summary>Whatever it speaks is spoken by an EdgeX, and asked for through its core-command.</summary>
    [JsonStringEnumMemberName("edgex")]
    EdgeX,

    [JsonStringEnumMemberName("mapper")]
    Mapper,
}

public static class DeviceProtocols
{
    /// <summary>Whether properties are registers of a Modbus unit, by whatever way it is reached.</summary>
    public static bool IsModbus(this DeviceProtocol protocol) => protocol is DeviceProtocol.ModbusTcp or DeviceProtocol.ModbusRtu;
}

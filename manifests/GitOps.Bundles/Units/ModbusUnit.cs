using System.Globalization;

namespace GitOps.Bundles.Units;

/// <summary>
/// Where a Modbus device is, and what of it is written: one unit, say a PLC, may be several devices, as long as no two of them write
/// one register. Compiler and agent ask here.
/// </summary>
public static class ModbusUnit
{
    public const int DefaultPort = 502;
    public const int DefaultUnitId = 1;

    /// <summary>Two devices of one text are the same unit: <c>modbus-tcp 10.0.0.5:502 unit 1</c>.</summary>
    public static string Describe(DeviceProtocol protocol, DeviceConnection connection) => protocol == DeviceProtocol.ModbusRtu
        ? string.Create(CultureInfo.InvariantCulture, $"modbus-rtu {connection.Serial?.Path} unit {connection.UnitId ?? DefaultUnitId}")
        : string.Create(CultureInfo.InvariantCulture, $"modbus-tcp {connection.Host}:{connection.Port ?? DefaultPort} unit {connection.UnitId ?? DefaultUnitId}");

    /// <summary>Registers, or bits in a table of bits, that a property takes; null: Modbus carries none of its type.</summary>
    public static int? Width(DeviceProperty property) => property.Type switch
    {
        _ when property.Register is null => null,
        _ when property.Register.Table is ModbusTable.Coil or ModbusTable.Discrete => 1,
        DeviceValueType.String => property.Register.Registers,
        DeviceValueType.Bool or DeviceValueType.Int16 or DeviceValueType.UInt16 => 1,
        DeviceValueType.Int32 or DeviceValueType.UInt32 or DeviceValueType.Float32 => 2,
        DeviceValueType.Int64 or DeviceValueType.UInt64 or DeviceValueType.Float64 => 4,
        _ => null,
    };

    /// <summary>
    /// Every place that may be written, as <c>holding 12</c>, with its property. A property that takes some bits of a register writes all of it: read,
    /// changed and written back.
    /// </summary>
    public static IEnumerable<(string Place, DeviceProperty Property)> Written(IEnumerable<DeviceProperty> properties) =>
        from property in properties
        where property.Access != DeviceAccess.Read && Width(property) is > 0 and <= MostRegisters
        let table = property.Register!.Table == ModbusTable.Coil ? "coil" : "holding"
        from address in Enumerable.Range(property.Register!.Address, Width(property)!.Value)
        select (string.Create(CultureInfo.InvariantCulture, $"{table} {address}"), property);

    /// <summary>In one write (Modbus Application Protocol V1.1b3 §6.12).</summary>
    private const int MostRegisters = 123;
}

using System.Diagnostics;
using System.Globalization;
using System.Text;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Devices.Modbus;

/// <summary>
/// Values as registers: a register is big-endian (Modbus Application Protocol V1.1b3 §4.2); wider values stand most
/// significant register first unless the property says otherwise. Integers are scaled in decimal arithmetic, exactly.
/// </summary>
public static class RegisterCodec
{
    /// <summary>Registers (or bits, in a bit table) that a property takes.</summary>
    public static int Width(DeviceProperty property) => ModbusUnit.Width(property) ?? throw new UnreachableException($"{Unsupported(property)}");

    /// <summary>Why Modbus cannot carry the property, or null when it can.</summary>
    public static string? Unsupported(DeviceProperty property) => property switch
    {
        { Register: null } => $"'{property.Name}' names no register",
        { Type: DeviceValueType.String, Register.Registers: not (>= 1 and <= ModbusRequest.MaxWrittenRegisters) } =>
            $"'{property.Name}' is a string of {property.Register.Registers ?? 0} registers, Modbus carries 1 to {ModbusRequest.MaxWrittenRegisters}",
        { Type: DeviceValueType.Int8 or DeviceValueType.UInt8 } => $"'{property.Name}' is a {property.Type}, and a register has 16 bits",
        { Register.Bit: < 0 or > 15 } => $"'{property.Name}' is bit {property.Register.Bit}, a register has 0 to 15",
        { Register.Address: < 0 or > 65_535 } => $"'{property.Name}' has the address {property.Register.Address}, Modbus has 0 to 65535",
        { Type: not DeviceValueType.Bool } when ModbusPdu.IsBits(property.Register.Table) =>
            $"'{property.Name}' is a {property.Type}, and a {property.Register.Table} holds one bit",
        { Desired: not null, Register.Table: ModbusTable.Input or ModbusTable.Discrete } =>
            $"'{property.Name}' has a desired value and lies in a table that cannot be written",
        _ => null,
    };

    public static Decoded Decode(DeviceProperty property, ReadOnlySpan<ushort> registers)
    {
        var bits = Assemble(property.Register!, registers);
        return property.Type switch
        {
            DeviceValueType.Bool => new Decoded.Value(new DeviceValue.Boolean((bits & BoolMask(property)) != 0)),
            DeviceValueType.String => new Decoded.Value(new DeviceValue.Text(TextOf(property.Register!, registers))),
            DeviceValueType.Int16 => Scaled(property, (short)bits),
            DeviceValueType.UInt16 => Scaled(property, (ushort)bits),
            DeviceValueType.Int32 => Scaled(property, (int)bits),
            DeviceValueType.UInt32 => Scaled(property, (uint)bits),
            DeviceValueType.Int64 => Scaled(property, (long)bits),
            DeviceValueType.UInt64 => Scaled(property, bits),
            DeviceValueType.Float32 => Scaled(property, BitConverter.UInt32BitsToSingle((uint)bits).ToString("R", CultureInfo.InvariantCulture)),
            DeviceValueType.Float64 => Scaled(property, BitConverter.UInt64BitsToDouble(bits).ToString("R", CultureInfo.InvariantCulture)),
            _ => new Decoded.Bad(Unsupported(property)!),
        };
    }

    public static Encoded Encode(DeviceProperty property, DeviceValue value)
    {
        switch (value)
        {
            case DeviceValue.Boolean(var boolean) when property.Type == DeviceValueType.Bool:
                return new Encoded.Registers([(ushort)(boolean ? 1 << (property.Register!.Bit ?? 0) : 0)]);
            case DeviceValue.Text(var text) when property.Type == DeviceValueType.String:
                return EncodeText(property, text);
            case DeviceValue.Number(var number) when property.Type is not (DeviceValueType.Bool or DeviceValueType.String):
                return Scaling.ToRaw(property, number) is { } raw ? EncodeRaw(property, raw) : TooLarge(property, value);
            default:
                return new Encoded.Refused($"{value} is no {property.Type}");
        }
    }

    /// <summary>Whether the registers hold bits of somebody else, so that they have to be read before they are written.</summary>
    public static bool IsPart(DeviceProperty property) => property.Register!.Bit is not null || RawBits.IsPart(property);

    /// <summary>What was encoded, with the bits that are not the property's as they are in the device now.</summary>
    public static Encoded.Registers Keeping(DeviceProperty property, Encoded.Registers encoded, ReadOnlySpan<ushort> current)
    {
        var mask = property.Type == DeviceValueType.Bool ? BoolMask(property) : RawBits.Mask(property);
        var bits = (Assemble(property.Register!, encoded.Values.AsSpan()) & mask) | (Assemble(property.Register!, current) & ~mask);
        return new Encoded.Registers([.. Take(property, bits)]);
    }

    private static ulong BoolMask(DeviceProperty property) => property.Register!.Bit is { } bit ? 1UL << bit : ulong.MaxValue;

    private static string TextOf(ModbusRegister place, ReadOnlySpan<ushort> registers)
    {
        var bytes = new byte[registers.Length * 2];
        for (var i = 0; i < registers.Length; i++)
        {
            var register = place.ByteSwap ? Swap(registers[i]) : registers[i];
            (bytes[i * 2], bytes[(i * 2) + 1]) = ((byte)(register >> 8), (byte)register);
        }

        return Encoding.UTF8.GetString(bytes).TrimEnd('\0');
    }

    private static Encoded EncodeText(DeviceProperty property, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var registers = new ushort[Width(property)];
        if (bytes.Length > registers.Length * 2)
        {
            return new Encoded.Refused($"the text has {bytes.Length} bytes, {registers.Length} registers hold {registers.Length * 2}");
        }

        for (var i = 0; i < bytes.Length; i++)
        {
            registers[i / 2] |= (ushort)(i % 2 == 0 ? bytes[i] << 8 : bytes[i]);
        }

        return new Encoded.Registers([.. registers.Select(register => property.Register!.ByteSwap ? Swap(register) : register)]);
    }

    private static Encoded EncodeRaw(DeviceProperty property, decimal raw)
    {
        ulong? bits = property.Type switch
        {
            DeviceValueType.Float32 => BitConverter.SingleToUInt32Bits(float.Parse(DecimalText.Format(raw), CultureInfo.InvariantCulture)),
            DeviceValueType.Float64 => BitConverter.DoubleToUInt64Bits(double.Parse(DecimalText.Format(raw), CultureInfo.InvariantCulture)),
            DeviceValueType.Int16 => Whole(raw, short.MinValue, short.MaxValue),
            DeviceValueType.UInt16 => Whole(raw, ushort.MinValue, ushort.MaxValue),
            DeviceValueType.Int32 => Whole(raw, int.MinValue, int.MaxValue),
            DeviceValueType.UInt32 => Whole(raw, uint.MinValue, uint.MaxValue),
            DeviceValueType.Int64 => Whole(raw, long.MinValue, long.MaxValue),
            DeviceValueType.UInt64 => Whole(raw, ulong.MinValue, ulong.MaxValue),
            _ => null,
        };
        return bits is { } found
            ? new Encoded.Registers([.. Take(property, found)])
            : TooLarge(property, new DeviceValue.Number(raw));
    }

    private static Encoded.Refused TooLarge(DeviceProperty property, DeviceValue raw) =>
        new($"{raw} as raw value does not fit into {property.Type}");

    /// <summary>Rounds half away from zero, as people do.</summary>
    private static ulong? Whole(decimal raw, decimal least, decimal most)
    {
        var whole = Math.Round(raw, MidpointRounding.AwayFromZero);
        return whole < least || whole > most ? null : whole < 0 ? unchecked((ulong)(long)whole) : (ulong)whole;
    }

    private static Decoded Scaled(DeviceProperty property, decimal raw) =>
        Scaling.FromRaw(property, raw) is { } value
            ? new Decoded.Value(new DeviceValue.Number(value))
            : new Decoded.Bad($"the raw value {raw} × {property.Scale} + {property.Offset} has more than 28 digits");

    private static Decoded Scaled(DeviceProperty property, string raw) =>
        decimal.TryParse(raw, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            ? Scaled(property, number)
            : new Decoded.Bad($"the device says {raw}, which is no number of at most 28 digits");

    private static ulong Assemble(ModbusRegister place, ReadOnlySpan<ushort> registers)
    {
        ulong bits = 0;
        for (var i = 0; i < registers.Length; i++)
        {
            var register = registers[place.WordSwap ? registers.Length - 1 - i : i];
            bits = (bits << 16) | (place.ByteSwap ? Swap(register) : register);
        }

        return bits;
    }

    private static ushort[] Take(DeviceProperty property, ulong bits)
    {
        var place = property.Register!;
        var registers = new ushort[Width(property)];
        for (var i = 0; i < registers.Length; i++)
        {
            var register = (ushort)(bits >> (16 * (registers.Length - 1 - i)));
            registers[place.WordSwap ? registers.Length - 1 - i : i] = place.ByteSwap ? Swap(register) : register;
        }

        return registers;
    }

    private static ushort Swap(ushort register) => (ushort)((register << 8) | (register >> 8));
}

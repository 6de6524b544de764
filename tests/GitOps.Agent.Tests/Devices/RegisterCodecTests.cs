using CsCheck;
using GitOps.Agent.Devices;
using GitOps.Agent.Devices.Modbus;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Tests.Devices;

public sealed class RegisterCodecTests
{
    private static readonly Gen<(DeviceValueType Type, decimal Raw)> AnyRaw = Gen.OneOf(
        Gen.Short.Select(v => (DeviceValueType.Int16, (decimal)v)),
        Gen.UShort.Select(v => (DeviceValueType.UInt16, (decimal)v)),
        Gen.Int.Select(v => (DeviceValueType.Int32, (decimal)v)),
        Gen.UInt.Select(v => (DeviceValueType.UInt32, (decimal)v)),
        Gen.Long.Select(v => (DeviceValueType.Int64, (decimal)v)),
        Gen.ULong.Select(v => (DeviceValueType.UInt64, (decimal)v)));

    private static readonly Gen<(decimal? Scale, decimal? Offset)> AnyScaling = Gen.Select(
        Gen.OneOf<decimal?>(null, 1m, 0.1m, 0.25m, 10m, -0.5m, 0.001m), Gen.OneOf<decimal?>(null, 0m, -40m, 273.15m));

    [Fact]
    public void Any_integer_comes_back_whatever_its_scale_and_the_order_of_its_bytes() =>
        Gen.Select(AnyRaw, AnyScaling, Gen.Bool, Gen.Bool).Sample((raw, scaling, wordSwap, byteSwap) =>
        {
            var property = Property(raw.Type, wordSwap, byteSwap) with { Scale = scaling.Scale, Offset = scaling.Offset };
            var value = new DeviceValue.Number(Scaling.FromRaw(property, raw.Raw)!.Value);
            var encoded = Assert.IsType<Encoded.Registers>(RegisterCodec.Encode(property, value));
            return encoded.Values.Count == RegisterCodec.Width(property) &&
                   RegisterCodec.Decode(property, encoded.Values.AsSpan()) == new Decoded.Value(value);
        });

    [Fact]
    public void Any_float_comes_back_in_its_shortest_form() =>
        Gen.Select(Gen.Float[-1e20f, 1e20f], Gen.Double[-1e20, 1e20], Gen.Bool, Gen.Bool).Sample((single, twice, wordSwap, byteSwap) =>
            ComesBack(Property(DeviceValueType.Float32, wordSwap, byteSwap), Shortest(single)) &&
            ComesBack(Property(DeviceValueType.Float64, wordSwap, byteSwap), Shortest(twice)));

    [Theory]
    [InlineData(false, false, 0x428D, 0x0000)]
    [InlineData(true, false, 0x0000, 0x428D)]
    [InlineData(false, true, 0x8D42, 0x0000)]
    [InlineData(true, true, 0x0000, 0x8D42)]
    public void Seventy_and_a_half_stands_in_registers_as_ieee_754_says(bool wordSwap, bool byteSwap, int first, int second)
    {
        var encoded = RegisterCodec.Encode(Property(DeviceValueType.Float32, wordSwap, byteSwap), new DeviceValue.Number(70.5m));

        Assert.Equal(new Encoded.Registers([(ushort)first, (ushort)second]), encoded);
    }

    [Fact]
    public void A_scaled_value_is_exact_and_not_seventy_point_four_nine() => Assert.Equal(
        new Decoded.Value(new DeviceValue.Number(70.5m)),
        RegisterCodec.Decode(Property(DeviceValueType.Int16) with { Scale = 0.1m }, [705]));

    [Theory]
    [InlineData(DeviceValueType.Int16, 32_768)]
    [InlineData(DeviceValueType.UInt16, -1)]
    [InlineData(DeviceValueType.UInt16, 65_536)]
    [InlineData(DeviceValueType.UInt32, 4_294_967_296)]
    public void A_value_that_does_not_fit_is_refused_and_never_cut(DeviceValueType type, long value) =>
        Assert.IsType<Encoded.Refused>(RegisterCodec.Encode(Property(type), new DeviceValue.Number(value)));

    [Theory]
    [InlineData(0x7FC0, 0)]
    [InlineData(0x7F80, 0)]
    [InlineData(0x7F7F, 0xFFFF)]
    public void Not_a_number_infinity_and_what_has_too_many_digits_are_bad_values(int first, int second) =>
        Assert.IsType<Decoded.Bad>(RegisterCodec.Decode(Property(DeviceValueType.Float32), [(ushort)first, (ushort)second]));

    [Fact]
    public void A_value_of_another_type_is_refused() =>
        Assert.IsType<Encoded.Refused>(RegisterCodec.Encode(Property(DeviceValueType.Bool), new DeviceValue.Number(1)));

    [Fact]
    public void Text_comes_back_too_and_words_for_true_are_understood()
    {
        var flag = Property(DeviceValueType.Bool);

        Assert.Equal(new Decoded.Value(new DeviceValue.Boolean(true)), TextCodec.Decode(flag, " ON\n"));
        Assert.IsType<Decoded.Bad>(TextCodec.Decode(flag, "perhaps"));
        Assert.Equal(new Encoded.Text("705"), TextCodec.Encode(Property(DeviceValueType.Int16) with { Scale = 0.1m }, new DeviceValue.Number(70.5m)));
    }

    [Fact]
    public void A_masked_integer_is_shifted_raised_scaled_and_offset_in_this_order()
    {
        var property = Property(DeviceValueType.UInt16) with { Mask = 0x0F00, Shift = 8, Base = 2, Scale = 0.5m, Offset = 1 };

        Assert.Equal(new Decoded.Value(new DeviceValue.Number(5)), RegisterCodec.Decode(property, [0xF3FF])); // 2³ × 0.5 + 1
        Assert.Equal(new Encoded.Registers([0x0300]), RegisterCodec.Encode(property, new DeviceValue.Number(5)));
    }

    [Theory]
    [InlineData(DeviceValueType.UInt16, 0xFF00, 8, 0x1234, 0x12)]
    [InlineData(DeviceValueType.UInt16, 0x00FF, -4, 0x1234, 0x340)]
    [InlineData(DeviceValueType.Int16, 0xFFF0, 4, 0xFFE0, -2)]
    [InlineData(DeviceValueType.Int16, 0x000F, 0, 0xFFFF, 15)]
    public void A_mask_and_a_shift_keep_the_sign_and_the_width_of_the_type(DeviceValueType type, int mask, int shift, int raw, int value) => Assert.Equal(
        new Decoded.Value(new DeviceValue.Number(value)),
        RegisterCodec.Decode(Property(type) with { Mask = mask, Shift = shift }, [(ushort)raw]));

    [Fact]
    public void Any_part_of_a_register_is_written_without_touching_the_rest() =>
        Gen.Select(Gen.Int[0, 15], Gen.Int[0, 15], Gen.UShort, Gen.UShort).Sample((low, high, current, wanted) =>
        {
            var (from, to) = (Math.Min(low, high), Math.Max(low, high));
            var mask = ((1 << (to - from + 1)) - 1) << from;
            var value = new DeviceValue.Number((wanted & mask) >> from);
            var property = Property(DeviceValueType.UInt16) with { Mask = mask, Shift = from };
            var written = RegisterCodec.Keeping(property, (Encoded.Registers)RegisterCodec.Encode(property, value), [current]).Values[0];
            return (written & ~mask) == (current & ~mask) &&
                   RegisterCodec.Decode(property, [written]) == new Decoded.Value(value);
        });

    [Fact]
    public void A_value_that_needs_bits_outside_of_the_mask_is_refused() => Assert.IsType<Encoded.Refused>(
        RegisterCodec.Encode(Property(DeviceValueType.UInt16) with { Mask = 0x0F, Shift = 0 }, new DeviceValue.Number(16)));

    [Fact]
    public void One_bit_of_a_register_is_a_bool()
    {
        var third = Property(DeviceValueType.Bool) with { Register = new ModbusRegister(ModbusTable.Holding, 10) { Bit = 3 } };

        Assert.Equal(new Decoded.Value(new DeviceValue.Boolean(true)), RegisterCodec.Decode(third, [0x0008]));
        Assert.Equal(new Decoded.Value(new DeviceValue.Boolean(false)), RegisterCodec.Decode(third, [0xFFF7]));
        Assert.Equal(new Encoded.Registers([0xFFF7]), RegisterCodec.Keeping(
            third, (Encoded.Registers)RegisterCodec.Encode(third, new DeviceValue.Boolean(false)), [0xFFFF]));
    }

    [Theory]
    [InlineData(false, 0x4865, 0x6C6C)]
    [InlineData(true, 0x6548, 0x6C6C)]
    public void Text_stands_two_bytes_to_a_register_and_ends_in_zeros(bool byteSwap, int first, int second)
    {
        var property = Property(DeviceValueType.String) with
        {
            Register = new ModbusRegister(ModbusTable.Holding, 10) { Registers = 4, ByteSwap = byteSwap },
        };
        var text = new DeviceValue.Text("Hello");

        var encoded = Assert.IsType<Encoded.Registers>(RegisterCodec.Encode(property, text));

        Assert.Equal([(ushort)first, (ushort)second], encoded.Values.Take(2));
        Assert.Equal(0, encoded.Values[3]);
        Assert.Equal(new Decoded.Value(text), RegisterCodec.Decode(property, encoded.Values.AsSpan()));
        Assert.IsType<Encoded.Refused>(RegisterCodec.Encode(property, new DeviceValue.Text("nine byte")));
    }

    private static bool ComesBack(DeviceProperty property, decimal value) =>
        RegisterCodec.Encode(property, new DeviceValue.Number(value)) is Encoded.Registers(var registers) &&
        RegisterCodec.Decode(property, registers.AsSpan()) == new Decoded.Value(new DeviceValue.Number(value));

    private static decimal Shortest(IFormattable number) =>
        decimal.Parse(number.ToString("R", null), System.Globalization.NumberStyles.Float, System.Globalization.CultureInfo.InvariantCulture);

    private static DeviceProperty Property(DeviceValueType type, bool wordSwap = false, bool byteSwap = false) => new()
    {
        Name = "value",
        Type = type,
        Access = DeviceAccess.ReadWrite,
        Register = new ModbusRegister(ModbusTable.Holding, 10) { WordSwap = wordSwap, ByteSwap = byteSwap },
    };
}

using CsCheck;
using GitOps.Agent.Devices.Modbus;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Tests.Devices;

public sealed class ModbusMessageTests
{
    [Theory] // the examples of Modbus Application Protocol V1.1b3 §6.1, 6.3, 6.5, 6.6, 6.12
    [InlineData("01 00 13 00 13")]
    [InlineData("03 00 6B 00 03")]
    [InlineData("05 00 AC FF 00")]
    [InlineData("06 00 01 00 03")]
    [InlineData("10 00 01 00 02 04 00 0A 01 02")]
    public void Requests_are_the_bytes_of_the_specification(string expected)
    {
        ModbusRequest request = expected[..2] switch
        {
            "01" => new ModbusRequest.Read(ModbusTable.Coil, 0x13, 0x13),
            "03" => new ModbusRequest.Read(ModbusTable.Holding, 0x6B, 3),
            "05" => new ModbusRequest.WriteCoil(0xAC, true),
            "06" => new ModbusRequest.WriteRegisters(1, [3]),
            _ => new ModbusRequest.WriteRegisters(1, [0x0A, 0x102]),
        };

        Assert.Equal(Bytes(expected), ModbusPdu.Encode(request));
    }

    [Fact]
    public void Answers_are_read_as_the_specification_lays_them_out()
    {
        Assert.Equal(
            new ModbusResponse.Registers([0x022B, 0, 0x64]),
            ModbusPdu.Decode(new ModbusRequest.Read(ModbusTable.Holding, 0x6B, 3), Bytes("03 06 02 2B 00 00 00 64")));
        var bits = Assert.IsType<ModbusResponse.Bits>(
            ModbusPdu.Decode(new ModbusRequest.Read(ModbusTable.Coil, 0x13, 0x13), Bytes("01 03 CD 6B 05")));
        Assert.Equal([true, false, true, true, false, false, true, true], bits.Values.Take(8));
        Assert.Equal(
            new ModbusResponse.Refused(new ModbusRefusal(2)),
            ModbusPdu.Decode(new ModbusRequest.Read(ModbusTable.Holding, 9_999, 1), Bytes("83 02")));
        Assert.Equal("illegal data address (2)", new ModbusRefusal(2).ToString());
    }

    [Fact]
    public void Whatever_bytes_come_back_reading_them_never_throws() =>
        Gen.Select(AnyRequest, Gen.Byte.Array[0, 300]).Sample((request, bytes) => ModbusPdu.Decode(request, bytes) is not null);

    [Fact]
    public void An_answer_to_a_write_that_repeats_something_else_is_malformed() => Assert.IsType<ModbusResponse.Malformed>(
        ModbusPdu.Decode(new ModbusRequest.WriteRegisters(1, [3]), Bytes("06 00 02 00 03")));

    [Fact]
    public void A_frame_is_read_as_it_was_written_and_foreign_bytes_are_none() =>
        Gen.Select(Gen.UShort, Gen.Byte, Gen.Byte.Array[1, 253]).Sample((transaction, unit, pdu) =>
            MbapHeader.TryRead(MbapHeader.Frame(transaction, unit, pdu)) == new MbapHeader(transaction, unit, pdu.Length) &&
            MbapHeader.TryRead("HTTP/1.1"u8) is null);

    private static readonly Gen<ModbusRequest> AnyRequest = Gen.OneOf(
        Gen.Select(Gen.Int[0, 3], Gen.Int[0, 1_000], Gen.Int[1, 125]).Select(ModbusRequest (t, a, c) => new ModbusRequest.Read((ModbusTable)t, a, c)),
        Gen.Select(Gen.Int[0, 1_000], Gen.Bool).Select(ModbusRequest (a, v) => new ModbusRequest.WriteCoil(a, v)),
        Gen.Select(Gen.Int[0, 1_000], Gen.UShort.Array[1, 123]).Select(ModbusRequest (a, v) => new ModbusRequest.WriteRegisters(a, [.. v])));

    private static byte[] Bytes(string hex) => Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));
}

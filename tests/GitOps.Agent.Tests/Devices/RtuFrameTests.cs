using CsCheck;
using GitOps.Agent.Devices.Modbus;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Tests.Devices;

/// <summary>Frames and times of a serial line.</summary>
public sealed class RtuFrameTests
{
    [Fact] // the check value that catalogues of check sums give for CRC-16/MODBUS, and two frames that mbpoll sends
    public void The_check_sum_is_the_one_of_the_specification()
    {
        Assert.Equal(0x4B37, RtuFrame.Crc("123456789"u8));
        Assert.Equal("01040005000121CB", Convert.ToHexString(RtuFrame.Of(1, ModbusPdu.Encode(new ModbusRequest.Read(ModbusTable.Input, 5, 1)))));
        Assert.Equal("11030000000A", Convert.ToHexString(RtuFrame.Of(0x11, ModbusPdu.Encode(new ModbusRequest.Read(ModbusTable.Holding, 0, 10))))[..12]);
    }

    [Fact]
    public void A_frame_is_read_as_it_was_written_and_one_wrong_bit_is_noticed() =>
        Gen.Select(Gen.Byte, Gen.Byte.Array[2, 253], Gen.Int[0, 10_000]).Sample((unit, pdu, bit) =>
        {
            var frame = RtuFrame.Of(unit, pdu);
            var isRead = RtuFrame.TryRead(frame) is var (readUnit, readPdu) && readUnit == unit && readPdu.AsSpan().SequenceEqual(pdu);
            frame[bit / 8 % frame.Length] ^= (byte)(1 << (bit % 8));
            return isRead && RtuFrame.TryRead(frame) is null;
        });

    [Fact]
    public void How_long_an_answer_is_follows_from_the_request_unless_it_is_an_exception()
    {
        var registers = new ModbusRequest.Read(ModbusTable.Holding, 0, 125);
        var bits = new ModbusRequest.Read(ModbusTable.Coil, 0, 9);

        Assert.Equal(255, RtuFrame.Length(registers, []));
        Assert.Equal(7, RtuFrame.Length(bits, [1, 1]));
        Assert.Equal(8, RtuFrame.Length(new ModbusRequest.WriteCoil(0, true), [1, 5]));
        Assert.Equal(5, RtuFrame.Length(registers, [1, 0x83]));
    }

    [Fact]
    public void Silence_is_three_and_a_half_characters_and_fixed_at_high_rates()
    {
        Assert.Equal(38.5 / 9_600, RtuTiming.Silence(9_600).TotalSeconds, 6);
        Assert.Equal(38.5 / 19_200, RtuTiming.Silence(19_200).TotalSeconds, 6);
        Assert.Equal(1.75, RtuTiming.Silence(115_200).TotalMilliseconds, 6);
        Assert.Equal(0.11, RtuTiming.Transmission(96, 9_600).TotalSeconds, 6);
    }
}

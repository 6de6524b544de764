using System.Buffers.Binary;

namespace GitOps.Agent.Devices.Modbus;

/// <summary>
/// A PDU on a serial line, MODBUS over Serial Line Specification and Implementation Guide V1.02 §2.5.1: the unit, the PDU and a
/// check sum, at most 256 bytes. Where an answer ends is known by what was asked: the silence that ends a frame on the line is
/// not seen through an operating system and a USB adapter.
/// </summary>
public static class RtuFrame
{
    public const int MaxBytes = 256;

    /// <summary>Unit, function, exception code and check sum: no answer is shorter.</summary>
    public const int LeastBytes = 5;

    public static byte[] Of(byte unitId, ReadOnlySpan<byte> pdu)
    {
        var frame = new byte[pdu.Length + 3];
        frame[0] = unitId;
        pdu.CopyTo(frame.AsSpan(1));
        BinaryPrimitives.WriteUInt16LittleEndian(frame.AsSpan(pdu.Length + 1), Crc(frame.AsSpan(0, pdu.Length + 1)));
        return frame;
    }

    /// <summary>How long the answer is that begins so: that of an exception where it says one, that of the request otherwise.</summary>
    public static int Length(ModbusRequest request, ReadOnlySpan<byte> received) =>
        received.Length >= 2 && (received[1] & 0x80) != 0 ? LeastBytes : request switch
        {
            ModbusRequest.Read(var table, _, var count) => LeastBytes + (ModbusPdu.IsBits(table) ? (count + 7) / 8 : count * 2),
            _ => 8, // unit, function, address, value or count, check sum
        };

    /// <summary>Unit and PDU; null when the check sum is wrong.</summary>
    public static (byte UnitId, byte[] Pdu)? TryRead(ReadOnlySpan<byte> frame) =>
        frame.Length >= LeastBytes && BinaryPrimitives.ReadUInt16LittleEndian(frame[^2..]) == Crc(frame[..^2])
            ? (frame[0], frame[1..^2].ToArray())
            : null;

    /// <summary>CRC-16 of §2.5.1.2 and §6.2.2: polynomial A001 bit by bit from the lowest, preset with ones; sent low byte first.</summary>
    public static ushort Crc(ReadOnlySpan<byte> bytes)
    {
        var crc = 0xFFFF;
        foreach (var one in bytes)
        {
            crc ^= one;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) == 0 ? crc >> 1 : (crc >> 1) ^ 0xA001;
            }
        }

        return (ushort)crc;
    }
}

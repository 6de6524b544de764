using System.Buffers.Binary;
using System.Diagnostics;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Devices.Modbus;

/// <summary>
/// The protocol data unit, function code and data, of Modbus Application Protocol V1.1b3: big-endian (§4.2), at most 253
/// bytes (§4.1).
/// </summary>
public static class ModbusPdu
{
    public const int MaxBytes = 253;
    private const byte ExceptionBit = 0x80; // §7

    /// <exception cref="ArgumentException">Address or count lie outside of what the protocol can say.</exception>
    public static byte[] Encode(ModbusRequest request)
    {
        switch (request)
        {
            case ModbusRequest.Read(var table, var address, var count):
                CheckRange(address, count, IsBits(table) ? ModbusRequest.MaxBits : ModbusRequest.MaxRegisters);
                return [ReadFunction(table), .. Word(address), .. Word(count)];
            case ModbusRequest.WriteCoil(var address, var value):
                CheckRange(address, 1, 1);
                return [5, .. Word(address), (byte)(value ? 0xFF : 0), 0]; // §6.5
            case ModbusRequest.WriteRegisters(var address, [var only]):
                CheckRange(address, 1, 1);
                return [6, .. Word(address), .. Word(only)]; // §6.6
            case ModbusRequest.WriteRegisters(var address, var values):
                CheckRange(address, values.Count, ModbusRequest.MaxWrittenRegisters);
                return [16, .. Word(address), .. Word(values.Count), (byte)(values.Count * 2), .. values.SelectMany(v => Word(v))]; // §6.12
            default:
                throw new UnreachableException($"unknown request {request}");
        }
    }

    /// <summary>Reads the answer to a request; never throws, whatever the bytes.</summary>
    public static ModbusResponse Decode(ModbusRequest request, ReadOnlySpan<byte> pdu)
    {
        var expected = Function(request);
        if (pdu.Length == 2 && pdu[0] == (expected | ExceptionBit))
        {
            return new ModbusResponse.Refused(new ModbusRefusal(pdu[1]));
        }

        if (pdu.IsEmpty || pdu[0] != expected)
        {
            return new ModbusResponse.Malformed(
                $"expected an answer to function {expected}, got {(pdu.IsEmpty ? "nothing" : $"function {pdu[0]}")}");
        }

        return request switch
        {
            ModbusRequest.Read(var table, _, var count) => DecodeRead(IsBits(table), count, pdu),
            _ => DecodeEcho(request, pdu),
        };
    }

    public static bool IsBits(ModbusTable table) => table is ModbusTable.Coil or ModbusTable.Discrete;

    private static ModbusResponse DecodeRead(bool isBits, int count, ReadOnlySpan<byte> pdu)
    {
        var bytes = isBits ? (count + 7) / 8 : count * 2;
        if (pdu.Length != 2 + bytes || pdu[1] != bytes)
        {
            return new ModbusResponse.Malformed($"expected {bytes} bytes of data, got {pdu.Length - 2}");
        }

        var data = pdu[2..];
        if (isBits)
        {
            var bits = new bool[count];
            for (var i = 0; i < count; i++)
            {
                bits[i] = ((data[i / 8] >> (i % 8)) & 1) == 1; // §6.1: the first is the lowest bit of the first byte
            }

            return new ModbusResponse.Bits([.. bits]);
        }

        var registers = new ushort[count];
        for (var i = 0; i < count; i++)
        {
            registers[i] = BinaryPrimitives.ReadUInt16BigEndian(data[(i * 2)..]);
        }

        return new ModbusResponse.Registers([.. registers]);
    }

    /// <summary>An answer to a write repeats the first five bytes of its request.</summary>
    private static ModbusResponse DecodeEcho(ModbusRequest request, ReadOnlySpan<byte> pdu) =>
        pdu.SequenceEqual(Encode(request).AsSpan(0, 5))
            ? new ModbusResponse.Written()
            : new ModbusResponse.Malformed("the answer repeats another address or value than was written");

    private static byte Function(ModbusRequest request) => request switch
    {
        ModbusRequest.Read(var table, _, _) => ReadFunction(table),
        ModbusRequest.WriteCoil => 5,
        ModbusRequest.WriteRegisters { Values.Count: 1 } => 6,
        ModbusRequest.WriteRegisters => 16,
        _ => throw new UnreachableException($"unknown request {request}"),
    };

    private static byte ReadFunction(ModbusTable table) => table switch
    {
        ModbusTable.Coil => 1,
        ModbusTable.Discrete => 2,
        ModbusTable.Holding => 3,
        ModbusTable.Input => 4,
        _ => throw new UnreachableException($"unknown table {table}"),
    };

    private static void CheckRange(int address, int count, int limit)
    {
        if (address < 0 || count < 1 || count > limit || address + count > 65_536)
        {
            throw new ArgumentException($"address {address}, count {count}: the protocol allows 1 to {limit} within 0 to 65535");
        }
    }

    private static byte[] Word(int value) => [(byte)(value >> 8), (byte)value];
}

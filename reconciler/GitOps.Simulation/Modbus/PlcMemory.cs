using System.Buffers.Binary;

namespace GitOps.Simulation.Modbus;

/// <summary>
/// The four tables of a Modbus server (Modbus Application Protocol V1.1b3 §4.3), each with addresses 0 to
/// <paramref name="size"/> − 1.
/// </summary>
public sealed class PlcMemory(int size)
{
    public int Size { get; } = size;

    public bool[] Coils { get; } = new bool[size];

    public bool[] Discretes { get; } = new bool[size];

    public ushort[] Inputs { get; } = new ushort[size];

    public ushort[] Holdings { get; } = new ushort[size];

    /// <summary>A float32 in two registers, most significant first.</summary>
    public static float ReadSingle(ushort[] table, int address) =>
        BitConverter.UInt32BitsToSingle(((uint)table[address] << 16) | table[address + 1]);

    /// <inheritdoc cref="ReadSingle"/>
    public static void WriteSingle(ushort[] table, int address, float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        table[address] = (ushort)(bits >> 16);
        table[address + 1] = (ushort)bits;
    }

    /// <summary>Registers as they travel, big-endian (§4.2).</summary>
    internal static byte[] ToBytes(ReadOnlySpan<ushort> registers)
    {
        var bytes = new byte[registers.Length * 2];
        for (var i = 0; i < registers.Length; i++)
        {
            BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(i * 2), registers[i]);
        }

        return bytes;
    }

    /// <summary>Bits as they travel: the first in the lowest bit of the first byte (§6.1).</summary>
    internal static byte[] ToBytes(ReadOnlySpan<bool> bits)
    {
        var bytes = new byte[(bits.Length + 7) / 8];
        for (var i = 0; i < bits.Length; i++)
        {
            bytes[i / 8] |= (byte)(bits[i] ? 1 << (i % 8) : 0);
        }

        return bytes;
    }
}

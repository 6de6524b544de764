using System.Buffers.Binary;

namespace GitOps.Agent.Devices.Modbus;

/// <summary>What stands before a PDU on TCP: Modbus Messaging on TCP/IP Implementation Guide V1.0b §3.1.3.</summary>
/// <param name="PduBytes">Bytes after the header; the length on the wire also counts the unit id.</param>
public readonly record struct MbapHeader(ushort Transaction, byte UnitId, int PduBytes)
{
    public const int Bytes = 7;

    /// <summary>Header and PDU as one piece: some devices do not put two TCP segments together.</summary>
    public static byte[] Frame(ushort transaction, byte unitId, ReadOnlySpan<byte> pdu)
    {
        var frame = new byte[Bytes + pdu.Length];
        BinaryPrimitives.WriteUInt16BigEndian(frame, transaction);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(4), (ushort)(pdu.Length + 1));
        frame[6] = unitId;
        pdu.CopyTo(frame.AsSpan(Bytes));
        return frame;
    }

    /// <summary>Null when the seven bytes are no header of Modbus, or announce more than a PDU can hold.</summary>
    public static MbapHeader? TryRead(ReadOnlySpan<byte> header)
    {
        var protocol = BinaryPrimitives.ReadUInt16BigEndian(header[2..]);
        var pduBytes = BinaryPrimitives.ReadUInt16BigEndian(header[4..]) - 1;
        return protocol == 0 && pduBytes is >= 1 and <= ModbusPdu.MaxBytes
            ? new MbapHeader(BinaryPrimitives.ReadUInt16BigEndian(header), header[6], pduBytes)
            : null;
    }
}

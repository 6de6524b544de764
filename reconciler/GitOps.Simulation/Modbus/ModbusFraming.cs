using System.Buffers.Binary;

namespace GitOps.Simulation.Modbus;

/// <summary>The server's side of Modbus over TCP (Modbus Messaging on TCP/IP V1.0b §3.1.3): MBAP header, then the PDU.</summary>
public static class ModbusFraming
{
    private const int HeaderBytes = 7;
    private const int MaxPduBytes = 253;

    /// <summary>
    /// Serves one connection of a gateway until its other end closes it or sends what is no Modbus. An address without a unit
    /// behind it answers as gateways do.
    /// </summary>
    public static async Task ServeAsync(
        Stream stream, Func<byte, ModbusPlc?> unit, TimeProvider time, CancellationToken cancellationToken)
    {
        var header = new byte[HeaderBytes];
        while (await stream.ReadAtLeastAsync(header, HeaderBytes, throwOnEndOfStream: false, cancellationToken) == HeaderBytes)
        {
            var length = BinaryPrimitives.ReadUInt16BigEndian(header.AsSpan(4)) - 1; // the unit id is counted too
            if (BinaryPrimitives.ReadUInt16BigEndian(header.AsSpan(2)) != 0 || length is < 1 or > MaxPduBytes)
            {
                return;
            }

            var request = new byte[length];
            if (await stream.ReadAtLeastAsync(request, length, throwOnEndOfStream: false, cancellationToken) < length)
            {
                return;
            }

            var plc = unit(header[6]);
            if (plc is { Faults.DropNext: > 0 })
            {
                plc.Faults.DropNext--;
                return;
            }

            if (plc is { Faults.Delay: var delay } && delay > TimeSpan.Zero)
            {
                await Task.Delay(delay, time, cancellationToken);
            }

            if (plc is { Faults.IsSilent: true })
            {
                continue;
            }

            var answer = plc?.Handle(request) ?? ModbusPlc.Refuse(request, PlcRefusal.GatewayTargetFailedToRespond);
            var frame = (byte[])[.. header, .. answer];
            BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(4), (ushort)(answer.Length + 1));
            await stream.WriteAsync(frame, cancellationToken);
        }
    }
}

using System.Buffers.Binary;

namespace GitOps.Simulation.Modbus;

/// <summary>
/// A simulated PLC: tables, a process that moves them, and faults. Answers requests of the Modbus Application Protocol
/// V1.1b3 with function codes 1 to 6, 15 and 16. Safe to use from several connections.
/// </summary>
public sealed class ModbusPlc(IPlcProcess? process, TimeProvider time, int tableSize = 1_000)
{
    private readonly Lock _lock = new();
    private readonly PlcMemory _memory = new(tableSize);
    private long _advancedAt = time.GetTimestamp();

    public PlcFaults Faults { get; } = new();

    /// <summary>Requests that changed a table and were not refused.</summary>
    public int Writes { get; private set; }

    /// <summary>Looks at the tables as they are now.</summary>
    public T Look<T>(Func<PlcMemory, T> look)
    {
        lock (_lock)
        {
            Advance();
            return look(_memory);
        }
    }

    /// <summary>Changes the tables from inside, as an operator at the panel would.</summary>
    public void Change(Action<PlcMemory> change)
    {
        lock (_lock)
        {
            Advance();
            change(_memory);
        }
    }

    /// <summary>Answers one PDU: function code and data in, function code and data (or an exception) out.</summary>
    public byte[] Handle(ReadOnlySpan<byte> request)
    {
        lock (_lock)
        {
            Advance();
            var function = request.IsEmpty ? (byte)0 : request[0];
            return function switch
            {
                1 => Read(request, 2_000, (at, count) => PlcMemory.ToBytes(_memory.Coils.AsSpan(at, count))),
                2 => Read(request, 2_000, (at, count) => PlcMemory.ToBytes(_memory.Discretes.AsSpan(at, count))),
                3 => Read(request, 125, (at, count) => PlcMemory.ToBytes(_memory.Holdings.AsSpan(at, count))),
                4 => Read(request, 125, (at, count) => PlcMemory.ToBytes(_memory.Inputs.AsSpan(at, count))),
                5 => WriteOneCoil(request),
                6 => WriteOneRegister(request),
                15 => WriteCoils(request),
                16 => WriteRegisters(request),
                _ => Refuse(request, PlcRefusal.IllegalFunction),
            };
        }
    }

    /// <summary>Serves one connection until its other end closes it, whatever unit it addresses.</summary>
    public Task ServeAsync(Stream stream, CancellationToken cancellationToken) =>
        ModbusFraming.ServeAsync(stream, _ => this, time, cancellationToken);

    internal static byte[] Refuse(ReadOnlySpan<byte> request, PlcRefusal code) =>
        [(byte)((request.IsEmpty ? 0 : request[0]) | 0x80), (byte)code];

    private void Advance()
    {
        var now = time.GetTimestamp();
        process?.Advance(_memory, time.GetElapsedTime(_advancedAt, now));
        _advancedAt = now;
        foreach (var (address, value) in Faults.OtherMaster)
        {
            _memory.Holdings[address] = value;
        }
    }

    private byte[] Read(ReadOnlySpan<byte> request, int limit, Func<int, int, byte[]> read)
    {
        if (request.Length != 5 || Word(request, 3) is var count && (count < 1 || count > limit))
        {
            return Refuse(request, PlcRefusal.IllegalDataValue);
        }

        var address = Word(request, 1);
        if (address + count > _memory.Size)
        {
            return Refuse(request, PlcRefusal.IllegalDataAddress);
        }

        var data = read(address, count);
        return [request[0], (byte)data.Length, .. data];
    }

    private byte[] WriteOneCoil(ReadOnlySpan<byte> request)
    {
        if (request.Length != 5 || Word(request, 3) is not (0 or 0xFF00))
        {
            return Refuse(request, PlcRefusal.IllegalDataValue);
        }

        var on = request[3] == 0xFF;
        return Write(request, count: 1, at => _memory.Coils[at] = on);
    }

    private byte[] WriteOneRegister(ReadOnlySpan<byte> request)
    {
        if (request.Length != 5)
        {
            return Refuse(request, PlcRefusal.IllegalDataValue);
        }

        var value = Word(request, 3);
        return Write(request, count: 1, at => _memory.Holdings[at] = (ushort)value, isRegister: true);
    }

    private byte[] WriteCoils(ReadOnlySpan<byte> request)
    {
        if (request.Length < 7 || Word(request, 3) is var count && (count is < 1 or > 1_968) ||
            request[5] != (count + 7) / 8 || request.Length != 6 + request[5])
        {
            return Refuse(request, PlcRefusal.IllegalDataValue);
        }

        var bits = request[6..].ToArray();
        return Write(request, count, at =>
        {
            for (var i = 0; i < count; i++)
            {
                _memory.Coils[at + i] = (bits[i / 8] >> (i % 8) & 1) == 1;
            }
        });
    }

    private byte[] WriteRegisters(ReadOnlySpan<byte> request)
    {
        if (request.Length < 8 || Word(request, 3) is var count && (count is < 1 or > 123) ||
            request[5] != count * 2 || request.Length != 6 + request[5])
        {
            return Refuse(request, PlcRefusal.IllegalDataValue);
        }

        var data = request[6..].ToArray();
        return Write(request, count, at =>
        {
            for (var i = 0; i < count; i++)
            {
                _memory.Holdings[at + i] = (ushort)Word(data, i * 2);
            }
        }, isRegister: true);
    }

    /// <summary>Every answer to a write repeats the first five bytes of its request (§6.5, 6.6, 6.11, 6.12).</summary>
    private byte[] Write(ReadOnlySpan<byte> request, int count, Action<int> write, bool isRegister = false)
    {
        var address = Word(request, 1);
        if (address + count > _memory.Size ||
            (isRegister && Enumerable.Range(address, count).Any(Faults.ReadOnlyRegisters.Contains)))
        {
            return Refuse(request, PlcRefusal.IllegalDataAddress);
        }

        if (Faults.RejectsWrites)
        {
            return Refuse(request, PlcRefusal.ServerDeviceFailure);
        }

        if (!Faults.IgnoresWrites)
        {
            write(address);
        }

        Writes++;
        return request[..5].ToArray();
    }

    private static int Word(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16BigEndian(bytes[at..]);
}

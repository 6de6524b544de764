using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Devices.Modbus;

/// <summary>A request to a Modbus server, Modbus Application Protocol V1.1b3 §6.</summary>
public abstract record ModbusRequest
{
    /// <summary>At most so many coils or discrete inputs in one read (§6.1, 6.2).</summary>
    public const int MaxBits = 2_000;

    /// <summary>At most so many registers in one read (§6.3, 6.4).</summary>
    public const int MaxRegisters = 125;

    /// <summary>At most so many registers in one write (§6.12).</summary>
    public const int MaxWrittenRegisters = 123;

    private ModbusRequest() { } // closed: every case is in this file

    /// <summary>Function codes 1 and 2 (bits), 3 and 4 (registers).</summary>
    public sealed record Read(ModbusTable Table, int Address, int Count) : ModbusRequest;

    /// <summary>Function code 5.</summary>
    public sealed record WriteCoil(int Address, bool Value) : ModbusRequest;

    /// <summary>Function code 6 for one register, 16 for more.</summary>
    public sealed record WriteRegisters(int Address, EquatableArray<ushort> Values) : ModbusRequest;
}

/// <summary>What came back.</summary>
public abstract record ModbusResponse
{
    private ModbusResponse() { } // closed: every case is in this file

    public sealed record Bits(EquatableArray<bool> Values) : ModbusResponse;

    public sealed record Registers(EquatableArray<ushort> Values) : ModbusResponse;

    public sealed record Written : ModbusResponse;

    /// <summary>The server refuses (§7).</summary>
    public sealed record Refused(ModbusRefusal Exception) : ModbusResponse;

    /// <summary>It is no answer to this request.</summary>
    public sealed record Malformed(string Why) : ModbusResponse;
}

/// <summary>An exception code of Modbus Application Protocol V1.1b3 §7.</summary>
public readonly record struct ModbusRefusal(byte Code)
{
    /// <summary>As the specification calls it.</summary>
    public string Name => Code switch
    {
        1 => "illegal function",
        2 => "illegal data address",
        3 => "illegal data value",
        4 => "server device failure",
        5 => "acknowledge",
        6 => "server device busy",
        8 => "memory parity error",
        10 => "gateway path unavailable",
        11 => "gateway target device failed to respond",
        _ => "an exception the specification does not know",
    };

    /// <summary>The request itself is refused: repeating it at once would change nothing. The others pass by themselves.</summary>
    public bool IsRefusal => Code is >= 1 and <= 4 || Code > 11;

    /// <summary>The addresses, or so many of them, are refused: asking for fewer may be answered.</summary>
    public bool IsOfAddresses => Code is 2 or 3;

    /// <summary>A gateway says that the device behind it is away.</summary>
    public bool IsAway => Code is 10 or 11;

    public override string ToString() => $"{Name} ({Code})";
}

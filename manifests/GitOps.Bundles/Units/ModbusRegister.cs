using System.Text.Json.Serialization;
using GitOps.Bundles.Json;

namespace GitOps.Bundles.Units;

/// <summary>A place in a Modbus data model (Modbus Application Protocol V1.1b3 §4.3), zero-based.</summary>
public sealed record ModbusRegister(ModbusTable Table, int Address)
{
    /// <summary>Least significant register first.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool WordSwap { get; init; }

    /// <summary>Least significant byte first within a register.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool ByteSwap { get; init; }

    /// <summary>A bool in a register of 16 bits: which one, 0 being the lowest.</summary>
    public int? Bit { get; init; }

    /// <summary>A string: how many registers it takes, two bytes of UTF-8 in each, filled up with zeros.</summary>
    public int? Registers { get; init; }
}

[JsonConverter(typeof(WordConverter<ModbusTable>))]
public enum ModbusTable
{
    [JsonStringEnumMemberName("coil")]
    Coil,

    [JsonStringEnumMemberName("discrete")]
    Discrete,

    [JsonStringEnumMemberName("input")]
    Input,

    [JsonStringEnumMemberName("holding")]
    Holding,
}

/// <summary>What one read of a device may take.</summary>
public sealed record ModbusReads
{
    /// <summary>Addresses between two properties that may be read though nobody asked for them; none when absent.</summary>
    public int? MaxGap { get; init; }

    /// <summary>Registers in one request; 125 when absent.</summary>
    public int? MaxRegisters { get; init; }

    /// <summary>Coils or discrete inputs in one request; 2,000 when absent.</summary>
    public int? MaxBits { get; init; }
}

using System.Text.Json.Serialization;
using GitOps.Bundles.Json;

namespace GitOps.Bundles.Units;

/// <summary>A field device behind the node.</summary>
public sealed record DeviceSpec : UnitSpec
{
    public required DeviceProtocol Protocol { get; init; }

    public required DeviceConnection Connection { get; init; }

    /// <summary>modbus: what one read may take; absent means what the protocol allows, and no gaps.</summary>
    public ModbusReads? Reads { get; init; }

    /// <summary>Sorted by name.</summary>
    public required EquatableArray<DeviceProperty> Properties { get; init; }

    /// <summary>Sorted by name.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public EquatableArray<AlarmRule> Alarms { get; init; }

    /// <summary>Where values of properties with <see cref="DeviceProperty.Upstream"/> wait; absent: as an empty one says.</summary>
    public UpstreamBuffer? UpstreamBuffer { get; init; }

    [JsonIgnore]
    public override string Kind => UnitKinds.Device;
}

[JsonConverter(typeof(WordConverter<DeviceProtocol>))]
public enum DeviceProtocol
{
    [JsonStringEnumMemberName("modbus-tcp")]
    ModbusTcp,

    [JsonStringEnumMemberName("mqtt")]
    Mqtt,

    [JsonStringEnumMemberName("simulated")]
    Simulated,

    [JsonStringEnumMemberName("modbus-rtu")]
    ModbusRtu,

    [JsonStringEnumMemberName("http")]
    Http,

    /// <summary>Whatever it speaks is spoken by an EdgeX, and asked for through its core-command.</summary>
    [JsonStringEnumMemberName("edgex")]
    EdgeX,

    [JsonStringEnumMemberName("mapper")]
    Mapper,
}

public static class DeviceProtocols
{
    /// <summary>Whether properties are registers of a Modbus unit, by whatever way it is reached.</summary>
    public static bool IsModbus(this DeviceProtocol protocol) => protocol is DeviceProtocol.ModbusTcp or DeviceProtocol.ModbusRtu;
}

/// <summary>Where the device is; which members are set depends on the protocol.</summary>
public sealed record DeviceConnection
{
    /// <summary>modbus-tcp.</summary>
    public string? Host { get; init; }

    /// <summary>modbus-tcp; 502 when absent.</summary>
    public int? Port { get; init; }

    /// <summary>modbus-rtu.</summary>
    public SerialLine? Serial { get; init; }

    /// <summary>modbus-tcp: 0 to 255; modbus-rtu: 1 to 247. 1 when absent.</summary>
    public int? UnitId { get; init; }

    /// <summary>Modbus, http, edgex: bound on one request; 1,000 when absent. mapper: how long a written value may take to be confirmed; 10,000 when absent.</summary>
    public int? TimeoutMs { get; init; }

    /// <summary>mqtt: the broker. http: what the paths of properties are below. edgex: core-command.</summary>
    public string? Url { get; init; }

    /// <summary>edgex: what the device is called there.</summary>
    public string? Device { get; init; }

    /// <summary>http, edgex: certificates in PEM, instead of those the machine trusts.</summary>
    [JsonPropertyName("ca")]
    public string? Authority { get; init; }

    /// <summary>http, edgex: sent with every request; sorted by name.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public EquatableArray<HttpHeader> Headers { get; init; }

    /// <summary>simulated: two devices of one seed play the same values.</summary>
    public int? Seed { get; init; }

    public MapperConnection? Mapper { get; init; }
}

/// <summary>A serial port of the node, and how bits stand on its line; a character has eight data bits.</summary>
/// <param name="Path">The device file, <c>/dev/…</c>.</param>
public sealed record SerialLine(string Path)
{
    /// <summary>Bits a second; 19,200 when absent, the default of MODBUS over Serial Line V1.02 §3.2.</summary>
    public int? Baud { get; init; }

    /// <summary>Even when absent, the default of §2.5.1.</summary>
    public LineParity? Parity { get; init; }

    /// <summary>Absent: 1 with parity and 2 without, so that a character has eleven bits (§2.5.1).</summary>
    public int? StopBits { get; init; }
}

[JsonConverter(typeof(WordConverter<LineParity>))]
public enum LineParity
{
    [JsonStringEnumMemberName("none")]
    None,

    [JsonStringEnumMemberName("even")]
    Even,

    [JsonStringEnumMemberName("odd")]
    Odd,
}

public sealed record DeviceProperty
{
    public required string Name { get; init; }

    public required DeviceValueType Type { get; init; }

    public DeviceAccess Access { get; init; } = DeviceAccess.Read;

    /// <summary>Engineering unit, as text.</summary>
    public string? Unit { get; init; }

    /// <summary>Integers: bits of the raw value that count; the others belong to somebody else and are left as they are.</summary>
    public decimal? Mask { get; init; }

    /// <summary>Integers: bits that the masked value is shifted by, to the right when positive.</summary>
    public int? Shift { get; init; }

    /// <summary>value = base ^ (masked and shifted raw) × scale + offset.</summary>
    public decimal? Base { get; init; }

    /// <summary>value = raw × scale + offset.</summary>
    public decimal? Scale { get; init; }

    public decimal? Offset { get; init; }

    public decimal? Minimum { get; init; }

    public decimal? Maximum { get; init; }

    /// <summary>Absent: read only when a desired value needs it.</summary>
    public int? PollMs { get; init; }

    public ModbusRegister? Register { get; init; }

    public DeviceTopics? Topic { get; init; }

    public DeviceHttp? Http { get; init; }

    /// <summary>edgex: the device resource; absent: it is called like the property.</summary>
    public string? Resource { get; init; }

    public SimulatedSource? Simulate { get; init; }

    /// <summary>mapper: where it is, in the mapper's words; sorted by name.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public EquatableArray<MapperSetting> Visitor { get; init; }

    public DesiredValue? Desired { get; init; }

    public ReportRule? Report { get; init; }

    /// <summary>Which values go up to the control plane; absent: none.</summary>
    public ReportRule? Upstream { get; init; }

    /// <summary>
    /// The type of what people read and write. A scaled integer is one on the wire only: 705 in a register with the scale
    /// 0.1 is 70.5, which no integer type could say.
    /// </summary>
    [JsonIgnore]
    public DeviceValueType ValueType =>
        Type is DeviceValueType.Bool or DeviceValueType.String || (Scale is null && Offset is null && Base is null) ? Type : DeviceValueType.Float64;
}

/// <summary>The type of a property's value; also the raw type on the wire of the device.</summary>
[JsonConverter(typeof(WordConverter<DeviceValueType>))]
public enum DeviceValueType
{
    [JsonStringEnumMemberName("bool")]
    Bool,

    [JsonStringEnumMemberName("int16")]
    Int16,

    [JsonStringEnumMemberName("uint16")]
    UInt16,

    [JsonStringEnumMemberName("int32")]
    Int32,

    [JsonStringEnumMemberName("uint32")]
    UInt32,

    [JsonStringEnumMemberName("int64")]
    Int64,

    [JsonStringEnumMemberName("uint64")]
    UInt64,

    [JsonStringEnumMemberName("float32")]
    Float32,

    [JsonStringEnumMemberName("float64")]
    Float64,

    [JsonStringEnumMemberName("string")]
    String,

    [JsonStringEnumMemberName("int8")]
    Int8,

    [JsonStringEnumMemberName("uint8")]
    UInt8,
}

[JsonConverter(typeof(WordConverter<DeviceAccess>))]
public enum DeviceAccess
{
    [JsonStringEnumMemberName("r")]
    Read,

    [JsonStringEnumMemberName("w")]
    Write,

    [JsonStringEnumMemberName("rw")]
    ReadWrite,
}

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

/// <summary>Where an MQTT device publishes a property, and where it takes a new value.</summary>
public sealed record DeviceTopics
{
    public string? Read { get; init; }

    public string? Write { get; init; }
}

public sealed record SimulatedSource
{
    public DeviceValue? Initial { get; init; }

    /// <summary>Amplitude of the noise added to numbers.</summary>
    public decimal? Noise { get; init; }
}

/// <summary>What a property should be.</summary>
public sealed record DesiredValue(DeviceValue Value)
{
    public ApplyMode Apply { get; init; } = ApplyMode.Once;

    /// <summary>How far the read-back may be off.</summary>
    public decimal? Tolerance { get; init; }

    /// <summary>After this time since the bundle was first seen the value is no longer written; measured without the wall clock.</summary>
    public long? ValidForMs { get; init; }

    public WriteInterlock? WriteWhen { get; init; }

    public OnRollback? OnRollback { get; init; }
}

[JsonConverter(typeof(WordConverter<ApplyMode>))]
public enum ApplyMode
{
    /// <summary>Once per version in Git; later drift is reported.</summary>
    [JsonStringEnumMemberName("once")]
    Once,

    /// <summary>Written again whenever the device says otherwise, rate-bounded.</summary>
    [JsonStringEnumMemberName("hold")]
    Hold,
}

/// <summary>The value is written only while another property of the device equals this.</summary>
public sealed record WriteInterlock(string Property, DeviceValue EqualTo);

/// <summary>What happens to the device when the node goes back to its last good generation; exactly one member is set.</summary>
public sealed record OnRollback
{
    public RollbackAction? Action { get; init; }

    public DeviceValue? Value { get; init; }
}

[JsonConverter(typeof(WordConverter<RollbackAction>))]
public enum RollbackAction
{
    [JsonStringEnumMemberName("leave")]
    Leave,

    [JsonStringEnumMemberName("previous")]
    Previous,
}

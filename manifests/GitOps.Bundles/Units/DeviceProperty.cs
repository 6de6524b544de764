using System.Text.Json.Serialization;
using GitOps.Bundles.Json;

namespace GitOps.Bundles.Units;

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

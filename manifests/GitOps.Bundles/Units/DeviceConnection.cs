using System.Text.Json.Serialization;
using GitOps.Bundles.Json;

namespace GitOps.Bundles.Units;

/// <summary>Where the device is; which members are set depends on the protocol.</summary>
public sealed record DeviceConnection
{
    public const int DefaultTimeoutMs = 1_000;

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

    /// <summary>mqtt, http, edgex: certificates in PEM, instead of those the machine trusts.</summary>
    [JsonPropertyName("ca")]
    public string? Authority { get; init; }

    /// <summary>mqtt: who the broker is told to speak with.</summary>
    public string? User { get; init; }

    /// <summary>mqtt: of <see cref="User"/>, one hole for a secret. As it is written in Git that has no version yet.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public EquatableArray<ContentPart> Password { get; init; }

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
    public const int DefaultBaud = 19_200;

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

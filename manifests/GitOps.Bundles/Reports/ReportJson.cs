using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using GitOps.Bundles.Json;

namespace GitOps.Bundles.Reports;

/// <summary>Reads and writes what nodes and control plane tell each other; unknown members are tolerated.</summary>
public static class ReportJson
{
    public static byte[] Write(NodeReport report) => JsonSerializer.SerializeToUtf8Bytes(report, ReportContext.Default.NodeReport);

    public static byte[] Write(Hint hint) => JsonSerializer.SerializeToUtf8Bytes(hint, ReportContext.Default.Hint);

    public static byte[] Write(Ack ack) => JsonSerializer.SerializeToUtf8Bytes(ack, ReportContext.Default.Ack);

    /// <summary>One line, without its end.</summary>
    public static byte[] Write(ValueRecord record) => JsonSerializer.SerializeToUtf8Bytes(record, ReportContext.Default.ValueRecord);

    public static byte[] Write(ValueReceipt receipt) => JsonSerializer.SerializeToUtf8Bytes(receipt, ReportContext.Default.ValueReceipt);

    /// <summary>Null when the bytes are no report of a format this release reads, or too many.</summary>
    public static NodeReport? TryReadReport(ReadOnlySpan<byte> bytes) =>
        bytes.Length <= NodeReport.MaxBytes && TryRead(bytes, ReportContext.Default.NodeReport) is { Format: 1 } report
            ? report
            : null;

    public static Hint? TryReadHint(ReadOnlySpan<byte> bytes) =>
        TryRead(bytes, ReportContext.Default.Hint) is { Format: 1 } hint ? hint : null;

    public static Ack? TryReadAck(ReadOnlySpan<byte> bytes) =>
        TryRead(bytes, ReportContext.Default.Ack) is { Format: 1 } ack ? ack : null;

    public static ValueRecord? TryReadValue(ReadOnlySpan<byte> line) => TryRead(line, ReportContext.Default.ValueRecord);

    public static ValueReceipt? TryReadReceipt(ReadOnlySpan<byte> bytes) =>
        TryRead(bytes, ReportContext.Default.ValueReceipt) is { Format: 1 } receipt ? receipt : null;

    private static T? TryRead<T>(ReadOnlySpan<byte> bytes, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(bytes, type);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

[JsonSourceGenerationOptions(
    GenerationMode = JsonSourceGenerationMode.Metadata,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    AllowDuplicateProperties = false,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters =
    [
        typeof(DecimalConverter), typeof(UtcTimeConverter),
        typeof(EquatableArrayConverter<Condition>), typeof(EquatableArrayConverter<UnitReport>),
        typeof(EquatableArrayConverter<ContainerReport>), typeof(EquatableArrayConverter<string>),
        typeof(EquatableArrayConverter<HoldReport>), typeof(EquatableArrayConverter<QuarantineReport>),
        typeof(EquatableArrayConverter<VolumeReport>), typeof(EquatableArrayConverter<DeviceReport>),
        typeof(EquatableArrayConverter<SyncReport>),
        typeof(EquatableArrayConverter<PropertyReport>), typeof(EquatableArrayConverter<AlarmReport>), typeof(EquatableArrayConverter<EventReport>),
    ])]
[JsonSerializable(typeof(NodeReport))]
[JsonSerializable(typeof(Hint))]
[JsonSerializable(typeof(Ack))]
[JsonSerializable(typeof(Condition))]
[JsonSerializable(typeof(UnitReport))]
[JsonSerializable(typeof(ContainerReport))]
[JsonSerializable(typeof(HoldReport))]
[JsonSerializable(typeof(QuarantineReport))]
[JsonSerializable(typeof(VolumeReport))]
[JsonSerializable(typeof(DeviceReport))]
[JsonSerializable(typeof(PropertyReport))]
[JsonSerializable(typeof(AlarmReport))]
[JsonSerializable(typeof(SyncReport))]
[JsonSerializable(typeof(EventReport))]
[JsonSerializable(typeof(ValueRecord))]
[JsonSerializable(typeof(ValueReceipt))]
internal sealed partial class ReportContext : JsonSerializerContext;

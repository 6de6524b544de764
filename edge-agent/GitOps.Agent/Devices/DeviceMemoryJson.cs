using System.Text.Json;
using System.Text.Json.Serialization;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Devices;

/// <summary>The document on disk (format 1). Values are text beside their kind, so that <c>"1"</c> and <c>1</c> stay apart.</summary>
public static class DeviceMemoryJson
{
    public const int MaxBytes = 1 << 20;

    public static byte[] Write(DeviceMemory memory) => JsonSerializer.SerializeToUtf8Bytes(
        new MemoryDocument(1, [.. memory.Properties.Select(ToEntry)]), MemoryContext.Default.MemoryDocument);

    /// <summary>Null when the bytes are no such document.</summary>
    public static DeviceMemory? TryRead(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return JsonSerializer.Deserialize(bytes, MemoryContext.Default.MemoryDocument) is { Format: 1 } document
                ? new DeviceMemory { Properties = document.Properties.Select(ToProperty).ToEquatableArray() }
                : null;
        }
        catch (Exception unreadable) when (unreadable is JsonException or FormatException)
        {
            return null;
        }
    }

    private static MemoryEntry ToEntry(PropertyMemory property) => new(property.Name, property.Version.ToString(), property.Stage)
    {
        Before = property.Before?.ToString(),
        BeforeKind = property.Before switch
        {
            null => null,
            DeviceValue.Boolean => ValueKind.Bool,
            DeviceValue.Number => ValueKind.Number,
            _ => ValueKind.Text,
        },
        SeenBoot = property.FirstSeen?.Boot.Id,
        SeenUptimeMs = (long?)property.FirstSeen?.Boot.Uptime.TotalMilliseconds,
        SeenAt = property.FirstSeen?.At,
        SeenTrusted = property.FirstSeen?.ClockTrusted,
    };

    private static PropertyMemory ToProperty(MemoryEntry entry) => new(entry.Name, Digest.Parse(entry.Version), entry.Stage)
    {
        Before = (entry.BeforeKind, entry.Before) switch
        {
            (ValueKind.Bool, { } text) => new DeviceValue.Boolean(text == "true"),
            (ValueKind.Number, { } text) when DecimalText.TryParse(text, out var number) => new DeviceValue.Number(number),
            (ValueKind.Text, { } text) => new DeviceValue.Text(text),
            _ => null,
        },
        FirstSeen = entry is { SeenBoot: { } boot, SeenUptimeMs: { } uptime, SeenAt: { } at, SeenTrusted: { } trusted }
            ? new FirstSeen(new BootTime(boot, TimeSpan.FromMilliseconds(uptime)), at, trusted)
            : null,
    };
}

internal sealed record MemoryDocument(int Format, MemoryEntry[] Properties);

internal sealed record MemoryEntry(string Name, string Version, MemoryStage Stage)
{
    public ValueKind? BeforeKind { get; init; }

    public string? Before { get; init; }

    public string? SeenBoot { get; init; }

    public long? SeenUptimeMs { get; init; }

    public DateTimeOffset? SeenAt { get; init; }

    public bool? SeenTrusted { get; init; }
}

internal enum ValueKind
{
    Bool,
    Number,
    Text,
}

[JsonSourceGenerationOptions(
    GenerationMode = JsonSourceGenerationMode.Metadata,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(MemoryDocument))]
internal sealed partial class MemoryContext : JsonSerializerContext;

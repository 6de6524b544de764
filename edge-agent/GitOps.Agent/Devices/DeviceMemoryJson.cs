using System.Text.Json;
using System.Text.Json.Serialization;
using GitOps.Bundles;

namespace GitOps.Agent.Devices;

/// <summary>The document on disk (format 1). Values are text beside their kind, so that <c>"1"</c> and <c>1</c> stay apart.</summary>
public static class DeviceMemoryJson
{
    public const int MaxBytes = 1 << 20;

    public static byte[] Write(DeviceMemory memory) => JsonSerializer.SerializeToUtf8Bytes(
        new MemoryDocument(1, [.. memory.Properties.Select(p => ToEntry(p, memory.FirstSeenOf(p.Name, p.Version)))])
        {
            Seen = memory.Sightings.IsEmpty ? null : [.. memory.Sightings.Select(ToEntry)],
        },
        MemoryContext.Default.MemoryDocument);

    /// <summary>Null when the bytes are no such document.</summary>
    public static DeviceMemory? TryRead(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return JsonSerializer.Deserialize(bytes, MemoryContext.Default.MemoryDocument) is { Format: 1 } document
                ? new DeviceMemory
                {
                    Properties = document.Properties.Select(ToProperty).ToEquatableArray(),
                    Sightings = document.Seen is { } seen ? seen.Select(ToSighting).ToEquatableArray()
                        : document.Properties.Select(ToSighting).OfType<VersionSighting>().ToEquatableArray(),
                }
                : null;
        }
        catch (Exception unreadable) when (unreadable is JsonException or FormatException)
        {
            return null;
        }
    }

    /// <param name="firstSeen">Beside it for agents that know no list of sightings.</param>
    private static MemoryEntry ToEntry(PropertyMemory property, Moment? firstSeen) => new(property.Name, property.Version.ToString(), property.Stage)
    {
        Before = property.Before?.ToString(),
        BeforeKind = StoredValue.KindOf(property.Before),
        SeenBoot = firstSeen?.Boot.Id,
        SeenUptimeMs = (long?)firstSeen?.Boot.Uptime.TotalMilliseconds,
        SeenAt = firstSeen?.At,
        SeenTrusted = firstSeen?.ClockTrusted,
    };

    private static SightingEntry ToEntry(VersionSighting sighting) => new(
        sighting.Property, sighting.Version.ToString(), sighting.At.Boot.Id, (long)sighting.At.Boot.Uptime.TotalMilliseconds, sighting.At.At,
        sighting.At.ClockTrusted);

    private static PropertyMemory ToProperty(MemoryEntry entry) => new(entry.Name, Digest.Parse(entry.Version), entry.Stage)
    {
        Before = StoredValue.Of(entry.BeforeKind, entry.Before),
    };

    private static VersionSighting? ToSighting(MemoryEntry entry) =>
        entry is { SeenBoot: { } boot, SeenUptimeMs: { } uptime, SeenAt: { } at, SeenTrusted: { } trusted }
            ? ToSighting(new SightingEntry(entry.Name, entry.Version, boot, uptime, at, trusted))
            : null;

    private static VersionSighting ToSighting(SightingEntry entry) => new(entry.Property, Digest.Parse(entry.Version), new Moment(
        new BootTime(entry.Boot, TimeSpan.FromMilliseconds(entry.UptimeMs)), entry.At, entry.Trusted));
}

internal sealed record MemoryDocument(int Format, MemoryEntry[] Properties)
{
    public SightingEntry[]? Seen { get; init; }
}

internal sealed record SightingEntry(string Property, string Version, string Boot, long UptimeMs, DateTimeOffset At, bool Trusted);

internal sealed record MemoryEntry(string Name, string Version, MemoryStage Stage)
{
    public ValueKind? BeforeKind { get; init; }

    public string? Before { get; init; }

    public string? SeenBoot { get; init; }

    public long? SeenUptimeMs { get; init; }

    public DateTimeOffset? SeenAt { get; init; }

    public bool? SeenTrusted { get; init; }
}

[JsonSourceGenerationOptions(
    GenerationMode = JsonSourceGenerationMode.Metadata,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(MemoryDocument))]
[JsonSerializable(typeof(AlarmDocument))]
internal sealed partial class MemoryContext : JsonSerializerContext;

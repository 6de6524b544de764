using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using GitOps.Bundles.Units;

namespace GitOps.Bundles.Json;

/// <summary>A digest as text. Public, so that contexts of other assemblies can hold digests.</summary>
public sealed class DigestConverter : JsonConverter<Digest>
{
    public override Digest Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && Digest.TryParse(reader.GetString(), out var digest)
            ? digest
            : throw new JsonException("expected sha256:<64 hex digits>");

    public override void Write(Utf8JsonWriter writer, Digest value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());
}

/// <summary>A unit id as text. Public, so that contexts of other assemblies can hold unit ids.</summary>
public sealed class UnitIdConverter : JsonConverter<UnitId>
{
    public override UnitId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && UnitId.TryParse(reader.GetString(), out var id)
            ? id
            : throw new JsonException("expected kind/name");

    public override void Write(Utf8JsonWriter writer, UnitId value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());
}

/// <summary>A <see cref="decimal"/> as decimal string.</summary>
internal sealed class DecimalConverter : JsonConverter<decimal>
{
    public override decimal Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && DecimalText.TryParse(reader.GetString(), out var value)
            ? value
            : throw new JsonException("expected a decimal string such as \"70.5\"");

    public override void Write(Utf8JsonWriter writer, decimal value, JsonSerializerOptions options) =>
        writer.WriteStringValue(DecimalText.Format(value));
}

/// <summary>A window as text.</summary>
internal sealed class DailyWindowConverter : JsonConverter<DailyWindow>
{
    public override DailyWindow Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && DailyWindow.TryParse(reader.GetString(), CultureInfo.InvariantCulture, out var window)
            ? window
            : throw new JsonException("expected a part of the day such as 22:00-05:00");

    public override void Write(Utf8JsonWriter writer, DailyWindow value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());
}

/// <summary>A moment in UTC as RFC 3339 writes it, with <c>Z</c>.</summary>
internal sealed class UtcTimeConverter : JsonConverter<DateTimeOffset>
{
    private const string Format = "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'";

    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String &&
        DateTimeOffset.TryParseExact(
            reader.GetString(), Format, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time
            : throw new JsonException("expected a UTC time such as 2026-11-24T10:00:00Z");

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.UtcDateTime.ToString(Format, CultureInfo.InvariantCulture));
}

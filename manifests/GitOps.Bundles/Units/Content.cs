using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace GitOps.Bundles.Units;

/// <summary>A piece of text or bytes that ends up on a node; a content is a list of them, concatenated.</summary>
[JsonConverter(typeof(ContentPartConverter))]
public abstract record ContentPart
{
    /// <summary>From this many bytes of UTF-8 on a part is a blob of the store.</summary>
    public const int BlobThresholdBytes = 4096;

    private ContentPart() { } // closed: every case is in this file

    public sealed record Text(string Value) : ContentPart;

    public sealed record Blob(Digest Digest, long SizeBytes) : ContentPart;

    /// <summary>
    /// A hole the agent fills when it writes. The version is the digest of what Git holds about the secret: a new one makes the
    /// agent fill it again.
    /// </summary>
    /// <param name="File">
    /// The file on the node that holds it (a final line break does not count); null: it is sealed, and comes to the node beside
    /// the bundle (<see cref="Publications.SealedSecrets"/>).
    /// </param>
    public sealed record Secret(string Name, string Key, Digest Version, string? File) : ContentPart;
}

/// <summary>A content as a compiler makes it: small text inline, the rest as blobs to be published.</summary>
public static class Content
{
    /// <summary>One part for the bytes, and the blob to publish when it is one.</summary>
    public static (ContentPart Part, byte[]? Blob) Of(byte[] bytes)
    {
        if (bytes.Length < ContentPart.BlobThresholdBytes)
        {
            try
            {
                return (new ContentPart.Text(StrictUtf8.GetString(bytes)), null);
            }
            catch (DecoderFallbackException)
            {
                // not text: a blob whatever its size
            }
        }

        return (new ContentPart.Blob(Digest.Of(bytes), bytes.Length), bytes);
    }

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
}

internal sealed class ContentPartConverter : JsonConverter<ContentPart>
{
    public override ContentPart Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using var document = JsonDocument.ParseValue(ref reader);
        var part = document.RootElement;
        if (part.ValueKind != JsonValueKind.Object)
        {
            throw new JsonException("expected a content part: an object");
        }

        var members = part.EnumerateObject().ToDictionary(m => m.Name, m => m.Value, StringComparer.Ordinal);
        return members switch
        {
            { Count: 1 } when Text(members, "text") is { } text => new ContentPart.Text(text),
            { Count: 2 } when Hash(members, "blob") is { } blob && Size(members) is { } size => new ContentPart.Blob(blob, size),
            { Count: 4 } when Text(members, "secret") is { } name && Text(members, "key") is { } key &&
                              Hash(members, "version") is { } version && Text(members, "file") is { } file =>
                new ContentPart.Secret(name, key, version, file),
            { Count: 4 } when Text(members, "secret") is { } name && Text(members, "key") is { } key &&
                              Hash(members, "version") is { } version && members.TryGetValue("sealed", out var isSealed) &&
                              isSealed.ValueKind == JsonValueKind.True =>
                new ContentPart.Secret(name, key, version, File: null),
            _ => throw new JsonException($"unknown content part with members [{string.Join(", ", members.Keys)}]"),
        };
    }

    public override void Write(Utf8JsonWriter writer, ContentPart value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        switch (value)
        {
            case ContentPart.Text(var text):
                writer.WriteString("text", text);
                break;
            case ContentPart.Blob(var digest, var size):
                writer.WriteString("blob", digest.ToString());
                writer.WriteNumber("sizeBytes", size);
                break;
            case ContentPart.Secret(var name, var key, var version, var file):
                if (file is not null)
                {
                    writer.WriteString("file", file);
                }

                writer.WriteString("key", key);
                if (file is null)
                {
                    writer.WriteBoolean("sealed", true);
                }

                writer.WriteString("secret", name);
                writer.WriteString("version", version.ToString());
                break;
        }

        writer.WriteEndObject();
    }

    private static string? Text(Dictionary<string, JsonElement> members, string name) =>
        members.TryGetValue(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static Digest? Hash(Dictionary<string, JsonElement> members, string name) =>
        Digest.TryParse(Text(members, name), out var digest) ? digest : null;

    private static long? Size(Dictionary<string, JsonElement> members) =>
        members.TryGetValue("sizeBytes", out var value) && value.ValueKind == JsonValueKind.Number &&
        value.TryGetInt64(out var size) && size >= 0
            ? size
            : null;
}

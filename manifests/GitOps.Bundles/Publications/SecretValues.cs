using System.Text.Json;
using GitOps.Bundles.Json;

namespace GitOps.Bundles.Publications;

/// <summary>
/// What is inside of a sealed secret: a JSON object, key to text. Everything here is secret: nothing of it may get into a message.
/// </summary>
public static class SecretValues
{
    /// <summary>In canonical form.</summary>
    public static byte[] Write(IEnumerable<KeyValuePair<string, string>> values)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            foreach (var (key, value) in values)
            {
                json.WriteString(key, value);
            }

            json.WriteEndObject();
        }

        using var document = JsonDocument.Parse(buffer.ToArray());
        return CanonicalJson.Write(document.RootElement);
    }

    /// <summary>Null when the bytes are no JSON object that holds nothing but texts, each key once.</summary>
    public static IReadOnlyDictionary<string, string>? TryRead(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            using var document = JsonDocument.Parse(bytes, new JsonDocumentOptions { MaxDepth = 4, AllowDuplicateProperties = false });
            var root = document.RootElement;
            return root.ValueKind == JsonValueKind.Object && root.EnumerateObject().All(member => member.Value.ValueKind == JsonValueKind.String)
                ? root.EnumerateObject().ToDictionary(member => member.Name, member => member.Value.GetString()!, StringComparer.Ordinal)
                : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null; // no JSON, or text that is half a character
        }
    }
}

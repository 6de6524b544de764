using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace GitOps.Agent.Devices.Http;

/// <summary>Points into a JSON document: RFC 6901.</summary>
public static class JsonPointer
{
    /// <summary>What the pointer names; null when there is no such place, or the pointer is none.</summary>
    public static JsonElement? Find(JsonElement document, string pointer)
    {
        if (Tokens(pointer) is not { } tokens)
        {
            return null;
        }

        var at = document;
        foreach (var token in tokens)
        {
            JsonElement next;
            switch (at.ValueKind)
            {
                case JsonValueKind.Object when at.TryGetProperty(token, out next):
                    break;
                case JsonValueKind.Array when IndexOf(token) is { } index && index < at.GetArrayLength():
                    next = at[index];
                    break;
                default:
                    return null;
            }

            at = next;
        }

        return at;
    }

    /// <summary>An object that holds nothing but the value at that place; null when the pointer is none.</summary>
    public static byte[]? Wrap(string pointer, Action<Utf8JsonWriter> value)
    {
        if (Tokens(pointer) is not { } tokens)
        {
            return null;
        }

        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            foreach (var token in tokens)
            {
                writer.WriteStartObject();
                writer.WritePropertyName(token);
            }

            value(writer);
            foreach (var _ in tokens)
            {
                writer.WriteEndObject();
            }
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>§3 and §4: `~1` is `/` and `~0` is `~`, in this order; an empty pointer is the whole document.</summary>
    private static string[]? Tokens(string pointer) =>
        pointer.Length == 0 ? []
        : pointer[0] == '/' ? [.. pointer[1..].Split('/').Select(token => token.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal))]
        : null;

    /// <summary>§4: digits without a leading zero.</summary>
    private static int? IndexOf(string token) =>
        (token == "0" || !token.StartsWith('0')) && int.TryParse(token, NumberStyles.None, CultureInfo.InvariantCulture, out var index) ? index : null;
}

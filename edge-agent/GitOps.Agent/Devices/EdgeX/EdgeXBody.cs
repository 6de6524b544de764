using System.Buffers;
using System.Text;
using System.Text.Json;

namespace GitOps.Agent.Devices.EdgeX;

/// <summary>Writes what is sent to core-metadata about one object.</summary>
internal static class EdgeXBody
{
    private static readonly string[] Kept = ["id", "created"];

    private static readonly string[] Discovered = ["profileName", "adminState", "autoEvents", "properties"];

    /// <summary>All of it. <paramref name="found"/> is what it replaces: an id that is not sent back is lost.</summary>
    public static string Whole(EdgeXObject desired, EdgeXObject? found) => Write(json =>
    {
        foreach (var member in desired.Value.EnumerateObject())
        {
            member.WriteTo(json);
        }

        foreach (var kept in Kept)
        {
            if (found is not null && found.Value.TryGetProperty(kept, out var value))
            {
                json.WritePropertyName(kept);
                value.WriteTo(json);
            }
        }

        if (desired.Kind == EdgeXKind.Device)
        {
            // REST asks for both; a device service that reads them from a file fills in the same.
            WriteMissing(json, desired, "adminState", "UNLOCKED");
            WriteMissing(json, desired, "operatingState", "UP");
        }
    });

    /// <summary>Only what differs. What is desired no more is said to be empty: what is not said stays.</summary>
    public static string Difference(EdgeXObject desired, IReadOnlyList<string> fields) => Write(json =>
    {
        json.WriteString("name"u8, desired.Name);
        foreach (var field in fields)
        {
            json.WritePropertyName(field);
            if (field == "discoveredDevice" && desired.Value.TryGetProperty(field, out var discovered))
            {
                WriteDiscovered(json, discovered);
            }
            else if (desired.Value.TryGetProperty(field, out var value) && value.ValueKind != JsonValueKind.Null)
            {
                value.WriteTo(json);
            }
            else
            {
                WriteEmpty(json, field);
            }
        }
    });

    private static void WriteDiscovered(Utf8JsonWriter json, JsonElement discovered)
    {
        json.WriteStartObject();
        foreach (var field in Discovered)
        {
            json.WritePropertyName(field);
            if (discovered.TryGetProperty(field, out var value) && value.ValueKind != JsonValueKind.Null)
            {
                value.WriteTo(json);
            }
            else
            {
                WriteEmpty(json, field);
            }
        }

        json.WriteEndObject();
    }

    private static void WriteEmpty(Utf8JsonWriter json, string field)
    {
        switch (field)
        {
            case "labels" or "autoEvents":
                json.WriteStartArray();
                json.WriteEndArray();
                break;
            case "description" or "parent" or "profileName" or "serviceName" or "adminState":
                json.WriteStringValue("");
                break;
            default:
                json.WriteStartObject();
                json.WriteEndObject();
                break;
        }
    }

    private static void WriteMissing(Utf8JsonWriter json, EdgeXObject desired, string field, string value)
    {
        if (!desired.Value.TryGetProperty(field, out _))
        {
            json.WriteString(field, value);
        }
    }

    private static string Write(Action<Utf8JsonWriter> members)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}

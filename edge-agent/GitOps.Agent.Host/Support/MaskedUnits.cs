using System.Text.Json;
using GitOps.Agent.Host.Control;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Host.Support;

/// <summary>Units as the bundle has them, with every text replaced by its length: people put passwords into Git.</summary>
internal static class MaskedUnits
{
    public static string Of(IEnumerable<Unit> units)
    {
        using var json = JsonDocument.Parse(Bundle.Of(units).ToBytes());
        return System.Text.Encoding.UTF8.GetString(JsonDocuments.Write(writer =>
        {
            writer.WritePropertyName("units");
            Write(writer, json.RootElement.GetProperty("units"));
        }));
    }

    private static void Write(Utf8JsonWriter writer, JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var member in element.EnumerateObject())
                {
                    writer.WritePropertyName(member.Name);
                    if (member is { Name: "text", Value.ValueKind: JsonValueKind.String })
                    {
                        writer.WriteStringValue($"({member.Value.GetString()!.Length} characters)");
                    }
                    else
                    {
                        Write(writer, member.Value);
                    }
                }

                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in element.EnumerateArray())
                {
                    Write(writer, item);
                }

                writer.WriteEndArray();
                break;
            default:
                element.WriteTo(writer);
                break;
        }
    }
}

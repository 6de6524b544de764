using System.Text;
using System.Text.Json;
using GitOps.Bundles.Json;

namespace GitOps.Agent.Devices.EdgeX;

/// <summary>
/// The form in which two objects of EdgeX are compared. Left out is what EdgeX gives itself (id, times, the state of a device) and
/// what says nothing: EdgeX has no difference between a field that is missing, null, false, empty, and the case of a value type.
/// What drivers read (attributes, protocol properties, tags) is compared as it is.
/// </summary>
public static class EdgeXForm
{
    private static readonly string[] ProfileFields = ["deviceCommands", "deviceResources", "description", "labels", "manufacturer", "model"];

    private static readonly string[] DeviceFields =
        ["adminState", "autoEvents", "description", "labels", "location", "parent", "profileName", "properties", "protocols", "serviceName", "tags"];

    private static readonly string[] WatcherFields = ["adminState", "blockingIdentifiers", "discoveredDevice", "identifiers", "labels", "serviceName"];

    internal static Dictionary<string, string> Of(EdgeXKind kind, JsonElement value)
    {
        var fields = kind switch
        {
            EdgeXKind.Profile => ProfileFields,
            EdgeXKind.Device => DeviceFields,
            _ => WatcherFields,
        };
        var form = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var field in fields)
        {
            if (value.TryGetProperty(field, out var member) && Text(field, member, kind) is { } text)
            {
                form[field] = text;
            }
        }

        return form;
    }

    /// <summary>The fields in which what was found is not what is desired, sorted by name.</summary>
    public static List<string> Differences(EdgeXObject desired, EdgeXObject found)
    {
        List<string> names = [];
        foreach (var (field, text) in desired.Fields)
        {
            if (!found.Fields.TryGetValue(field, out var other) || other != text)
            {
                names.Add(field);
            }
        }

        foreach (var field in found.Fields.Keys)
        {
            // The state in which an operator put a device is his, unless Git says one.
            if (field != "adminState" && !desired.Fields.ContainsKey(field))
            {
                names.Add(field);
            }
        }

        names.Sort(StringComparer.Ordinal);
        return names;
    }

    /// <summary>Null when it says nothing.</summary>
    private static string? Text(string name, JsonElement value, EdgeXKind kind)
    {
        if (IsOpaque(name, kind))
        {
            return IsEmpty(value) ? null : Encoding.UTF8.GetString(CanonicalJson.Write(value));
        }

        switch (value.ValueKind)
        {
            case JsonValueKind.String when value.GetString() is { Length: > 0 } text:
                return name == "valueType" ? text.ToLowerInvariant() : Encoding.UTF8.GetString(CanonicalJson.Write(value));
            case JsonValueKind.Number:
                // Of these EdgeX writes a zero where nothing was said; anywhere else zero is a number.
                return name is "onChangeThreshold" or "maxCap" or "minCap" && value.TryGetDouble(out var number) && number == 0
                    ? null
                    : Encoding.UTF8.GetString(CanonicalJson.Write(value));
            case JsonValueKind.True:
                return "true";
            case JsonValueKind.Array when value.GetArrayLength() > 0:
                var items = new StringBuilder("[");
                foreach (var item in value.EnumerateArray())
                {
                    items.Append(Text("", item, kind) ?? "null").Append(',');
                }

                return items.Append(']').ToString();
            case JsonValueKind.Object:
                return OfObject(value, kind);
            default:
                return null;
        }
    }

    private static string? OfObject(JsonElement value, EdgeXKind kind)
    {
        List<string> members = [];
        foreach (var member in value.EnumerateObject())
        {
            if (Text(member.Name, member.Value, kind) is { } text)
            {
                members.Add($"\"{member.Name}\":{text}");
            }
        }

        members.Sort(StringComparer.Ordinal);
        return members.Count == 0 ? null : $"{{{string.Join(',', members)}}}";
    }

    private static bool IsOpaque(string name, EdgeXKind kind) => name switch
    {
        "attributes" or "tags" or "optional" or "mappings" or "protocols" or "location" or "identifiers" or "blockingIdentifiers" => true,
        "properties" => kind != EdgeXKind.Profile,
        _ => false,
    };

    private static bool IsEmpty(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null or JsonValueKind.Undefined => true,
        JsonValueKind.String => value.GetString() is "",
        JsonValueKind.Array => value.GetArrayLength() == 0,
        JsonValueKind.Object => !value.EnumerateObject().MoveNext(),
        _ => false,
    };
}

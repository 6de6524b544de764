using System.Globalization;
using System.Text.Json.Nodes;

namespace GitOps.TestKit.EdgeX;

/// <summary>core-command, with devices that hold what they are set to.</summary>
public sealed class EdgeXCommands(EdgeXMetadata metadata)
{
    private readonly Dictionary<(string Device, string Resource), string> _values = [];

    /// <summary>What a device says of a resource; what was not set is 0.</summary>
    public string this[string device, string resource]
    {
        get => _values.GetValueOrDefault((device, resource), "0");
        set => _values[(device, resource)] = value;
    }

    /// <summary>How often somebody set something.</summary>
    public int Sets { get; private set; }

    internal EdgeXReply Handle(string method, string deviceName, string command, string body)
    {
        if (!metadata.Has("device", deviceName))
        {
            return EdgeXReply.Error(404, $"device {deviceName} not found");
        }

        var device = metadata.Stored("device", deviceName);
        if (EdgeXMetadata.Text(device, "adminState") == "LOCKED" || EdgeXMetadata.Text(device, "operatingState") == "DOWN")
        {
            return EdgeXReply.Error(423, $"device {deviceName} is locked or down");
        }

        var profileName = EdgeXMetadata.Text(device, "profileName");
        var resource = profileName.Length == 0 ? null : (metadata.Stored("deviceprofile", profileName)["deviceResources"] as JsonArray ?? [])
            .OfType<JsonObject>().FirstOrDefault(one => EdgeXMetadata.Text(one, "name") == command);
        if (resource is null)
        {
            return EdgeXReply.Error(404, $"DeviceResource {command} not found");
        }

        var properties = (JsonObject)resource["properties"]!;
        var access = EdgeXMetadata.Text(properties, "readWrite");
        if (!access.Contains(method == "GET" ? 'R' : 'W', StringComparison.Ordinal))
        {
            return EdgeXReply.Error(405, $"DeviceResource {command} is not allowed to be {(method == "GET" ? "read" : "written")}");
        }

        return method == "GET" ? Read(deviceName, profileName, command, EdgeXMetadata.Text(properties, "valueType")) : Set(deviceName, command, properties, body);
    }

    private EdgeXReply Read(string device, string profile, string resource, string valueType)
    {
        var text = this[device, resource];
        var value = valueType.StartsWith("Float", StringComparison.Ordinal) && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            ? number.ToString("0.0################e+00", CultureInfo.InvariantCulture)
            : text;
        var reading = new JsonObject
        {
            ["apiVersion"] = "v3",
            ["id"] = Guid.NewGuid().ToString(),
            ["origin"] = 1,
            ["deviceName"] = device,
            ["resourceName"] = resource,
            ["profileName"] = profile,
            ["valueType"] = valueType,
            ["value"] = value,
        };
        var body = EdgeXReply.Item(200);
        body["event"] = new JsonObject
        {
            ["apiVersion"] = "v3",
            ["id"] = Guid.NewGuid().ToString(),
            ["deviceName"] = device,
            ["profileName"] = profile,
            ["sourceName"] = resource,
            ["origin"] = 1,
            ["readings"] = new JsonArray(reading),
        };
        return new EdgeXReply(200, body);
    }

    private EdgeXReply Set(string device, string resource, JsonObject properties, string body)
    {
        if (JsonNode.Parse(body) is not JsonObject values || values[resource] is not JsonValue given)
        {
            return EdgeXReply.Error(500, $"{resource} not found in the parameters, and it has no default value");
        }

        var text = given.ToString();
        var isNumber = double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number);
        var type = EdgeXMetadata.Text(properties, "valueType");
        if (type is not ("String" or "Bool") && (!isNumber ||
            (properties["minimum"] is { } least && number < Number(least)) || (properties["maximum"] is { } most && number > Number(most))))
        {
            return EdgeXReply.Error(400, $"failed to create CommandValue: {text} is out of range or no {type}");
        }

        this[device, resource] = text;
        Sets++;
        return new EdgeXReply(200, EdgeXReply.Item(200));
    }

    private static double Number(JsonNode node) => double.Parse(node.ToJsonString(), CultureInfo.InvariantCulture);
}

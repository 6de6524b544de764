using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using GitOps.Manifests;
using GitOps.Manifests.EdgeX;

namespace GitOps.TestKit.EdgeX;

/// <summary>
/// core-metadata: what it holds and what it takes. Shapes are judged by the validator that agrees with EdgeX's own on every file of
/// the corpus.
/// </summary>
public sealed class EdgeXMetadata(string version)
{
    private const int MaxResultCount = 1024;
    private const int DefaultLimit = 20;

    private static readonly Dictionary<string, (string Single, string Many, EdgeXKind Kind)> Lists = new(StringComparer.Ordinal)
    {
        ["deviceprofile"] = ("profile", "profiles", EdgeXKind.Profile),
        ["device"] = ("device", "devices", EdgeXKind.Device),
        ["provisionwatcher"] = ("provisionwatcher", "provisionWatchers", EdgeXKind.Watcher),
        ["deviceservice"] = ("service", "services", EdgeXKind.Device),
    };

    private readonly Dictionary<string, Dictionary<string, JsonObject>> _stored =
        Lists.Keys.ToDictionary(list => list, _ => new Dictionary<string, JsonObject>(StringComparer.Ordinal), StringComparer.Ordinal);

    private long _clock = 1_700_000_000_000;

    public string Version { get; set; } = version;

    /// <summary>What the driver of a device service says of a device: null, or why it refuses it.</summary>
    public Func<string, string?> Driver { get; set; } = static _ => null;

    /// <summary>Device services that are registered and do not answer.</summary>
    public HashSet<string> Silent { get; } = [];

    /// <summary>StrictDeviceProfileChanges.</summary>
    public bool IsStrict { get; set; }

    private bool IsV4 => Version.StartsWith('4');

    public IReadOnlyCollection<string> Names(string list) => [.. _stored[list].Keys.Order(StringComparer.Ordinal)];

    /// <summary>As it is stored; the very object.</summary>
    public JsonObject Stored(string list, string name) => _stored[list][name];

    public bool Has(string list, string name) => _stored[list].ContainsKey(name);

    /// <summary>A device service that has registered itself.</summary>
    public void AddService(string name) => _stored["deviceservice"][name] = Stamped(new JsonObject
    {
        ["name"] = name,
        ["baseAddress"] = $"http://{name}:59900",
        ["adminState"] = "UNLOCKED",
    });

    /// <summary>What somebody else did to what is stored, past every check.</summary>
    public void Put(string list, JsonObject document)
    {
        if (list == "device")
        {
            document["adminState"] ??= "UNLOCKED";
            document["operatingState"] ??= "UP";
        }

        _stored[list][NameOf(document)] = Stamped(document);
    }

    public void Take(string list, string name) => _stored[list].Remove(name);

    internal EdgeXReply List(string list, string? offsetText, string? limitText)
    {
        if (!Lists.TryGetValue(list, out var names))
        {
            return EdgeXReply.Error(404, "there is nothing");
        }

        if (!TryInteger(offsetText, 0, out var offset) || !TryInteger(limitText, DefaultLimit, out var limit) || offset < 0 || limit is < -1 or > MaxResultCount)
        {
            return EdgeXReply.Error(400, $"offset or limit is out of range, the limit is at most {MaxResultCount}");
        }

        var all = _stored[list].Values.OrderByDescending(one => (long)one["modified"]!).ToList();
        if (offset > all.Count)
        {
            return EdgeXReply.Error(416, $"query objects bounds out of range. length:{all.Count} offset:{offset}");
        }

        var page = all.Skip(offset).Take(limit < 0 ? MaxResultCount : limit).Select(one => (JsonNode?)one.DeepClone()).ToArray();
        var body = EdgeXReply.Item(200);
        body["totalCount"] = all.Count;
        body[names.Many] = new JsonArray(page);
        return new EdgeXReply(200, body);
    }

    internal EdgeXReply Get(string list, string name)
    {
        if (!Lists.TryGetValue(list, out var names) || !_stored[list].TryGetValue(name, out var found))
        {
            return EdgeXReply.Error(404, $"fail to query {list} by name {name}");
        }

        var body = EdgeXReply.Item(200);
        body[names.Single] = found.DeepClone();
        return new EdgeXReply(200, body);
    }

    internal EdgeXReply Delete(string list, string name)
    {
        if (!Lists.ContainsKey(list) || !_stored[list].ContainsKey(name))
        {
            return EdgeXReply.Error(404, $"fail to delete the {list} with name {name}");
        }

        var inUse = list switch
        {
            "deviceprofile" => _stored["device"].Values.Any(device => Text(device, "profileName") == name) ||
                _stored["provisionwatcher"].Values.Any(watcher => Text(watcher["discoveredDevice"] as JsonObject, "profileName") == name),
            "device" => _stored["device"].Values.Any(device => Text(device, "parent") == name),
            _ => false,
        };
        if (inUse)
        {
            return EdgeXReply.Error(409, $"fail to delete {name} when something is still associated with it");
        }

        _stored[list].Remove(name);
        return new EdgeXReply(200, EdgeXReply.Item(200), $"{list}/delete/{name}");
    }

    internal EdgeXReply Write(string method, string list, string body)
    {
        if (!Lists.TryGetValue(list, out var names) || list == "deviceservice" ||
            method != "POST" && method != (list == "deviceprofile" ? "PUT" : "PATCH"))
        {
            return EdgeXReply.Error(405, "not allowed");
        }

        JsonArray requests;
        try
        {
            requests = (JsonArray)JsonNode.Parse(body)!;
        }
        catch (Exception failure) when (failure is JsonException or InvalidCastException or NullReferenceException)
        {
            return EdgeXReply.Error(400, "Failed to read request body");
        }

        if (list == "deviceprofile" && method == "PUT" && IsStrict)
        {
            return EdgeXReply.Error(423, "profile change is not allowed when StrictDeviceProfileChanges config is enabled");
        }

        // As DTOs are validated while they are unmarshalled, one bad document refuses them all, and it is not said which.
        foreach (var request in requests)
        {
            if ((request as JsonObject)?[names.Single] is not JsonObject document || Blame(names.Kind, names.Single, document, method == "PATCH" ? list : null) is not null)
            {
                var blame = (request as JsonObject)?[names.Single] is JsonObject bad ? Blame(names.Kind, names.Single, bad, method == "PATCH" ? list : null) : "missing";
                return EdgeXReply.Error(400, $"{names.Single} json decoding failed: {blame}");
            }
        }

        var answers = new JsonArray();
        foreach (var request in requests)
        {
            var document = (JsonObject)((JsonObject)request!)[names.Single]!;
            answers.Add((JsonNode)(method switch
            {
                "POST" => Add(list, document),
                "PUT" => Replace(document),
                _ => Change(list, document),
            }));
        }

        return new EdgeXReply(207, answers, $"{list}/update");
    }

    private JsonObject Add(string list, JsonObject document)
    {
        var name = NameOf(document);
        if (Has(list, name))
        {
            return EdgeXReply.Item(409, $"{list} name {name} already exists");
        }

        if (Refusal(list, document) is var (status, why))
        {
            return EdgeXReply.Item(status, why);
        }

        var stored = Stamped(Kept(list, document));
        stored["id"] = Guid.NewGuid().ToString();
        stored["created"] = _clock;
        _stored[list][name] = stored;
        return EdgeXReply.Item(201, id: (string)stored["id"]!);
    }

    private JsonObject Replace(JsonObject document)
    {
        var name = NameOf(document);
        if (!_stored["deviceprofile"].TryGetValue(name, out var old))
        {
            return EdgeXReply.Item(404, $"device profile {name} does not exist");
        }

        var stored = Stamped(Kept("deviceprofile", document));
        foreach (var field in new[] { "id", "created" })
        {
            // EdgeX 4 stores exactly what is sent: an id that is not sent is lost.
            if ((IsV4 ? document[field] : old[field]) is { } kept)
            {
                stored[field] = kept.DeepClone();
            }
        }

        _stored["deviceprofile"][name] = stored;
        return EdgeXReply.Item(200);
    }

    private JsonObject Change(string list, JsonObject patch)
    {
        var name = NameOf(patch);
        if (!_stored[list].TryGetValue(name, out var old))
        {
            return EdgeXReply.Item(404, $"{list} {name} does not exist");
        }

        var merged = Merged(old, patch);
        if (list == "device" && patch["profileName"] is not null && Text(merged, "profileName") != Text(old, "profileName") &&
            _stored["deviceprofile"].TryGetValue(Text(merged, "profileName"), out var profile) && merged["autoEvents"] is JsonArray events)
        {
            // Without a word (edgex-go 5405).
            var kept = events.Where(one => IsSource(profile, Text(one as JsonObject, "sourceName"))).Select(one => one!.DeepClone()).ToArray();
            merged["autoEvents"] = new JsonArray(kept);
        }

        if (list == "device" && Refusal(list, merged) is var (status, why))
        {
            return EdgeXReply.Item(status, why);
        }

        _stored[list][name] = Stamped(Kept(list, merged));
        return EdgeXReply.Item(200);
    }

    private (int Status, string Why)? Refusal(string list, JsonObject document)
    {
        var (name, profileName) = (NameOf(document), Text(document, "profileName"));
        if (list == "provisionwatcher")
        {
            var found = Text(document["discoveredDevice"] as JsonObject, "profileName");
            return found.Length > 0 && !Has("deviceprofile", found) ? (404, $"device profile '{found}' not found") : null;
        }

        if (list != "device")
        {
            return null;
        }

        if (!Has("deviceservice", Text(document, "serviceName")))
        {
            return (400, $"device service '{Text(document, "serviceName")}' does not exists");
        }

        if (profileName.Length > 0 && !Has("deviceprofile", profileName))
        {
            return (400, $"device profile '{profileName}' not found during validating device '{name}'");
        }

        if (Text(document, "parent") == name)
        {
            return (400, $"a device cannot be its own parent: {name}");
        }

        foreach (var one in profileName.Length > 0 && document["autoEvents"] is JsonArray events ? events.OfType<JsonObject>() : [])
        {
            if (Text(one, "interval").EndsWith('d'))
            {
                return (400, $"auto event interval '{Text(one, "interval")}' not valid: unknown unit \"d\"");
            }

            if (!IsSource(_stored["deviceprofile"][profileName], Text(one, "sourceName")))
            {
                return (400, $"auto event source '{Text(one, "sourceName")}' cannot be found in the device profile '{profileName}'");
            }
        }

        return Silent.Contains(Text(document, "serviceName")) ? (503, $"Device {name} validation failed: the service does not answer within 5s")
            : Driver(name) is { } refused ? (500, $"Device {name} validation failed: {refused}")
            : null;
    }

    private string? Blame(EdgeXKind kind, string single, JsonObject document, string? patched)
    {
        var whole = document;
        if (patched is not null)
        {
            if (NameOf(document).Length == 0)
            {
                return "name or id is required";
            }

            if (!_stored[patched].TryGetValue(NameOf(document), out var old))
            {
                return null; // said for the item
            }

            whole = Merged(old, document);
        }

        var request = new JsonArray(new JsonObject { ["apiVersion"] = "v3", [single] = whole.DeepClone() });
        var file = new SourceFile("request.json", Encoding.UTF8.GetBytes(request.ToJsonString()));
        return EdgeXVerdicts.Of(file, kind, IsV4 ? EdgeXVersion.V4 : EdgeXVersion.V31)!.Blames is [var first, ..] ? $"{first.Path} {first.Why}" : null;
    }

    private JsonObject Stamped(JsonObject document)
    {
        document["modified"] = ++_clock;
        document["created"] ??= _clock;
        document["id"] ??= Guid.NewGuid().ToString();
        return document;
    }

    /// <summary>What the DTO has fields for, as Go writes it: empty is missing, flags are there.</summary>
    private JsonObject Kept(string list, JsonObject document)
    {
        var kept = new JsonObject();
        foreach (var (field, value) in document)
        {
            var isEmpty = value is null or JsonArray { Count: 0 } || (value is JsonObject { Count: 0 } && field != "location") ||
                (value is JsonValue text && text.TryGetValue<string>(out var said) && said.Length == 0);
            if (!isEmpty && Fields[list].Contains(field) && (IsV4 || field != "parent"))
            {
                kept[field] = value!.DeepClone();
            }
        }

        foreach (var resource in kept["deviceResources"] as JsonArray ?? [])
        {
            ((JsonObject)resource!)["isHidden"] ??= false;
            var properties = (JsonObject)resource["properties"]!;
            var type = Text(properties, "valueType");
            properties["valueType"] = char.ToUpperInvariant(type[0]) + type[1..];
        }

        foreach (var one in kept["autoEvents"] as JsonArray ?? [])
        {
            ((JsonObject)one!)["onChange"] ??= false;
            if (IsV4)
            {
                ((JsonObject)one)["onChangeThreshold"] ??= 0;
                ((JsonObject)one)["retention"] ??= new JsonObject { ["maxCap"] = 0, ["minCap"] = 0, ["duration"] = "" };
            }
        }

        return kept;
    }

    private static readonly Dictionary<string, string[]> Fields = new(StringComparer.Ordinal)
    {
        ["deviceprofile"] = ["name", "manufacturer", "description", "model", "labels", "deviceResources", "deviceCommands"],
        ["device"] =
        [
            "id", "created", "name", "parent", "description", "adminState", "operatingState", "labels", "location", "serviceName", "profileName", "autoEvents", "protocols",
            "tags", "properties",
        ],
        ["provisionwatcher"] = ["id", "created", "name", "serviceName", "labels", "identifiers", "blockingIdentifiers", "adminState", "discoveredDevice"],
    };

    // Absent or null keeps what is there; a location cannot be taken away.
    private static JsonObject Merged(JsonObject old, JsonObject patch)
    {
        var merged = (JsonObject)old.DeepClone();
        foreach (var (field, value) in patch)
        {
            if (value is not null && field is not ("id" or "created"))
            {
                merged[field] = field == "discoveredDevice" && merged[field] is JsonObject nested
                    ? Merged(nested, (JsonObject)value)
                    : value.DeepClone();
            }
        }

        return merged;
    }

    internal static bool IsSource(JsonObject profile, string source) =>
        (profile["deviceResources"] as JsonArray ?? []).Concat(profile["deviceCommands"] as JsonArray ?? [])
            .Any(one => Text(one as JsonObject, "name") == source);

    internal static string Text(JsonObject? owner, string field) => owner?[field] is JsonValue value && value.TryGetValue<string>(out var text) ? text : "";

    private static string NameOf(JsonObject document) => Text(document, "name");

    private static bool TryInteger(string? text, int otherwise, out int value)
    {
        value = otherwise;
        return string.IsNullOrEmpty(text) || int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);
    }
}

using System.Buffers;
using System.Text.Json;

namespace GitOps.Agent.Devices.EdgeX;

/// <summary>What core-metadata holds, in the order in which one may need the other.</summary>
public enum EdgeXKind
{
    Profile,
    Device,
    Watcher,
}

/// <summary>A profile, device or provision watcher, desired or found, in EdgeX's own shape.</summary>
public sealed class EdgeXObject
{
    private EdgeXObject(EdgeXKind kind, string name, JsonElement value) =>
        (Kind, Name, Value, Fields) = (kind, name, value, EdgeXForm.Of(kind, value));

    public EdgeXKind Kind { get; }

    public string Name { get; }

    public JsonElement Value { get; }

    /// <summary>What counts when two are compared, by field (<see cref="EdgeXForm"/>).</summary>
    internal IReadOnlyDictionary<string, string> Fields { get; }

    /// <summary>Unique within one EdgeX; also how people are told of it.</summary>
    public string Key => $"{Word(Kind)} '{Name}'";

    public static string Word(EdgeXKind kind) => kind switch
    {
        EdgeXKind.Profile => "profile",
        EdgeXKind.Device => "device",
        _ => "watcher",
    };

    /// <summary>Null when it is no object with a name. Lives longer than the document it is read from.</summary>
    public static EdgeXObject? Read(EdgeXKind kind, JsonElement value) =>
        value.ValueKind == JsonValueKind.Object && value.TryGetProperty("name"u8, out var name) &&
        name.ValueKind == JsonValueKind.String && name.GetString() is { Length: > 0 } text
            ? new EdgeXObject(kind, text, value.Clone())
            : null;

    /// <summary>What it says in a field of text; empty when it says nothing.</summary>
    public string Text(string field) =>
        Value.TryGetProperty(field, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    public bool HasLabel(string label) => Labels().Contains(label, StringComparer.Ordinal);

    /// <summary>The same, with one more label at the end.</summary>
    public EdgeXObject WithLabel(string label)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            foreach (var member in Value.EnumerateObject())
            {
                if (!member.NameEquals("labels"u8))
                {
                    member.WriteTo(json);
                }
            }

            json.WriteStartArray("labels"u8);
            foreach (var one in Labels())
            {
                if (one != label)
                {
                    json.WriteStringValue(one);
                }
            }

            json.WriteStringValue(label);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        using var document = JsonDocument.Parse(buffer.WrittenMemory);
        return new EdgeXObject(Kind, Name, document.RootElement.Clone());
    }

    private List<string> Labels()
    {
        List<string> labels = [];
        if (Value.TryGetProperty("labels"u8, out var list) && list.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in list.EnumerateArray())
            {
                if (item.ValueKind == JsonValueKind.String)
                {
                    labels.Add(item.GetString()!);
                }
            }
        }

        return labels;
    }
}

/// <summary>What a unit says core-metadata is to hold.</summary>
public sealed class EdgeXObjects(IReadOnlyList<EdgeXObject> all)
{
    /// <summary>Profiles, then devices with parents before their children, then watchers.</summary>
    public IReadOnlyList<EdgeXObject> All { get; } = all;

    /// <summary>Reads what a bundle carries; each gets the mark of its owner.</summary>
    public static (EdgeXObjects? Objects, string? Problem) Read(ReadOnlyMemory<byte> bytes, string mark)
    {
        try
        {
            using var document = JsonDocument.Parse(bytes, new JsonDocumentOptions { MaxDepth = 64 });
            List<EdgeXObject> all = [];
            foreach (var (kind, member) in new[] { (EdgeXKind.Profile, "profiles"), (EdgeXKind.Device, "devices"), (EdgeXKind.Watcher, "watchers") })
            {
                if (document.RootElement.TryGetProperty(member, out var list))
                {
                    List<EdgeXObject> objects = [];
                    foreach (var item in list.EnumerateArray())
                    {
                        objects.Add(EdgeXObject.Read(kind, item)?.WithLabel(mark) ?? throw new JsonException($"one of the {member} has no name"));
                    }

                    all.AddRange(EdgeXFamily.ParentsFirst(objects));
                }
            }

            return (new EdgeXObjects(all), null);
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            return (null, $"what is desired of EdgeX cannot be read: {failure.Message}");
        }
    }
}

/// <summary>Devices below other devices (EdgeX 4).</summary>
internal static class EdgeXFamily
{
    /// <summary>In the order given, each after its parent where that is among them.</summary>
    public static List<EdgeXObject> ParentsFirst(IReadOnlyList<EdgeXObject> objects)
    {
        var byName = new Dictionary<string, EdgeXObject>(StringComparer.Ordinal);
        foreach (var one in objects)
        {
            byName.TryAdd(one.Name, one);
        }

        List<EdgeXObject> sorted = [];
        var placed = new HashSet<string>(StringComparer.Ordinal);
        foreach (var one in objects)
        {
            Place(one);
        }

        return sorted;

        void Place(EdgeXObject one)
        {
            if (placed.Add(one.Name)) // before its parent is looked at, so that a circle ends
            {
                if (one.Kind == EdgeXKind.Device && byName.TryGetValue(one.Text("parent"), out var parent))
                {
                    Place(parent);
                }

                sorted.Add(one);
            }
        }
    }
}

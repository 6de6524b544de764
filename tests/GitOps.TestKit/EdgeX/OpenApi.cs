using System.Text.Json.Nodes;
using YamlDotNet.RepresentationModel;

namespace GitOps.TestKit.EdgeX;

/// <summary>
/// Holds requests and answers against an OpenAPI file: the path and the method are in it, the answer has a status that it names,
/// and both bodies fit their schemas as far as types, enumerations, items and required members go.
/// </summary>
public sealed class OpenApi
{
    private readonly YamlMappingNode _root;

    private OpenApi(YamlMappingNode root) => _root = root;

    public static OpenApi Read(string path)
    {
        using var reader = File.OpenText(path);
        var yaml = new YamlStream();
        yaml.Load(reader);
        return new OpenApi((YamlMappingNode)yaml.Documents[0].RootNode);
    }

    /// <summary>What does not fit; null when the file knows no such path.</summary>
    public IReadOnlyList<string>? Check(EdgeXExchange exchange)
    {
        if (Operation(exchange) is not { } operation)
        {
            return null;
        }

        List<string> problems = [];
        var isGood = exchange.Status is >= 200 and < 300;
        // What is refused may be anything.
        if (isGood && exchange.Body.Length > 0 && Schema(Get(operation, "requestBody")) is { } request)
        {
            // Where an example is a list and its schema one item, the code takes the list (the PATCH of watchers).
            var sent = JsonNode.Parse(exchange.Body);
            var isEach = Get(Media(Get(operation, "requestBody")), "example") is YamlSequenceNode && Text(Get(Resolve(request), "type")) != "array";
            foreach (var part in isEach && sent is JsonArray list ? list : [sent?.DeepClone()])
            {
                Check(request, part, "request", problems);
            }
        }

        if (Get(Get(operation, "responses"), exchange.Status.ToString(System.Globalization.CultureInfo.InvariantCulture)) is not { } response)
        {
            problems.Add($"the status {exchange.Status} is not one of those named");
        }
        else if (Schema(Resolve(response)) is { } schema)
        {
            Check(schema, JsonNode.Parse(exchange.Answer), "answer", problems);
        }

        return problems;
    }

    private YamlNode? Operation(EdgeXExchange exchange)
    {
        var asked = exchange.Path.Split('?')[0].Replace("/api/v3", "", StringComparison.Ordinal).Split('/');
        foreach (var (key, value) in ((YamlMappingNode)Get(_root, "paths")!).Children)
        {
            var template = ((YamlScalarNode)key).Value!.Split('/');
            if (template.Length == asked.Length && template.Zip(asked).All(pair => pair.First == pair.Second || pair.First.StartsWith('{')) &&
                Get(value, exchange.Method.ToLowerInvariant()) is { } operation)
            {
                return operation;
            }
        }

        return null;
    }

    private YamlNode? Schema(YamlNode? owner) => Get(Media(owner), "schema");

    private YamlNode? Media(YamlNode? owner) => Get(Get(Resolve(owner), "content"), "application/json");

    private void Check(YamlNode written, JsonNode? value, string at, List<string> problems)
    {
        var schema = Resolve(written)!;
        foreach (var part in Items(Get(schema, "allOf")))
        {
            Check(part, value, at, problems);
        }

        foreach (var alternatives in new[] { Get(schema, "anyOf"), Get(schema, "oneOf") })
        {
            var all = Items(alternatives).ToList();
            if (all.Count > 0 && !all.Exists(one => Fits(one, value)))
            {
                problems.Add($"{at} is none of {all.Count} alternatives: {value?.ToJsonString()}");
            }
        }

        var type = Text(Get(schema, "type"));
        // Interfaces of Go, which the file calls objects, take anything.
        var isAny = type == "object" && Get(schema, "properties") is null && Get(schema, "additionalProperties") is null;
        if (value is null || isAny)
        {
            return;
        }

        if (type is not null && !IsOf(type, value))
        {
            problems.Add($"{at} is no {type}: {value.ToJsonString()}");
            return;
        }

        if (Items(Get(schema, "enum")).Select(Text).ToList() is { Count: > 0 } words && !words.Contains(value.ToString()))
        {
            problems.Add($"{at} is none of {string.Join(", ", words)}: {value}");
        }

        if (value is JsonArray array && Get(schema, "items") is { } item)
        {
            for (var i = 0; i < array.Count; i++)
            {
                Check(item, array[i], $"{at}[{i}]", problems);
            }
        }

        if (value is JsonObject owner)
        {
            CheckMembers(schema, owner, at, problems);
        }
    }

    private void CheckMembers(YamlNode schema, JsonObject owner, string at, List<string> problems)
    {
        var properties = Get(schema, "properties");
        foreach (var (name, value) in owner)
        {
            if (Get(properties, name) is { } member)
            {
                Check(member, value, $"{at}.{name}", problems);
            }
        }

        foreach (var required in Items(Get(schema, "required")).Select(one => Text(one)!))
        {
            // The files ask for members that they do not have: a resource of an auto event, for one.
            if (Get(properties, required) is not null && !owner.ContainsKey(required))
            {
                problems.Add($"{at} has no {required}");
            }
        }
    }

    private bool Fits(YamlNode schema, JsonNode? value)
    {
        List<string> problems = [];
        Check(schema, value, "", problems);
        return problems.Count == 0;
    }

    private YamlNode? Resolve(YamlNode? node)
    {
        while (node is not null && Text(Get(node, "$ref")) is { } reference)
        {
            node = reference.Split('/').Skip(1).Aggregate((YamlNode?)_root, Get);
        }

        return node;
    }

    private static bool IsOf(string type, JsonNode value) => (type, value) switch
    {
        ("object", JsonObject) or ("array", JsonArray) => true,
        ("string", JsonValue text) => text.GetValueKind() == System.Text.Json.JsonValueKind.String,
        ("boolean", JsonValue flag) => flag.GetValueKind() is System.Text.Json.JsonValueKind.True or System.Text.Json.JsonValueKind.False,
        ("integer" or "number", JsonValue number) => number.GetValueKind() == System.Text.Json.JsonValueKind.Number,
        _ => false,
    };

    private static YamlNode? Get(YamlNode? node, string key) =>
        node is YamlMappingNode map && map.Children.TryGetValue(new YamlScalarNode(key), out var value) ? value : null;

    private static IEnumerable<YamlNode> Items(YamlNode? node) => node is YamlSequenceNode list ? list.Children : [];

    private static string? Text(YamlNode? node) => (node as YamlScalarNode)?.Value;
}

using GitOps.Manifests.Foreign;
using GitOps.Manifests.Shapes;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.EdgeX;

/// <summary>
/// Profiles of EdgeX 1 (Edinburgh to Hanoi: value and units as objects, get and set lists, coreCommands) and EdgeX 2 (numbers
/// in quotes) in the shape of EdgeX 3 and 4. A profile of today comes out as it went in.
/// </summary>
internal sealed class ProfileUpgrade(ForeignSyntax syntax, Changes changes)
{
    private const string ToFlat = "write valueType, readWrite and the rest directly below 'properties'";

    private static readonly string[] Numbers = ["minimum", "maximum", "scale", "offset", "base", "mask", "shift"];
    private static readonly string[] OfValue = ["readWrite", "defaultValue", "assertion", "mediaType", .. Numbers];

    private readonly Dictionary<string, string> _access = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _types = new(StringComparer.Ordinal);

    public YamlNode.Mapping Apply(YamlNode.Mapping profile)
    {
        var upgraded = profile.Each(syntax, "deviceResources", Resource);
        if (upgraded.Find("coreCommands", syntax) is { } core)
        {
            changes.Add(core.Span, "'coreCommands' of EdgeX 1 is left out: commands are offered by 'deviceCommands' and resources",
                "remove it");
            upgraded = upgraded.Without(syntax, "coreCommands");
        }

        if (upgraded.Find("resources", syntax) is YamlNode.Sequence && upgraded.Find("deviceCommands", syntax) is null)
        {
            upgraded = upgraded.Renamed(syntax, "resources", "deviceCommands");
        }

        return upgraded.Each(syntax, "deviceCommands", Command);
    }

    private YamlNode.Mapping Resource(YamlNode.Mapping resource)
    {
        if (resource.Find("properties", syntax) is not YamlNode.Mapping properties)
        {
            return resource;
        }

        if (properties.Find("value", syntax) is YamlNode.Mapping value)
        {
            changes.Add(properties.Span, "a property is written as EdgeX 1 does, with 'value' and 'units' objects, and read as EdgeX 4 does", ToFlat);
            properties = Flat(properties, value);
        }

        properties = Unquoted(properties);
        if (resource.Find("name", syntax) is YamlNode.Scalar name && properties.Find("readWrite", syntax) is YamlNode.Scalar access)
        {
            _access[name.Text] = access.Text;
            _types[name.Text] = EdgeXTypes.Normalised((properties.Find("valueType", syntax) as YamlNode.Scalar)?.Text ?? "") ?? "";
        }

        return resource.With(syntax, "properties", properties);
    }

    private YamlNode.Mapping Flat(YamlNode.Mapping properties, YamlNode.Mapping value)
    {
        var access = value.Find("readWrite", syntax) ?? TreeEdit.Text(value.Span, "R");
        var units = properties.Find("units", syntax) switch
        {
            YamlNode.Mapping old => old.Find("defaultValue", syntax),
            var written => written,
        };
        return TreeEdit.Map(properties.Span,
        [
            ("valueType", Typed(value)), ("readWrite", access), ("units", units),
            .. OfValue.Skip(1).Select(name => (name, Filled(value.Find(name, syntax)))),
        ]);
    }

    // The first releases had four types, and said how wide a number is beside them.
    private YamlNode.Scalar? Typed(YamlNode.Mapping value)
    {
        var isWide = value.Find("size", syntax) is YamlNode.Scalar { Text: "8" };
        var type = value.Find("type", syntax) as YamlNode.Scalar;
        var today = type?.Text.ToLowerInvariant() switch
        {
            "float" => isWide ? "Float64" : "Float32",
            "integer" or "int" => isWide ? "Int64" : "Int32",
            "uint" => isWide ? "Uint64" : "Uint32",
            "boolean" => "Bool",
            "json" => "Object",
            _ => null,
        };
        if (today is null)
        {
            return type;
        }

        changes.Add(type!.Span, $"the type '{type.Text}' of the first EdgeX is read as {today}", $"write valueType: {today}");
        return type with { Text = today };
    }

    // An empty text is how EdgeX 1 said that there is none.
    private static YamlNode? Filled(YamlNode? node) => node is YamlNode.Scalar { Text: "" } ? null : node;

    private YamlNode.Mapping Unquoted(YamlNode.Mapping properties) => properties with
    {
        Entries =
        [
            .. properties.Entries.Where(entry => !IsEmptyNumber(entry)).Select(entry => IsQuotedNumber(entry, out var scalar)
                ? entry with { Value = Number(scalar) }
                : entry),
        ],
    };

    private YamlNode.Scalar Number(YamlNode.Scalar scalar)
    {
        changes.Add(scalar.Span, "a number in quotes, as EdgeX 2 writes it, is read as a number; EdgeX 3 and 4 refuse it",
            $"remove the quotes: {scalar.Text.Trim()}");
        return scalar with { Text = scalar.Text.Trim(), IsPlain = true };
    }

    private bool IsQuotedNumber(YamlEntry entry, out YamlNode.Scalar scalar)
    {
        scalar = (entry.Value as YamlNode.Scalar)!;
        return IsNumberField(entry.Key) && scalar is { IsPlain: false } && ForeignScalar.Number(scalar.Text.Trim()) is not null;
    }

    private bool IsEmptyNumber(YamlEntry entry) => IsNumberField(entry.Key) && entry.Value is YamlNode.Scalar { IsPlain: false, Text: "" };

    private bool IsNumberField(string key) => Numbers.Any(name => ForeignObject.IsKey(key, name, syntax));

    private YamlNode.Mapping Command(YamlNode.Mapping command)
    {
        var (get, set) = (command.Find("get", syntax) as YamlNode.Sequence, command.Find("set", syntax) as YamlNode.Sequence);
        if (get is null && set is null)
        {
            return command;
        }

        changes.Add(command.Span, "a command is written as EdgeX 1 does, with 'get' and 'set' lists, and read as EdgeX 4 does",
            "write readWrite and resourceOperations");
        var (reads, writes) = (Operations(get, isSet: false), Operations(set, isSet: true));
        var both = writes.Concat(reads).DistinctBy(ResourceOf).ToList();
        var (access, operations) = reads.Count > 0 && writes.Count > 0 && AllowAll(both, "RW") ? ("RW", both)
            : reads.Count > 0 && AllowAll(reads, "R") ? ("R", reads)
            : writes.Count > 0 && AllowAll(writes, "W") ? ("W", writes)
            : ("RW", both);
        if (operations.Count < both.Count)
        {
            changes.Add(command.Span, $"a command keeps its '{(access == "R" ? "get" : "set")}' list only: EdgeX 4 has no command that reads some resources and writes others",
                "write two commands");
        }

        return TreeEdit.Map(command.Span,
            ("name", command.Find("name", syntax)),
            ("isHidden", command.Find("isHidden", syntax)),
            ("readWrite", TreeEdit.Text(command.Span, access)),
            ("resourceOperations", TreeEdit.List(command.Span, operations)));
    }

    private bool AllowAll(List<YamlNode.Mapping> operations, string access) => operations.TrueForAll(operation =>
        _access.GetValueOrDefault(ResourceOf(operation), "RW") is var its && (its is "RW" or "WR" || its == access));

    private string ResourceOf(YamlNode.Mapping operation) => (operation.Find("deviceResource", syntax) as YamlNode.Scalar)?.Text ?? "";

    private List<YamlNode.Mapping> Operations(YamlNode.Sequence? list, bool isSet) =>
        [.. (list?.Items ?? []).OfType<YamlNode.Mapping>().Select(operation => Operation(operation, isSet)).Where(operation => ResourceOf(operation).Length > 0)];

    // 'parameter' of EdgeX 1 is a value in some files and a name in others; only the former says anything.
    private YamlNode.Mapping Operation(YamlNode.Mapping operation, bool isSet)
    {
        var resource = Filled(operation.Find("deviceResource", syntax)) ?? operation.Find("object", syntax);
        var type = _types.GetValueOrDefault((resource as YamlNode.Scalar)?.Text ?? "", "");
        return TreeEdit.Map(operation.Span,
            ("deviceResource", resource),
            ("defaultValue", isSet && operation.Find("parameter", syntax) is YamlNode.Scalar value && value.Text.Length > 0 && EdgeXValues.IsOne(value.Text, type) ? value : null),
            ("mappings", operation.Find("mappings", syntax) is { } mappings && !Nodes.IsNull(mappings) ? mappings : null));
    }
}

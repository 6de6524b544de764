using System.Globalization;
using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Manifests.Foreign;
using GitOps.Manifests.Kinds;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.EdgeX;

/// <summary>Makes a DeviceModel of a profile, for the protocol of a device that uses it. What has no counterpart is left out, and said.</summary>
internal sealed class EdgeXModels
{
    private readonly FindingList _findings;
    private readonly ForeignObject _profile;
    private readonly DeviceProtocol _protocol;
    private readonly string _device;
    private readonly SourceSpan _span;

    private EdgeXModels(ForeignDocument profile, DeviceProtocol protocol, string device, FindingList findings)
    {
        (_profile, _protocol, _device, _findings) = (profile.Root, protocol, device, findings);
        _span = profile.Span;
        Names = ForeignNames.OfProperties(profile.Root.Objects("deviceResources").Select(resource => resource.Text("name")));
    }

    private Dictionary<string, string> Names { get; }

    /// <summary>
    /// The model; null, with a finding, when nothing of the profile can be acted on. <paramref name="device"/> is part of an MQTT
    /// topic and of nothing else.
    /// </summary>
    public static Translated? Translate(ForeignDocument profile, DeviceProtocol protocol, string device, string name, FindingList findings)
    {
        var models = new EdgeXModels(profile, protocol, device, findings);
        var properties = new Dictionary<string, YamlNode.Mapping>(StringComparer.Ordinal);
        foreach (var resource in models._profile.Objects("deviceResources"))
        {
            if (models.Property(resource) is { } property)
            {
                properties.Add(models.Names[resource.Text("name")], property);
            }
        }

        if (properties.Count == 0)
        {
            if (protocol == DeviceProtocol.EdgeX)
            {
                return null; // EdgeX acts on it, and there is nothing in it that has a value to report
            }

            findings.Error(EdgeXCodes.NotEnforcedYet, profile.Span, $"nothing of the profile '{Excerpt.Of(profile.Name)}' can be acted on",
                "correct what was left out, or leave its devices out of the DeviceImport");
            return null;
        }

        return new Translated(ResourceKind.DeviceModel, name, profile.Span, TreeEdit.Map(profile.Span,
            ("protocol", TreeEdit.Plain(profile.Span, NameOf(protocol))),
            ("properties", TreeEdit.List(profile.Span, properties.Values)),
            ("commands", models.Commands(properties.Keys)),
            ("foreign", models.Origin(properties.Keys))));
    }

    public static string NameOf(DeviceProtocol protocol) => protocol switch
    {
        DeviceProtocol.ModbusTcp => "modbus-tcp",
        DeviceProtocol.ModbusRtu => "modbus-rtu",
        DeviceProtocol.Mqtt => "mqtt",
        DeviceProtocol.EdgeX => "edgex",
        DeviceProtocol.Mapper => "mapper",
        DeviceProtocol.Http => "http",
        _ => "simulated",
    };

    private YamlNode.Mapping? Property(ForeignObject resource)
    {
        var properties = resource.Object("properties");
        var valueType = EdgeXTypes.Normalised(properties.Text("valueType"))!;
        var name = Names[resource.Text("name")];
        var span = resource.SpanOf("name");
        var place = _protocol.IsModbus() ? ModbusAttributes.Of(resource, new FindingList()) : null;
        if ((_protocol.IsModbus() ? place?.Type : TypeOf(valueType)) is not { } type)
        {
            if (_protocol == DeviceProtocol.EdgeX)
            {
                return null;
            }

            LeftOut(span, _protocol.IsModbus()
                ? $"'{Excerpt.Of(resource.Text("name"))}' says nowhere in a Modbus device"
                : $"'{Excerpt.Of(resource.Text("name"))}' is {valueType}, which the agent has no values for");
            return null;
        }

        if (_protocol == DeviceProtocol.EdgeX)
        {
            return OfEdgeX(resource, properties, name, type);
        }

        var access = properties.Text("readWrite") switch { "R" => "r", "W" => "w", _ => "rw" };
        if (access != "r" && (place?.Table is "discrete" or "input" || _protocol == DeviceProtocol.Mqtt))
        {
            LeftOut(properties.SpanOf("readWrite"), _protocol == DeviceProtocol.Mqtt
                ? $"writing '{Excerpt.Of(resource.Text("name"))}': EdgeX asks an MQTT device under a topic that is new each time"
                : $"writing '{Excerpt.Of(resource.Text("name"))}': its table can only be read");
            if (access == "w")
            {
                return null;
            }

            access = "r";
        }

        if (properties.Text("assertion").Length > 0)
        {
            LeftOut(properties.SpanOf("assertion"), $"the assertion of '{Excerpt.Of(resource.Text("name"))}'");
        }

        return TreeEdit.Map(span,
        [
            ("name", TreeEdit.Text(span, name)), ("type", TreeEdit.Plain(span, type)), ("access", TreeEdit.Plain(span, access)),
            ("unit", string.IsNullOrWhiteSpace(properties.Text("units")) ? null : TreeEdit.Text(properties.SpanOf("units"), properties.Text("units"))),
            .. Numbers(properties, type), ("poll", TreeEdit.Plain(span, "0s")),
            ("register", place is null ? null : Register(place, resource.Object("attributes").SpanOf("startingAddress"))),
            ("topic", _protocol == DeviceProtocol.Mqtt ? TreeEdit.Map(span, ("read", TreeEdit.Text(span, $"incoming/data/{_device}/{resource.Text("name")}"))) : null),
            ("simulate", _protocol == DeviceProtocol.Simulated ? Simulated(properties, type, span) : null),
        ]);
    }

    // EdgeX computes values itself: what comes and what is set is of the value type already.
    private static YamlNode.Mapping OfEdgeX(ForeignObject resource, ForeignObject properties, string name, string type)
    {
        var span = resource.SpanOf("name");
        return TreeEdit.Map(span,
        [
            ("name", TreeEdit.Text(span, name)), ("type", TreeEdit.Plain(span, type)),
            ("access", TreeEdit.Plain(span, properties.Text("readWrite") switch { "R" => "r", "W" => "w", _ => "rw" })),
            ("unit", string.IsNullOrWhiteSpace(properties.Text("units")) ? null : TreeEdit.Text(properties.SpanOf("units"), properties.Text("units"))),
            .. Numbers(properties, type).Where(number => number.Key is "minimum" or "maximum"), ("poll", TreeEdit.Plain(span, "0s")),
            ("resource", resource.Text("name") == name ? null : TreeEdit.Text(span, resource.Text("name"))),
        ]);
    }

    // What a lint has a warning for would be an error here, and does nothing in EdgeX either.
    private static IEnumerable<(string Key, YamlNode? Value)> Numbers(ForeignObject properties, string type)
    {
        var isInteger = type is not ("bool" or "string" or "float32" or "float64");
        if (!isInteger && type is "bool" or "string")
        {
            yield break;
        }

        var (minimum, maximum) = (properties.Number("minimum"), properties.Number("maximum"));
        if (isInteger)
        {
            yield return ("mask", Number("mask", without: 0));
            yield return ("shift", properties.Number("shift") is >= -63 and <= 63 ? Number("shift", without: 0) : null);
        }

        yield return ("base", properties.Number("base") is > 0 and not 1 ? Number("base", without: 0) : null);
        yield return ("scale", properties.Number("scale") is not 0 ? Number("scale", without: 1) : null);
        yield return ("offset", Number("offset", without: 0));
        yield return ("minimum", minimum > maximum ? null : Number("minimum", without: null));
        yield return ("maximum", minimum > maximum ? null : Number("maximum", without: null));

        YamlNode? Number(string name, decimal? without) => properties.Number(name) is { } number && number != without
            ? TreeEdit.Plain(properties.SpanOf(name), DecimalText.Format(name is "mask" or "shift" ? decimal.Truncate(number) : number))
            : null;
    }

    private static YamlNode.Mapping Register(ModbusAttributes place, SourceSpan span) => TreeEdit.Map(span,
        ("table", TreeEdit.Plain(span, place.Table)),
        ("address", Whole(span, place.Address)),
        ("bit", place.Bit is { } bit ? Whole(span, bit) : null),
        ("registers", place.Registers is { } registers ? Whole(span, registers) : null),
        ("wordSwap", place.WordSwap ? TreeEdit.Plain(span, "true") : null),
        ("byteSwap", place.ByteSwap ? TreeEdit.Plain(span, "true") : null));

    private static YamlNode.Mapping? Simulated(ForeignObject properties, string type, SourceSpan span)
    {
        if (properties.Text("defaultValue") is { Length: > 0 } text && EdgeXValues.IsOne(text, EdgeXTypes.Normalised(properties.Text("valueType"))!))
        {
            return Value(text, type, properties.SpanOf("defaultValue")) is { } value ? TreeEdit.Map(span, ("initial", value)) : null;
        }

        return type is not ("bool" or "string") && properties.Number("minimum") is { } least && properties.Number("maximum") is { } most && least < most && most < 1e12m
            ? TreeEdit.Map(span,
                ("initial", TreeEdit.Plain(span, DecimalText.Format(decimal.Truncate((least + most) / 2)))),
                ("noise", TreeEdit.Plain(span, DecimalText.Format(decimal.Truncate((most - least) / 2)))))
            : null;
    }

    private YamlNode.Sequence? Commands(IEnumerable<string> properties)
    {
        var known = properties.ToHashSet(StringComparer.Ordinal);
        var names = ForeignNames.OfProperties(_profile.Objects("deviceCommands").Select(command => command.Text("name")));
        var commands = new List<YamlNode>();
        foreach (var command in _profile.Objects("deviceCommands"))
        {
            var span = command.SpanOf("name");
            var operations = command.Objects("resourceOperations").ToList();
            if (operations.Exists(operation => !known.Contains(Names[operation.Text("deviceResource")])))
            {
                if (_protocol == DeviceProtocol.EdgeX)
                {
                    continue;
                }

                LeftOut(span, $"the command '{Excerpt.Of(command.Text("name"))}', as a resource of it is left out");
                continue;
            }

            commands.Add(TreeEdit.Map(span,
                ("name", TreeEdit.Text(span, names[command.Text("name")])),
                ("access", TreeEdit.Plain(span, command.Text("readWrite") switch { "R" => "r", "W" => "w", _ => "rw" })),
                ("operations", TreeEdit.List(span, operations.Select(Operation)))));
        }

        return commands.Count == 0 ? null : TreeEdit.List(_span, commands);
    }

    private YamlNode.Mapping Operation(ForeignObject operation)
    {
        var span = operation.SpanOf("deviceResource");
        var resource = _profile.Objects("deviceResources").First(one => one.Text("name") == operation.Text("deviceResource"));
        var valueType = EdgeXTypes.Normalised(resource.Object("properties").Text("valueType"))!;
        var text = operation.Text("defaultValue");
        return TreeEdit.Map(span,
            ("property", TreeEdit.Text(span, Names[operation.Text("deviceResource")])),
            ("default", text.Length > 0 && EdgeXValues.IsOne(text, valueType) ? Value(text, TypeOf(valueType), operation.SpanOf("defaultValue")) : null),
            ("mappings", operation.Object("mappings").Entries is { IsEmpty: false } mappings
                ? TreeEdit.Map(operation.SpanOf("mappings"), mappings.Where(entry => entry.Value is YamlNode.Scalar)
                    .Select(entry => (entry.Key, (YamlNode?)TreeEdit.Text(entry.Value.Span, ((YamlNode.Scalar)entry.Value).Text))))
                : null));
    }

    private YamlNode.Mapping Origin(IEnumerable<string> properties)
    {
        var known = properties.ToHashSet(StringComparer.Ordinal);
        var changed = Names.Where(name => name.Key != name.Value && known.Contains(name.Value)).ToList();
        return TreeEdit.Map(_span,
            ("system", TreeEdit.Text(_span, "edgex")),
            ("name", TreeEdit.Text(_span, _profile.Text("name"))),
            ("names", changed.Count == 0 ? null
                : TreeEdit.Map(_span, changed.Select(name => (name.Value, (YamlNode?)TreeEdit.Text(_span, name.Key))))));
    }

    // Arrays and objects travel as text over MQTT; a Modbus device has none, and nothing simulates them.
    private string? TypeOf(string valueType) => valueType switch
    {
        "Binary" => null,
        "Object" or "ObjectArray" => _protocol is DeviceProtocol.Mqtt or DeviceProtocol.EdgeX ? "string" : null,
        _ when valueType.EndsWith("Array", StringComparison.Ordinal) => _protocol is DeviceProtocol.Mqtt or DeviceProtocol.EdgeX ? "string" : null,
        _ => valueType.ToLowerInvariant(),
    };

    private static YamlNode.Scalar? Value(string text, string? type, SourceSpan span) => type switch
    {
        null => null,
        "string" => TreeEdit.Text(span, text),
        "bool" => TreeEdit.Plain(span, text is "1" or "t" or "T" or "true" or "TRUE" or "True" ? "true" : "false"),
        _ => ForeignScalar.Number(text) is { } number ? TreeEdit.Plain(span, DecimalText.Format(number)) : null,
    };

    private static YamlNode.Scalar Whole(SourceSpan span, int number) => TreeEdit.Plain(span, number.ToString(CultureInfo.InvariantCulture));

    private void LeftOut(SourceSpan span, string what) =>
        _findings.Warning(EdgeXCodes.LeftOut, span, $"left out: {what}", "correct it, or leave it to EdgeX");
}

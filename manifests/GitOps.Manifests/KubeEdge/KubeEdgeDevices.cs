using System.Globalization;
using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Manifests.Foreign;
using GitOps.Manifests.Kinds;
using GitOps.Manifests.Shapes;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.KubeEdge;

/// <summary>
/// Makes a Device of one of KubeEdge, with a DeviceModel of its own: where a property is stands with the device there and with the
/// model here.
/// </summary>
internal static class KubeEdgeDevices
{
    private static readonly string[] BrokerKeys = ["brokerAddress", "brokerUrl", "address", "url", "ip"];

    /// <summary>The protocol as KubeEdge names it, and ours for it: what the agent does not speak itself, a mapper on the node does.</summary>
    public static (string Name, DeviceProtocol? Ours) ProtocolOf(ForeignDocument device)
    {
        var protocol = device.Root.Object("spec").Object("protocol");
        var name = protocol.Text("protocolName");
        var config = protocol.Object("configData");
        return name.ToLowerInvariant() switch
        {
            "modbus" or "modbus-tcp" or "modbustcp" when config.Has("ip") && !config.Text("communicateMode").Equals("RTU", StringComparison.OrdinalIgnoreCase) =>
                (name, DeviceProtocol.ModbusTcp),
            "modbus" or "modbus-rtu" or "modbusrtu" when config.Has("serialPort") => ("modbus-rtu", DeviceProtocol.ModbusRtu),
            "mqtt" => (name, DeviceProtocol.Mqtt),
            "" => ("none", null),
            _ => (name, DeviceProtocol.Mapper),
        };
    }

    /// <param name="import">The DeviceImport that covers it; null: none does.</param>
    public static TranslatedDevice? Translate(
        ForeignDocument device, ForeignDocument model, string node, string name, Resource<DeviceImportSpec>? import, FindingList findings)
    {
        var span = device.Span;
        var protocol = ProtocolOf(device).Ours!.Value;
        var ofModel = model.Root.Object("spec").Objects("properties").DistinctBy(property => property.Text("name"))
            .ToDictionary(property => property.Text("name"), StringComparer.Ordinal);
        var names = ForeignNames.OfProperties(ofModel.Keys);
        var properties = new List<YamlNode>();
        var desired = new List<(string, YamlNode?)>();
        foreach (var property in device.Root.Object("spec").Objects("properties").Where(property => ofModel.ContainsKey(property.Text("name"))))
        {
            var visitor = new KubeEdgeVisitor(property, ofModel[property.Text("name")], names[property.Text("name")], protocol, findings);
            if (visitor.Translate() is not { } translated)
            {
                continue;
            }

            properties.Add(translated);
            if (visitor.Desired() is { } value)
            {
                desired.Add((names[property.Text("name")], value));
            }
        }

        if (properties.Count == 0)
        {
            findings.Error(KubeEdgeCodes.NotEnforcedYet, span, $"nothing of '{Excerpt.Of(device.Name)}' can be acted on", "correct what was left out, or leave the device out");
            return null;
        }

        var foreign = (string called, IEnumerable<string> known) => TreeEdit.Map(span,
            ("system", TreeEdit.Text(span, "kubeedge")), ("name", TreeEdit.Text(span, called)),
            ("names", known.Where(one => names[one] != one).ToList() is { Count: > 0 } changed
                ? TreeEdit.Map(span, changed.Select(one => (names[one], (YamlNode?)TreeEdit.Text(span, one)))) : null));
        var ownModel = new Translated(ResourceKind.DeviceModel, name, span, TreeEdit.Map(span,
            ("protocol", TreeEdit.Plain(span, EdgeX.EdgeXModels.NameOf(protocol))),
            ("properties", TreeEdit.List(span, properties)),
            ("foreign", foreign(model.Name, names.Keys))));
        var (upstream, buffer) = import is null ? default : ImportedValues.Of(import, device.Name, ownModel);
        return new TranslatedDevice(ownModel, new Translated(ResourceKind.Device, name, span, TreeEdit.Map(span,
            ("node", TreeEdit.Text(span, node)),
            ("model", TreeEdit.Text(span, name)),
            ("connection", Connection(device, protocol, findings)),
            ("desired", desired.Count == 0 ? null : TreeEdit.Map(span, desired)),
            ("upstream", upstream),
            ("upstreamBuffer", buffer),
            ("foreign", foreign(device.Name, [])))));
    }

    private static YamlNode.Mapping Connection(ForeignDocument device, DeviceProtocol protocol, FindingList findings)
    {
        var config = device.Root.Object("spec").Object("protocol").Object("configData");
        var span = device.Root.Object("spec").SpanOf("protocol");
        if (protocol == DeviceProtocol.Mapper)
        {
            return TreeEdit.Map(span, ("mapper", TreeEdit.Map(span,
                ("protocol", device.Root.Object("spec").Object("protocol").Node("protocolName")),
                ("config", KubeEdgeMapper.Settings(config, "the configuration of the device", findings)))));
        }

        if (protocol == DeviceProtocol.Mqtt)
        {
            return TreeEdit.Map(span, ("url", UrlOf(config) is { } url ? TreeEdit.Text(span, url) : null));
        }

        if (protocol == DeviceProtocol.ModbusRtu)
        {
            var serial = SerialKeys.Serial(config, span, new("serialPort", "baudRate", "parity", "stopBits", "dataBits"), out var otherBits);
            if (otherBits is { } bits)
            {
                findings.Warning(KubeEdgeCodes.LeftOut, config.SpanOf("dataBits"), $"left out: dataBits {Excerpt.Of(bits)} of '{Excerpt.Of(device.Name)}'; {SerialKeys.EightBits}",
                    "set the device to 8 data bits");
            }

            return TreeEdit.Map(span, ("serial", serial), ("unitId", Whole(config, "slaveID")));
        }

        return TreeEdit.Map(span,
            ("host", TreeEdit.Text(config.SpanOf("ip"), config.Text("ip"))),
            ("port", Whole(config, "port")),
            ("unitId", Whole(config, "slaveID")));
    }

    private static string? UrlOf(ForeignObject config)
    {
        var address = BrokerKeys.Select(config.Text).FirstOrDefault(text => text.Length > 0);
        if (address is null)
        {
            return null;
        }

        var host = address[(address.IndexOf("://", StringComparison.Ordinal) is >= 0 and var at ? at + 3 : 0)..].TrimEnd('/');
        return host.Contains(':', StringComparison.Ordinal) ? $"mqtt://{host}" : $"mqtt://{host}:{(config.Has("port") ? config.Text("port") : "1883")}";
    }

    internal static YamlNode.Scalar? Whole(ForeignObject owner, string name) =>
        owner.Node(name) is YamlNode.Scalar scalar && ForeignScalar.Number(scalar.Text) is { } number && decimal.IsInteger(number)
            ? TreeEdit.Plain(scalar.Span, number.ToString(CultureInfo.InvariantCulture))
            : null;
}

/// <summary>One property of a device, with what its model and its visitor say.</summary>
internal sealed class KubeEdgeVisitor(ForeignObject property, ForeignObject model, string name, DeviceProtocol protocol, FindingList findings)
{
    private readonly ForeignObject _config =
        property.Object("visitors").Has("configData") ? property.Object("visitors").Object("configData") : model.Object("visitors").Object("configData");

    private string _type = "";
    private string _access = "r";

    /// <summary>The property as a model of ours has it; null and a warning when it says nowhere.</summary>
    public YamlNode.Mapping? Translate()
    {
        var span = property.SpanOf("name");
        _access = model.Text("accessMode") == "ReadWrite" ? "rw" : "r";
        var where = protocol switch
        {
            DeviceProtocol.Mqtt => Topic(span),
            DeviceProtocol.Mapper => Visitor(span),
            _ => Register(span),
        };
        if (where is not var (key, place))
        {
            return null;
        }

        var numbers = _type is "bool" or "string";
        return TreeEdit.Map(span,
            ("name", TreeEdit.Text(span, name)), ("type", TreeEdit.Plain(span, _type)), ("access", TreeEdit.Plain(span, _access)),
            ("unit", string.IsNullOrWhiteSpace(model.Text("unit")) ? null : TreeEdit.Text(model.SpanOf("unit"), model.Text("unit"))),
            ("scale", !numbers && protocol != DeviceProtocol.Mapper && Number(_config.Text("scale"), _config.SpanOf("scale")) is { Text: not ("1" or "0") } scale ? scale : null),
            ("minimum", numbers || IsTurned ? null : Number(model.Text("minimum"), model.SpanOf("minimum"))),
            ("maximum", numbers || IsTurned ? null : Number(model.Text("maximum"), model.SpanOf("maximum"))),
            ("poll", Poll()),
            (key, place));
    }

    /// <summary>The desired value in the type of the property, where it can have one.</summary>
    public YamlNode? Desired()
    {
        if (_access == "r" || property.Object("desired").Node("value") is not YamlNode.Scalar { Text.Length: > 0 } value)
        {
            return null;
        }

        return _type switch
        {
            "string" => TreeEdit.Text(value.Span, value.Text),
            "bool" => TreeEdit.Plain(value.Span, value.Text.ToLowerInvariant() is "1" or "true" or "on" ? "true" : "false"),
            _ => Number(value.Text, value.Span),
        };
    }

    private bool IsTurned => ForeignScalar.Number(model.Text("minimum")) > ForeignScalar.Number(model.Text("maximum"));

    private (string Key, YamlNode? Place)? Topic(SourceSpan span)
    {
        if (_config.Text("topic") is not { Length: > 0 } topic || TypeOfModel() is not { } type)
        {
            LeftOut(span, "has no topic, or a type the agent has no values for");
            return null;
        }

        _type = type;
        if (_access == "rw")
        {
            _access = "r";
            LeftOut(span, "can only be read: no convention of the MQTT mapper says where it is written");
        }

        return ("topic", TreeEdit.Map(span, ("read", TreeEdit.Text(span, topic))));
    }

    private (string Key, YamlNode? Place)? Visitor(SourceSpan span)
    {
        if (TypeOfModel() is not { } type)
        {
            LeftOut(span, $"is of the type {Excerpt.Of(model.Text("type"))}, which the agent has no values for");
            return null;
        }

        _type = type;
        return ("visitor", KubeEdgeMapper.Settings(_config, $"the visitor of '{Excerpt.Of(property.Text("name"))}'", findings));
    }

    private (string Key, YamlNode? Place)? Register(SourceSpan span)
    {
        var table = _config.Text("register") switch
        {
            "CoilRegister" => "coil",
            "DiscreteInputRegister" => "discrete",
            "InputRegister" => "input",
            "HoldingRegister" => "holding",
            _ => null,
        };
        var limit = ForeignScalar.Number(_config.Text("limit")) ?? 1;
        if (table is null || KubeEdgeDevices.Whole(_config, "offset") is not { } address || TypeOf(table, limit) is not { } type)
        {
            LeftOut(span, "says nowhere in a Modbus device, or has a type that does not fit its registers");
            return null;
        }

        _type = type;
        if (_access == "rw" && table is "discrete" or "input")
        {
            _access = "r";
            LeftOut(span, "can only be read: its table is read-only");
        }

        return ("register", TreeEdit.Map(_config.SpanOf("register"),
            ("table", TreeEdit.Plain(span, table)),
            ("address", address),
            ("registers", type == "string" ? TreeEdit.Plain(span, DecimalText.Format(limit)) : null),
            ("wordSwap", _config.Flag("isRegisterSwap") && limit > 1 ? TreeEdit.Plain(span, "true") : null),
            ("byteSwap", _config.Flag("isSwap") && table is "input" or "holding" ? TreeEdit.Plain(span, "true") : null)));
    }

    // KubeEdge says the type of the value and how many registers there are; of one register a scale makes a fraction.
    private string? TypeOf(string table, decimal limit) => (table, model.Text("type"), limit) switch
    {
        ("coil" or "discrete", _, _) => "bool",
        (_, "BOOLEAN", 1) => "bool",
        (_, "STRING", >= 1 and <= 123) => "string",
        (_, "FLOAT" or "DOUBLE", 2) => "float32",
        (_, "FLOAT" or "DOUBLE", 4) => "float64",
        (_, "INT" or "FLOAT" or "DOUBLE", 1) => "int16",
        (_, "INT", 2) => "int32",
        (_, "INT", 4) => "int64",
        _ => null,
    };

    private string? TypeOfModel() => model.Text("type") switch
    {
        "INT" => "int64",
        "FLOAT" => "float32",
        "DOUBLE" => "float64",
        "STRING" => "string",
        "BOOLEAN" => "bool",
        _ => null,
    };

    private YamlNode.Scalar Poll()
    {
        var span = property.SpanOf("collectCycle");
        var milliseconds = KubeEdgeLint.Milliseconds(property.Number("collectCycle"));
        return TreeEdit.Plain(span, Quantities.FormatDuration(TimeSpan.FromMilliseconds((double)Math.Clamp(milliseconds ?? 1_000, 0, 86_400_000))));
    }

    private static YamlNode.Scalar? Number(string text, SourceSpan span) =>
        ForeignScalar.Number(text) is { } number ? TreeEdit.Plain(span, DecimalText.Format(number)) : null;

    private void LeftOut(SourceSpan span, string why) =>
        findings.Warning(KubeEdgeCodes.LeftOut, span, $"left out: '{Excerpt.Of(property.Text("name"))}' {why}", "correct it, or leave it to KubeEdge");
}

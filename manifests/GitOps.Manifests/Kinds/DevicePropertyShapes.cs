using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Manifests.Shapes;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.Kinds;

/// <summary>A property of a DeviceModel: where its value is, and what it means.</summary>
internal static class DevicePropertyShapes
{
    public static readonly Shape<string> PropertyName = Scalars.OfText("property name", "a name of a property",
        "use letters, digits, '-', '_' and '.', at most 63 characters", LabelName,
        ScalarForms.LabelValue with { Example = "setpoint" });

    private static readonly Shape<ModbusTable> Table =
        Scalars.OneOf(("coil", ModbusTable.Coil), ("discrete", ModbusTable.Discrete),
            ("input", ModbusTable.Input), ("holding", ModbusTable.Holding));

    private static readonly Shape<int> Address = Scalars.Integer("integer", 0, 65_535);

    private static readonly Shape<int> Bit = Scalars.Integer("integer", 0, 15);

    private static readonly Shape<int> Registers = Scalars.Integer("integer", 1, 123);

    private static readonly Shape<ModbusRegister> Register =
        new ObjectShape<ModbusRegister>("register", f => new ModbusRegister(
        f.Required("table", Table, "which of the four tables"),
        f.Required("address", Address, "zero-based, as on the wire"))
        {
            WordSwap = f.Default("wordSwap", Scalars.Bool, false, "the least significant register comes first"),
            ByteSwap = f.Default("byteSwap", Scalars.Bool, false, "the least significant byte of a register comes first"),
            Bit = f.OptionalValue("bit", Bit, "a bool in a register of 16 bits: which one, 0 being the lowest"),
            Registers = f.OptionalValue("registers", Registers,
                "a string: how many registers it takes, with two bytes of UTF-8 in each"),
        });

    private static readonly Shape<DeviceValueType> Type = Scalars.OneOf(
            ("bool", DeviceValueType.Bool), ("int16", DeviceValueType.Int16), ("uint16", DeviceValueType.UInt16),
            ("int32", DeviceValueType.Int32), ("uint32", DeviceValueType.UInt32), ("int64", DeviceValueType.Int64),
            ("uint64", DeviceValueType.UInt64), ("float32", DeviceValueType.Float32),
                ("float64", DeviceValueType.Float64),
            ("string", DeviceValueType.String), ("int8", DeviceValueType.Int8), ("uint8", DeviceValueType.UInt8));

    private static readonly Shape<decimal> Mask = new ScalarShape<decimal>("integer", "a whole number from 0 to 18446744073709551615",
        "write the bits that count, like 0x00FF, without quotes",
        (YamlNode.Scalar scalar, out decimal value) =>
            PlainScalar.TryInteger(scalar.Text, out value) & scalar.IsPlain && value is >= 0 and <= ulong.MaxValue,
        DecimalText.Format)
    { Says = new(ScalarTypes.Integer) { Minimum = 0, Maximum = ulong.MaxValue, Example = "0x00FF" } };

    private static readonly Shape<int> Shift = Scalars.Integer("integer", -63, 63);

    public static readonly Shape<DeviceAccess> Access =
        Scalars.OneOf(("r", DeviceAccess.Read), ("w", DeviceAccess.Write), ("rw", DeviceAccess.ReadWrite));

    private static readonly Shape<DeviceTopics> Topic = new ObjectShape<DeviceTopics>("topic", t => new DeviceTopics
    {
        Read = t.Optional("read", Scalars.NonEmpty, "where the device publishes it"),
        Write = t.Optional("write", Scalars.NonEmpty, "where the device takes a new value"),
    });

    private static readonly Shape<string> HttpPath = Scalars.OfText("http path", "a path of the device", "write it like /api/state",
        text => text.StartsWith('/') && Uri.TryCreate($"http://device{text}", UriKind.Absolute, out var url) && url.Fragment.Length == 0,
        new(ScalarTypes.Text) { Example = "/api/state" });

    private static readonly Shape<string> Pointer = Scalars.OfText("json pointer", "a JSON pointer (RFC 6901)", "write it like /oven/temperature or /zones/0/on",
        text => text.StartsWith('/'), new(ScalarTypes.Text) { Example = "/oven/temperature" });

    private static readonly Shape<HttpWriteMethod> WriteMethod = Scalars.OneOf(("put", HttpWriteMethod.Put), ("post", HttpWriteMethod.Post));

    private static readonly Shape<HttpWrite> HttpWriting = new ObjectShape<HttpWrite>("http write", w => new HttpWrite
    {
        Method = w.Default("method", WriteMethod, HttpWriteMethod.Put, "how it is sent"),
        Path = w.Optional("path", HttpPath, "otherwise the path that is read"),
        Pointer = w.Optional("pointer", Pointer, "where the value goes in the JSON object that is sent; otherwise the pointer that is read"),
    });

    public static readonly Shape<DeviceHttp> Http = new ObjectShape<DeviceHttp>("http", h => new DeviceHttp
    {
        Path = h.Optional("path", HttpPath, "what is asked for with GET, below the url of the connection"),
        Pointer = h.Optional("pointer", Pointer, "where in a JSON answer the value is; otherwise the whole answer is the value, as text"),
        Write = h.Optional("write", HttpWriting, "how a new value is sent; `{}`: PUT where it is read"),
    });

    private static readonly Shape<SimulatedSource> Simulate =
        new ObjectShape<SimulatedSource>("simulate", s => new SimulatedSource
        {
            Initial = s.Optional("initial", Scalars.DeviceValue, "the value it starts with"),
            Noise = s.OptionalValue("noise", Scalars.Number, "amplitude of the noise added to numbers"),
        });

    public static readonly Shape<TimeSpan> Poll =
        new ScalarShape<TimeSpan>("duration", "a duration of at most 1d",
            "write 500ms, 1s, 5m; 0s reads only when needed",
            (YamlNode.Scalar scalar, out TimeSpan value) =>
                Quantities.TryParseDuration(scalar.Text, out value) && value <= TimeSpan.FromDays(1),
            Quantities.FormatDuration)
        { Says = ScalarForms.Duration };

    /// <summary>Of what goes up, and of what is told on the node.</summary>
    public static readonly Shape<ReportRule> Upstream = Rule("upstream");

    private static readonly Shape<ReportRule> Report = Rule("report");

    private static ObjectShape<ReportRule> Rule(string name) => new(name, r => new ReportRule
    {
        Deadband = r.OptionalValue("deadband", Scalars.Number, "only when it differs from the value told before by more; 0: when it changes"),
        EveryMs = (int?)r.OptionalValue("every", Durations.Short, "one value for each interval, with minimum, maximum and mean")?.TotalMilliseconds,
    });

    public static readonly Shape<DeviceProperty> Property =
        new ObjectShape<DeviceProperty>("property", f => Polled(new DeviceProperty
        {
            Name = f.Required("name", PropertyName, "what desired values and reports call it"),
            Type = f.Required("type", Type, "the type of its value, and of the raw value in the device"),
            Access = f.Default("access", Access,
            DeviceAccess.Read, "whether it can be read, written or both"),
            Unit = f.Optional("unit", Scalars.NonEmpty, "the engineering unit, as text"),
            Mask = f.OptionalValue("mask", Mask, "integers: the bits of the raw value that count; the others are left as they are"),
            Shift = f.OptionalValue("shift", Shift, "integers: bits the masked raw value is shifted by, to the right when positive"),
            Base = f.OptionalValue("base", Scalars.Number, "value = base ^ raw × scale + offset, raw being masked and shifted"),
            Scale = f.OptionalValue("scale", Scalars.Number, "value = raw × scale + offset"),
            Offset = f.OptionalValue("offset", Scalars.Number, "see scale"),
            Minimum = f.OptionalValue("minimum", Scalars.Number, "a desired value below is a finding"),
            Maximum = f.OptionalValue("maximum", Scalars.Number, "a desired value above is a finding"),
            Register = f.Optional("register", Register, "Modbus: where it is"),
            Topic = f.Optional("topic", Topic, "mqtt: where it is"),
            Http = f.Optional("http", Http, "http: where it is"),
            Resource = f.Optional("resource", Scalars.NonEmpty, "edgex: the device resource; otherwise it is called like the property"),
            Report = f.Optional("report", Report, "which values local applications are told; otherwise each that is read"),
            Upstream = f.Optional("upstream", Upstream, "which values go up to the control plane and are kept there; otherwise none"),
            Visitor = f.Default("visitor", MapperShapes.Settings, [], "mapper: where it is, as the mapper's documentation has it"),
            Simulate = f.Optional("simulate", Simulate, "simulated: what it plays"),
        },
        f.Default("poll", Poll,
            TimeSpan.FromSeconds(1), "how often it is read; `0s`: only when a desired value needs it")))
        {
            Rules = [new("`minimum` is not above `maximum`; `scale`, `offset`, `base`, `minimum` and `maximum` are for numbers, `mask` and `shift` for integers",
        CheckNumbers), new("what has `upstream` is polled, and says `every` of at least 1s, `deadband`, or both", CheckUpstream)]
        };

    private static bool LabelName(string text) => text.Length > 0 && LabelText.IsValue(text);

    // What cannot be read is not polled, whatever the default says.
    private static DeviceProperty Polled(DeviceProperty property, TimeSpan poll) =>
        property.Access == DeviceAccess.Write || poll == TimeSpan.Zero ? property
            : property with { PollMs = (int)poll.TotalMilliseconds };

    private static void CheckUpstream(DeviceProperty property, YamlNode.Mapping node, FindingList findings)
    {
        if (property.Upstream is { } rule)
        {
            Rules.UpstreamRules.Check(property, rule, property.PollMs is { } ms ? TimeSpan.FromMilliseconds(ms) : null,
                node.TryGet("upstream", out var written) ? written.Span : node.Span, findings);
        }
    }

    private static void CheckNumbers(DeviceProperty property, YamlNode.Mapping node, FindingList findings)
    {
        var isNumber = property.Type is not (DeviceValueType.Bool or DeviceValueType.String);
        if (!isNumber && (property.Scale ?? property.Offset ?? property.Base ?? property.Minimum ?? property.Maximum) is not null)
        {
            findings.Error(ManifestCodes.InvalidValue, node.Span,
                $"'{property.Name}' is no number, so it has no scale, offset, base, minimum or maximum",
                    "remove them, or use a number type");
        }

        var isInteger = isNumber && property.Type is not (DeviceValueType.Float32 or DeviceValueType.Float64);
        if (!isInteger && (property.Mask is not null || property.Shift is not null))
        {
            findings.Error(ManifestCodes.InvalidValue, node.Span,
                $"'{property.Name}' is no integer, so it has no mask or shift", "remove them, or use an integer type");
        }

        if (property.Base is <= 0 or 1)
        {
            findings.Error(ManifestCodes.InvalidValue, node.Span,
                $"the base of '{property.Name}' is {DecimalText.Format(property.Base.Value)}, and its powers tell nothing apart",
                "write a positive number that is not 1");
        }

        if (property.Report is { Deadband: < 0 } or { Deadband: > 0 } && (!isNumber || property.Report.Deadband < 0))
        {
            findings.Error(ManifestCodes.InvalidValue, node.Span,
                $"the deadband of '{property.Name}' is {DecimalText.Format(property.Report.Deadband!.Value)}, and the property is of type {Rules.Words.Of(property.Type)}",
                "a deadband is 0 or more, and 0 for what is no number");
        }

        if (property.Minimum > property.Maximum)
        {
            findings.Error(ManifestCodes.InvalidValue, node.Span,
                $"the minimum {DecimalText.Format(property.Minimum.Value)} of '{property.Name}' is above its maximum {DecimalText.Format(property.Maximum.Value)}",
                "swap them");
        }

        if (property.Scale == 0)
        {
            findings.Error(ManifestCodes.InvalidValue, node.Span,
                $"the scale of '{property.Name}' is 0, so every value is the same",
                "write the factor from raw to value");
        }
    }
}

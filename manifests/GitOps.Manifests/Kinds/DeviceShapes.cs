using System.Diagnostics.CodeAnalysis;
using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Manifests.Shapes;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.Kinds;

/// <summary>DeviceModel and Device.</summary>
internal static class DeviceShapes
{
    private static readonly Shape<string> PropertyName = Scalars.OfText("property name", "a name of a property",
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

    private static readonly Shape<DeviceAccess> Access =
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

    private static readonly Shape<DeviceHttp> Http = new ObjectShape<DeviceHttp>("http", h => new DeviceHttp
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

    private static readonly Shape<TimeSpan> Poll =
        new ScalarShape<TimeSpan>("duration", "a duration of at most 1d",
            "write 500ms, 1s, 5m; 0s reads only when needed",
            (YamlNode.Scalar scalar, out TimeSpan value) =>
                Quantities.TryParseDuration(scalar.Text, out value) && value <= TimeSpan.FromDays(1),
            Quantities.FormatDuration)
        { Says = ScalarForms.Duration };

    private static readonly Shape<ReportRule> Report = new ObjectShape<ReportRule>("report", r => new ReportRule
    {
        Deadband = r.OptionalValue("deadband", Scalars.Number, "only when it differs from the value told before by more; 0: when it changes"),
        EveryMs = (int?)r.OptionalValue("every", Durations.Short, "one value for each interval, with minimum, maximum and mean")?.TotalMilliseconds,
    });

    private static readonly Shape<DeviceProperty> Property =
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
            Report = f.Optional("report", Report, "which values local applications are told; otherwise each that is read"),
            Simulate = f.Optional("simulate", Simulate, "simulated: what it plays"),
        },
        f.Default("poll", Poll,
            TimeSpan.FromSeconds(1), "how often it is read; `0s`: only when a desired value needs it")))
        {
            Rules = [new("`minimum` is not above `maximum`; `scale`, `offset`, `base`, `minimum` and `maximum` are for numbers, `mask` and `shift` for integers",
        CheckNumbers)]
        };

    private static readonly Shape<int> MaxGap = Scalars.Integer("integer", 0, 1_000);

    private static readonly Shape<int> MaxRegisters = Scalars.Integer("integer", 1, 125);

    private static readonly Shape<int> MaxBits = Scalars.Integer("integer", 1, 2_000);

    private static readonly Shape<ModbusReads> Reads = new ObjectShape<ModbusReads>("reads", r => new ModbusReads
    {
        MaxGap = r.OptionalValue("maxGap", MaxGap,
            "addresses between two properties that may be read to save a request; otherwise none, as an address that does not exist fails the whole request"),
        MaxRegisters = r.OptionalValue("maxRegisters", MaxRegisters, "registers in one request; otherwise 125, as the protocol allows"),
        MaxBits = r.OptionalValue("maxBits", MaxBits, "coils or discrete inputs in one request; otherwise 2000, as the protocol allows"),
    });

    private static readonly Shape<DeviceProtocol> Protocol =
        Scalars.OneOf(("modbus-tcp", DeviceProtocol.ModbusTcp), ("modbus-rtu", DeviceProtocol.ModbusRtu),
                ("mqtt", DeviceProtocol.Mqtt), ("http", DeviceProtocol.Http), ("simulated", DeviceProtocol.Simulated));

    private static readonly Shape<EquatableArray<ForeignName>> ForeignNames = new MapShape<string, ForeignName>(
        "name", PropertyName, Scalars.NonEmpty, (name, foreign) => new(name, foreign));

    private static readonly Shape<ForeignOrigin> Foreign = new ObjectShape<ForeignOrigin>("foreign", f => new(
        f.Required("system", Scalars.NonEmpty, "edgex or kubeedge"),
        f.Required("name", Scalars.NonEmpty, "its name there"),
        f.Default("names", ForeignNames, [], "names of properties there, where they had to be changed")));

    private static readonly Shape<EquatableArray<ValueMapping>> Mappings = new MapShape<string, ValueMapping>(
        "value of the device", Scalars.Text, Scalars.Text, (device, people) => new(device, people));

    private static readonly Shape<CommandOperation> Operation = new ObjectShape<CommandOperation>("operation", o => new(
        o.Required("property", PropertyName, "a property of the model"),
        o.Optional("default", Scalars.DeviceValue, "what it is set to; otherwise it takes the value of the command"),
        o.Default("mappings", Mappings, [], "what people say instead of what the device says")));

    private static readonly Shape<EquatableArray<CommandOperation>> Operations = new ListShape<CommandOperation>(Operation, minimum: 1);

    private static readonly Shape<EquatableArray<DeviceCommand>> Commands = new ListShape<DeviceCommand>(
        new ObjectShape<DeviceCommand>("command", c => new(
            c.Required("name", PropertyName, "what desired values call it"),
            c.Default("access", Access, DeviceAccess.Read, "whether it can be read, written or both"),
            c.Required("operations", Operations, "the properties it is about"))),
        key: command => command.Name, sorted: true);

    private static readonly Shape<EquatableArray<DeviceProperty>> Properties =
        new ListShape<DeviceProperty>(Property, key: property => property.Name, sorted: true, minimum: 1);

    private static readonly Shape<AlarmSeverity> Severity = Scalars.OneOf(("warning", AlarmSeverity.Warning), ("critical", AlarmSeverity.Critical));

    private static readonly Shape<EquatableArray<AlarmRule>> Alarms = new ListShape<AlarmRule>(
        new ObjectShape<AlarmRule>("alarm", a => new AlarmRule(
            a.Required("name", PropertyName, "what reports call it"),
            a.Required("property", PropertyName, "a property of the model that is polled"))
        {
            Above = a.OptionalValue("above", Scalars.Number, "an alarm while the value is above"),
            Below = a.OptionalValue("below", Scalars.Number, "an alarm while the value is below"),
            EqualTo = a.Optional("equals", Scalars.DeviceValue, "an alarm while the value is this"),
            Hysteresis = a.OptionalValue("hysteresis", Scalars.Number, "how far back within the limit the value has to be until the alarm ceases; otherwise 0"),
            DelayMs = (int?)a.OptionalValue("delay", Poll, "how long the value has to be beyond the limit first; otherwise not at all")?.TotalMilliseconds,
            Severity = a.Default("severity", Severity, AlarmSeverity.Warning, "how bad it is"),
        }),
        key: alarm => alarm.Name, sorted: true);

    public static readonly KindShape<DeviceModelSpec> DeviceModel = new(ResourceKind.DeviceModel, isRendered: false,
        "What devices of one make have in common.",
        new ObjectShape<DeviceModelSpec>("DeviceModel", f => new(
            f.Required("protocol", Protocol, "how the device speaks"),
            f.Optional("reads", Reads, "Modbus: what one read may take, where the device allows less or more than usual"),
            f.Required("properties", Properties,
                "what can be read and written"),
            f.Default("commands", Commands, [], "several properties under one name"),
            f.Default("alarms", Alarms, [], "limits that raise an alarm"),
            f.Optional("foreign", Foreign, "what the system that it was written for calls it")))
        {
            Rules = [new("the operations of a command name properties of the model", Rules.ModelRules.CheckCommands), new("with modbus-tcp and modbus-rtu a property has a `register`, with mqtt a `topic`, with http an `http`, with simulated none of them",
                Rules.ModelRules.CheckProtocol), new("`reads` is for Modbus, and each property fits into one request", Rules.ModelRules.CheckReads),
                new("an alarm has one of `above`, `below` and `equals`, and its property is polled", Rules.AlarmRules.Check)],
        });

    private static readonly Shape<OnRollback> Rollback = new EitherShape<OnRollback, RollbackAction>(
        Scalars.OneOf(("leave", RollbackAction.Leave), ("previous", RollbackAction.Previous)),
        action => new OnRollback { Action = action },
        new ObjectShape<OnRollback>("onRollback", r => new OnRollback
        {
            Value = r.Required("value", Scalars.DeviceValue, "the value that is written"),
        }));

    private static readonly Shape<ApplyMode> Apply = Scalars.OneOf(("once", ApplyMode.Once), ("hold", ApplyMode.Hold));

    private static readonly Shape<WriteInterlock> WriteWhen = new ObjectShape<WriteInterlock>("writeWhen", w => new(
                w.Required("property", PropertyName, "another property of the device"),
                w.Required("equals", Scalars.DeviceValue, "what it has to be")));

    private static readonly Shape<DesiredValue> Desired = new EitherShape<DesiredValue, DeviceValue>(
        Scalars.DeviceValue,
        value => new DesiredValue(value),
        new ObjectShape<DesiredValue>("desired value", f => new DesiredValue(
            f.Required("value", Scalars.DeviceValue, "what the property should be"))
        {
            Apply = f.Default("apply", Apply, ApplyMode.Once,
                "once per version in Git, or again whenever the device says otherwise"),
            Tolerance = f.OptionalValue("tolerance", Scalars.Number, "how far the value read back may be off"),
            ValidForMs = (long?)f.OptionalValue("validFor", Scalars.PositiveDuration,
                "not written any more this long after the node first saw it")
                ?.TotalMilliseconds,
            WriteWhen = f.Optional("writeWhen", WriteWhen, "an interlock: written only while this holds"),
            OnRollback = f.Optional("onRollback", Rollback,
                "what happens when the node goes back: leave it, the previous value, or a value"),
        }));

    private static readonly Shape<int> UnitId = Scalars.Integer("integer", 0, 255);

    private static readonly Shape<int> Seed = Scalars.Integer("integer", int.MinValue, int.MaxValue);

    private static readonly Shape<int> Baud = Scalars.Integer("integer", 300, 4_000_000);

    private static readonly Shape<LineParity> Parity =
        Scalars.OneOf(("none", LineParity.None), ("even", LineParity.Even), ("odd", LineParity.Odd));

    private static readonly Shape<int> StopBits = Scalars.Integer("integer", 1, 2);

    private static readonly Shape<SerialLine> Serial = new ObjectShape<SerialLine>("serial", s => new SerialLine(
        s.Required("path", Scalars.AbsolutePath, "the port on the node; `/dev/serial/by-id/…` stays the same when others are plugged in"))
    {
        Baud = s.OptionalValue("baud", Baud, "bits a second; otherwise 19200, as the specification of Modbus says"),
        Parity = s.OptionalValue("parity", Parity, "otherwise even, as the specification says; many devices are delivered with none"),
        StopBits = s.OptionalValue("stopBits", StopBits, "otherwise 1 with parity and 2 without, as the specification says"),
    });

    private static readonly string[] Schemes = ["mqtt", "mqtts", "ws", "wss", "http", "https"];

    private static readonly Shape<string> DeviceUrl = Scalars.OfText("url", $"a URL with {string.Join(", ", Schemes)}", "write it like mqtt://host:port or http://host:port/api",
        text => Uri.TryCreate(text, UriKind.Absolute, out var url) && Schemes.Contains(url.Scheme) && url.Host.Length > 0 && url.UserInfo.Length == 0 &&
                url.Query.Length == 0 && url.Fragment.Length == 0,
        ScalarForms.Url(Schemes));

    private static readonly Shape<string> Authority = Scalars.OfText("certificates", "certificates in PEM", "paste the file: -----BEGIN CERTIFICATE----- …",
        text => text.TrimStart().StartsWith("-----BEGIN CERTIFICATE-----", StringComparison.Ordinal), new(ScalarTypes.Text) { Example = "\"-----BEGIN CERTIFICATE-----\"" });

    private static readonly Shape<string> HeaderName = Scalars.OfText("header", "a name of a header", "write it like Authorization or X-Api-Key; what describes the content is sent anyway",
        text => text.Length > 0 && text.All(c => char.IsAsciiLetterOrDigit(c) || c == '-') && !text.StartsWith("Content-", StringComparison.OrdinalIgnoreCase) &&
                !text.Equals("Host", StringComparison.OrdinalIgnoreCase) && !text.Equals("Transfer-Encoding", StringComparison.OrdinalIgnoreCase),
        new(ScalarTypes.Text) { Example = "Authorization" });

    // One text as it is written, holes of secrets and all; what it becomes is known when it is compiled.
    private static readonly Shape<EquatableArray<HttpHeader>> Headers = new MapShape<string, HttpHeader>("header", HeaderName, Scalars.Text,
        (name, value) => new(name, [new ContentPart.Text(value)]));

    private static readonly Shape<DeviceConnection> Connection =
        new ObjectShape<DeviceConnection>("connection", c => new DeviceConnection
        {
            Host = c.Optional("host", Scalars.Host, "modbus-tcp: where it is"),
            Port = c.OptionalValue("port", Scalars.Port, "modbus-tcp: otherwise 502"),
            Serial = c.Optional("serial", Serial, "modbus-rtu: the line it is on; devices of one line say the same"),
            UnitId = c.OptionalValue("unitId", UnitId, "Modbus: otherwise 1; modbus-rtu has 1 to 247"),
            TimeoutMs = (int?)c.OptionalValue("timeout", Durations.Short,
            "Modbus, http: bound on one request; otherwise 1s")?.TotalMilliseconds,
            Url = c.Optional("url", DeviceUrl, "mqtt: the broker; http: what the paths of its properties are below"),
            Authority = c.Optional("ca", Authority, "http: certificates that the device's is issued by, in PEM; otherwise those the node trusts"),
            Headers = c.Default("headers", Headers, [], "http: sent with every request; `{{ secret \"name/key\" }}` may stand in a value"),
            Seed = c.OptionalValue("seed", Seed, "simulated: two of one seed play the same"),
        });

    private static readonly Shape<EquatableArray<DesiredProperty>> DeviceDesired =
        new MapShape<DesiredValue, DesiredProperty>("property", PropertyName, Desired,
                (name, value) => new(name, value));

    private static readonly Shape<EquatableArray<PropertyPoll>> Polls =
        new MapShape<TimeSpan, PropertyPoll>("property", PropertyName, Poll, (name, every) => new(name, every));

    public static readonly KindShape<DeviceSpec> Device = new(ResourceKind.Device, isRendered: true,
        "A field device behind exactly one node.",
        new ObjectShape<DeviceSpec>("Device", f => new(
            f.Required("node", Scalars.Name, "the EdgeNode that speaks with it", literal: true),
            f.Required("model", Scalars.Name, "its DeviceModel", literal: true),
            f.Default("connection", Connection, new DeviceConnection(),
                "how it is reached; what is needed depends on the protocol of the model"),
            SharedShapes.RequiresOf(f),
            f.Default("desired", DeviceDesired, [], "what its properties should be, or the properties of a command"),
            f.Default("poll", Polls, [], "how often a property is read, instead of what the model says"),
            SharedShapes.MovedFrom(f),
            f.Optional("foreign", Foreign, "what the system that it was written for calls it")))
        {
            NotEnforcedYet = [("alarms", "limits that raise an alarm"),
                ("takeover", "writing before the old node has released it")],
        });

    private static readonly Shape<string> ImportPath = new ScalarShape<string>(
        "repository path", "a file or folder of this repository, relative to this manifest", "write a path like ./edgex; it may not leave the repository",
        (YamlNode.Scalar scalar, [MaybeNullWhen(false)] out string value) =>
            (value = scalar.Text is "." or "./" ? FolderOf(scalar.Span.File) : Paths.Resolve(scalar.Span.File, scalar.Text.TrimEnd('/'))) is not null)
    { Code = ManifestCodes.SourceOutside };

    private static readonly Shape<EquatableArray<string>> ImportPaths = new ListShape<string>(ImportPath, minimum: 1);

    private static readonly Shape<EquatableArray<string>> Words = new ListShape<string>(Scalars.NonEmpty, key: word => word);

    private static readonly Shape<EquatableArray<ImportedDesired>> ImportedDesireds =
        new MapShape<EquatableArray<DesiredProperty>, ImportedDesired>("device", Scalars.NonEmpty, DeviceDesired, (device, desired) => new(device, desired));

    public static readonly KindShape<DeviceImportSpec> DeviceImport = new(ResourceKind.DeviceImport, isRendered: false,
        "Puts the devices that files of EdgeX or KubeEdge describe behind one node. The files stay as they are.",
        new ObjectShape<DeviceImportSpec>("DeviceImport", f => new(
            f.Required("node", Scalars.Name, "the EdgeNode that speaks with them", literal: true),
            f.Required("from", ImportPaths, "files, or folders with everything below them, relative to this manifest"),
            f.Default("services", Words, [], "only devices of these EdgeX device services; otherwise all"),
            f.Default("devices", Words, [], "only devices of these names; otherwise all"),
            f.Default("leave", Words, [],
                "protocols whose devices stay with whoever serves them today, `*` for all that the agent does not speak; `discovery` for provision watchers"),
            f.Optional("prefix", Scalars.Name, "begins the names of the devices, where two sites call theirs the same"),
            f.Optional("broker", Scalars.MqttUrl, "where devices of the protocol mqtt are heard"),
            f.Default("desired", ImportedDesireds, [], "what properties should be, by device"))));

    private static string FolderOf(string file) => file.LastIndexOf('/') is >= 0 and var slash ? file[..slash] : "";

    private static bool LabelName(string text) => text.Length > 0 && LabelText.IsValue(text);

    // What cannot be read is not polled, whatever the default says.
    private static DeviceProperty Polled(DeviceProperty property, TimeSpan poll) =>
        property.Access == DeviceAccess.Write || poll == TimeSpan.Zero ? property
            : property with { PollMs = (int)poll.TotalMilliseconds };

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

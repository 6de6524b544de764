using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Manifests.Shapes;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.Kinds;

/// <summary>DeviceModel and Device.</summary>
internal static class DeviceShapes
{
    private static readonly Shape<string> PropertyName = Scalars.OfText("property name", "a name of a property",
        "use letters, digits, '-', '_' and '.', at most 63 characters", LabelName);

    private static readonly Shape<ModbusTable> Table =
        Scalars.OneOf(("coil", ModbusTable.Coil), ("discrete", ModbusTable.Discrete),
            ("input", ModbusTable.Input), ("holding", ModbusTable.Holding));

    private static readonly Shape<int> Address = Scalars.Integer("integer", 0, 65_535);

    private static readonly Shape<ModbusRegister> Register =
        new ObjectShape<ModbusRegister>("register", f => new ModbusRegister(
        f.Required("table", Table, "which of the four tables"),
        f.Required("address", Address, "zero-based, as on the wire"))
        {
            WordSwap = f.Default("wordSwap", Scalars.Bool, false, "the least significant register comes first"),
            ByteSwap = f.Default("byteSwap", Scalars.Bool, false, "the least significant byte of a register comes first"),
        });

    private static readonly Shape<DeviceValueType> Type = Scalars.OneOf(
            ("bool", DeviceValueType.Bool), ("int16", DeviceValueType.Int16), ("uint16", DeviceValueType.UInt16),
            ("int32", DeviceValueType.Int32), ("uint32", DeviceValueType.UInt32), ("int64", DeviceValueType.Int64),
            ("uint64", DeviceValueType.UInt64), ("float32", DeviceValueType.Float32),
                ("float64", DeviceValueType.Float64),
            ("string", DeviceValueType.String));

    private static readonly Shape<DeviceAccess> Access =
        Scalars.OneOf(("r", DeviceAccess.Read), ("w", DeviceAccess.Write), ("rw", DeviceAccess.ReadWrite));

    private static readonly Shape<DeviceTopics> Topic = new ObjectShape<DeviceTopics>("topic", t => new DeviceTopics
    {
        Read = t.Optional("read", Scalars.NonEmpty, "where the device publishes it"),
        Write = t.Optional("write", Scalars.NonEmpty, "where the device takes a new value"),
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
            Quantities.FormatDuration);

    private static readonly Shape<DeviceProperty> Property =
        new ObjectShape<DeviceProperty>("property", f => Polled(new DeviceProperty
        {
            Name = f.Required("name", PropertyName, "what desired values and reports call it"),
            Type = f.Required("type", Type, "the type of its value, and of the raw value in the device"),
            Access = f.Default("access", Access,
            DeviceAccess.Read, "whether it can be read, written or both"),
            Unit = f.Optional("unit", Scalars.NonEmpty, "the engineering unit, as text"),
            Scale = f.OptionalValue("scale", Scalars.Number, "value = raw × scale + offset"),
            Offset = f.OptionalValue("offset", Scalars.Number, "see scale"),
            Minimum = f.OptionalValue("minimum", Scalars.Number, "a desired value below is a finding"),
            Maximum = f.OptionalValue("maximum", Scalars.Number, "a desired value above is a finding"),
            Register = f.Optional("register", Register, "modbus-tcp: where it is"),
            Topic = f.Optional("topic", Topic, "mqtt: where it is"),
            Simulate = f.Optional("simulate", Simulate, "simulated: what it plays"),
        },
        f.Default("poll", Poll,
            TimeSpan.FromSeconds(1), "how often it is read; `0s`: only when a desired value needs it")))
        {
            Rules = [new("`minimum` is not above `maximum`; `scale`, `offset`, `minimum` and `maximum` are for numbers",
        CheckNumbers)]
        };

    private static readonly Shape<DeviceProtocol> Protocol =
        Scalars.OneOf(("modbus-tcp", DeviceProtocol.ModbusTcp), ("mqtt", DeviceProtocol.Mqtt),
                ("simulated", DeviceProtocol.Simulated));

    private static readonly Shape<EquatableArray<DeviceProperty>> Properties =
        new ListShape<DeviceProperty>(Property, key: property => property.Name, sorted: true, minimum: 1);

    public static readonly KindShape<DeviceModelSpec> DeviceModel = new(ResourceKind.DeviceModel, isRendered: false,
        "What devices of one make have in common.",
        new ObjectShape<DeviceModelSpec>("DeviceModel", f => new(
            f.Required("protocol", Protocol, "how the device speaks"),
            f.Required("properties", Properties,
                "what can be read and written")))
        {
            Rules = [new("with modbus-tcp a property has a `register`, with mqtt a `topic`, with simulated neither",
                Rules.ModelRules.CheckProtocol)],
            NotEnforcedYet = [("alarms", "limits that raise an alarm")],
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

    private static readonly Shape<DeviceConnection> Connection =
        new ObjectShape<DeviceConnection>("connection", c => new DeviceConnection
        {
            Host = c.Optional("host", Scalars.Host, "modbus-tcp: where it is"),
            Port = c.OptionalValue("port", Scalars.Port, "modbus-tcp: otherwise 502"),
            UnitId = c.OptionalValue("unitId", UnitId, "modbus-tcp: otherwise 1"),
            TimeoutMs = (int?)c.OptionalValue("timeout", Durations.Short,
            "modbus-tcp: bound on one request; otherwise 1s")?.TotalMilliseconds,
            Url = c.Optional("url", Scalars.MqttUrl, "mqtt: the broker"),
            Seed = c.OptionalValue("seed", Seed, "simulated: two of one seed play the same"),
        });

    private static readonly Shape<EquatableArray<DesiredProperty>> DeviceDesired =
        new MapShape<DesiredValue, DesiredProperty>("property", PropertyName, Desired,
                (name, value) => new(name, value));

    public static readonly KindShape<DeviceSpec> Device = new(ResourceKind.Device, isRendered: true,
        "A field device behind exactly one node.",
        new ObjectShape<DeviceSpec>("Device", f => new(
            f.Required("node", Scalars.Name, "the EdgeNode that speaks with it", literal: true),
            f.Required("model", Scalars.Name, "its DeviceModel", literal: true),
            f.Default("connection", Connection, new DeviceConnection(),
                "how it is reached; what is needed depends on the protocol of the model"),
            SharedShapes.RequiresOf(f),
            f.Default("desired", DeviceDesired, [], "what its properties should be"),
            SharedShapes.MovedFrom(f)))
        {
            NotEnforcedYet = [("alarms", "limits that raise an alarm"),
                ("takeover", "writing before the old node has released it")],
        });

    private static bool LabelName(string text) => text.Length > 0 && LabelText.IsValue(text);

    // What cannot be read is not polled, whatever the default says.
    private static DeviceProperty Polled(DeviceProperty property, TimeSpan poll) =>
        property.Access == DeviceAccess.Write || poll == TimeSpan.Zero ? property
            : property with { PollMs = (int)poll.TotalMilliseconds };

    private static void CheckNumbers(DeviceProperty property, YamlNode.Mapping node, FindingList findings)
    {
        var isNumber = property.Type is not (DeviceValueType.Bool or DeviceValueType.String);
        if (!isNumber && (property.Scale ?? property.Offset ?? property.Minimum ?? property.Maximum) is not null)
        {
            findings.Error(ManifestCodes.InvalidValue, node.Span,
                $"'{property.Name}' is no number, so it has no scale, offset, minimum or maximum",
                    "remove them, or use a number type");
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

using System.Diagnostics.CodeAnalysis;
using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Manifests.Shapes;
using GitOps.Manifests.Yaml;
using static GitOps.Manifests.Kinds.DeviceConnectionShapes;
using static GitOps.Manifests.Kinds.DevicePropertyShapes;

namespace GitOps.Manifests.Kinds;

/// <summary>DeviceModel, Device and DeviceImport.</summary>
internal static class DeviceShapes
{
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
                ("mqtt", DeviceProtocol.Mqtt), ("http", DeviceProtocol.Http), ("edgex", DeviceProtocol.EdgeX), ("simulated", DeviceProtocol.Simulated), ("mapper", DeviceProtocol.Mapper));

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
            Rules = [new("the operations of a command name properties of the model", Rules.ModelRules.CheckCommands), new("with modbus-tcp and modbus-rtu a property has a `register`, with mqtt a `topic`, with http an `http`, with edgex at most a `resource`, with simulated and mapper none of them; only with mapper a `visitor`",
                Rules.ModelRules.CheckProtocol), new("`reads` is for Modbus, and each property fits into one request", Rules.ModelRules.CheckReads),
                new("an alarm has one of `above`, `below` and `equals`, and its property is polled", (model, node, findings) => Rules.AlarmRules.Check(model.Alarms, model, [], node, findings))],
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

    private static readonly Shape<EquatableArray<DesiredProperty>> DeviceDesired =
        new MapShape<DesiredValue, DesiredProperty>("property", PropertyName, Desired,
                (name, value) => new(name, value));

    private static readonly Shape<EquatableArray<PropertyPoll>> Polls =
        new MapShape<TimeSpan, PropertyPoll>("property", PropertyName, Poll, (name, every) => new(name, every));

    private static readonly Shape<EquatableArray<PropertyUpstream>> Upstreams =
        new MapShape<ReportRule, PropertyUpstream>("property", PropertyName, Upstream, (name, rule) => new(name, rule));

    private static readonly Shape<long> BufferSize = new ScalarShape<long>("size", "a size from 256Ki to 1Gi", "write a whole number and a unit: 256Ki, 4Mi, 1Gi",
        (YamlNode.Scalar scalar, out long value) => Quantities.TryParseSize(scalar.Text, out value) && value is >= GitOps.Bundles.Units.UpstreamBuffer.LeastBytes and <= GitOps.Bundles.Units.UpstreamBuffer.MostBytes,
        Quantities.FormatSize)
    { Says = ScalarForms.Size };

    private static readonly Shape<BufferKeep> Keep = Scalars.OneOf(("newest", BufferKeep.Newest), ("oldest", BufferKeep.Oldest));

    private static readonly Shape<UpstreamBuffer> Buffer = new ObjectShape<UpstreamBuffer>("upstreamBuffer", b => new UpstreamBuffer
    {
        SizeBytes = b.OptionalValue("size", BufferSize, "on the node's disk, while the control plane cannot be reached; otherwise 4Mi"),
        Keep = b.Default("keep", Keep, BufferKeep.Newest, "what stays when it is full"),
    });

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
            f.Optional("takeover", Scalars.Name, "the node that had it and need not let go of it first, as it is broken or gone", literal: true),
            f.Default("alarms", Alarms, [], "limits that raise an alarm, besides those of the model, or instead of one of the same name"),
            f.Default("upstream", Upstreams, [], "which values of a property go up to the control plane, besides those of the model, or instead of what it says"),
            f.Optional("upstreamBuffer", Buffer, "where they wait; otherwise 4Mi, and the newest stay"),
            f.Optional("foreign", Foreign, "what the system that it was written for calls it"))
        {
            Backend = f.Optional("backend", EdgeXShapes.Backend,
                "`edgex`: an EdgeX speaks with it, and is given it with a profile made of its model; where it is, when it is not at 127.0.0.1 with its usual ports; otherwise the agent speaks with it itself",
                literal: true),
        })
        {
            Rules = [new("`takeover` names another node than `node`", Rules.DeviceRules.CheckTakeover)],
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

    private static readonly Shape<EquatableArray<ImportedUpstream>> ImportedUpstreams =
        new MapShape<EquatableArray<PropertyUpstream>, ImportedUpstream>("device", Scalars.NonEmpty, Upstreams, (device, rules) => new(device, rules));

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
            f.Optional("broker", DeviceConnectionShapes.Broker, "where devices of the protocol mqtt are heard; a URL, or with a login"),
            f.Default("desired", ImportedDesireds, [], "what properties should be, by device"))
        {
            Backend = f.Optional("backend", EdgeXShapes.Backend,
                "`edgex`: an EdgeX speaks with them, and is kept as the files say; where it is, when it is not at 127.0.0.1 with its usual ports; otherwise the agent speaks with them itself"),
            Upstream = f.Default("upstream", ImportedUpstreams, [],
                "which values of a property go up to the control plane, by device; `*`: of every other device that has the property"),
            UpstreamBuffer = f.Optional("upstreamBuffer", Buffer, "where those of each device wait; otherwise 4Mi, and the newest stay"),
        }));

    private static string FolderOf(string file) => file.LastIndexOf('/') is >= 0 and var slash ? file[..slash] : "";
}

using System.Text.RegularExpressions;
using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Manifests.Foreign;
using GitOps.Manifests.Kinds;
using GitOps.Manifests.Shapes;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.EdgeX;

/// <summary>Makes a Device of one of EdgeX: its connection, and what its auto events poll.</summary>
internal static class EdgeXDevices
{
    private static readonly Dictionary<string, DeviceProtocol> Spoken = new(StringComparer.OrdinalIgnoreCase)
    {
        ["modbus-tcp"] = DeviceProtocol.ModbusTcp,
        ["modbus-rtu"] = DeviceProtocol.ModbusRtu,
        ["mqtt"] = DeviceProtocol.Mqtt,
        ["device-virtual-protocol"] = DeviceProtocol.Simulated,
    };

    /// <summary>The protocol as EdgeX names it, and ours for it where the agent speaks it.</summary>
    public static (string Name, DeviceProtocol? Ours) ProtocolOf(ForeignDocument device)
    {
        var protocols = device.Root.Object("protocols").Entries;
        foreach (var entry in protocols)
        {
            if (Spoken.TryGetValue(entry.Key, out var ours))
            {
                return (entry.Key, ours);
            }
        }

        return (protocols.IsEmpty ? "none" : protocols[0].Key, null);
    }

    public static Translated Translate(
        ForeignDocument device, ForeignDocument profile, Translated model, string name, string importName, DeviceImportSpec import, YamlNode? desired, YamlNode? upstream, YamlNode? buffer,
        FindingList findings)
    {
        var span = device.Span;
        return new Translated(ResourceKind.Device, name, span, TreeEdit.Map(span,
            ("node", TreeEdit.Text(span, import.Node)),
            ("model", TreeEdit.Text(span, model.Name)),
            ("connection", import.Backend is { } backend ? EdgeXBackends.Connection(device, backend) : Connection(device, ProtocolOf(device).Ours!.Value, import, findings)),
            ("requires", import.Backend is null ? null : TreeEdit.List(span, TreeEdit.Plain(span, $"{UnitKinds.EdgeX}/{importName}"))),
            ("poll", Polls(device, profile, model, import.Backend is null ? TimeSpan.Zero : EdgeXBackends.ShortestPoll, findings)),
            ("desired", desired),
            ("upstream", upstream),
            ("upstreamBuffer", buffer),
            ("foreign", TreeEdit.Map(span, ("system", TreeEdit.Text(span, "edgex")), ("name", TreeEdit.Text(span, device.Name))))));
    }

    private static YamlNode.Mapping? Connection(ForeignDocument device, DeviceProtocol protocol, DeviceImportSpec import, FindingList findings)
    {
        var protocols = device.Root.Object("protocols");
        var span = protocols.Entries.IsEmpty ? device.Span : protocols.Entries[0].KeySpan;
        switch (protocol)
        {
            case DeviceProtocol.ModbusTcp:
                var modbus = protocols.Object(ProtocolOf(device).Name);
                return TreeEdit.Map(span,
                    ("host", modbus.Has("Address") ? TreeEdit.Text(modbus.SpanOf("Address"), modbus.Text("Address")) : null),
                    ("port", Whole(modbus, "Port")),
                    ("unitId", Whole(modbus, "UnitID")),
                    ("timeout", Timeout(modbus)));
            case DeviceProtocol.ModbusRtu:
                var line = protocols.Object(ProtocolOf(device).Name);
                var serial = SerialKeys.Serial(line, span, new("Address", "BaudRate", "Parity", "StopBits", "DataBits"), out var otherBits);
                if (otherBits is { } bits)
                {
                    findings.Warning(EdgeXCodes.LeftOut, line.SpanOf("DataBits"), $"left out: DataBits {Excerpt.Of(bits)} of '{Excerpt.Of(device.Name)}'; {SerialKeys.EightBits}",
                        "set the device to 8 data bits");
                }

                return TreeEdit.Map(span, ("serial", serial), ("unitId", Whole(line, "UnitID")), ("timeout", Timeout(line)));
            case DeviceProtocol.Mqtt:
                return import.Broker is not { } broker ? null : TreeEdit.Map(span,
                    ("url", TreeEdit.Text(span, broker.Url)),
                    ("user", broker.User is { } user ? TreeEdit.Text(span, user) : null),
                    ("password", broker.Password is { } secret ? TreeEdit.Text(span, secret.ToString()) : null),
                    ("ca", broker.Authority is { } pem ? TreeEdit.Text(span, pem) : null));
            default:
                return null;
        }
    }

    private static YamlNode.Scalar? Whole(ForeignObject owner, string name) =>
        owner.Node(name) is YamlNode.Scalar scalar && ForeignScalar.Number(scalar.Text) is { } number
            ? TreeEdit.Plain(scalar.Span, DecimalText.Format(decimal.Truncate(number)))
            : null;

    // A number is in seconds; text may have a unit.
    private static YamlNode.Scalar? Timeout(ForeignObject owner)
    {
        if (owner.Node("Timeout") is not YamlNode.Scalar scalar)
        {
            return null;
        }

        var milliseconds = ForeignScalar.Number(scalar.Text) is { } seconds ? decimal.Truncate(seconds) * 1_000 : GoDuration.Parse(scalar.Text) / 1_000_000;
        return milliseconds is >= 1 and <= 60_000 ? TreeEdit.Plain(scalar.Span, Quantities.FormatDuration(TimeSpan.FromMilliseconds((int)milliseconds.Value))) : null;
    }

    private static YamlNode.Mapping? Polls(ForeignDocument device, ForeignDocument profile, Translated model, TimeSpan shortest, FindingList findings)
    {
        var polls = new SortedDictionary<string, (TimeSpan Every, SourceSpan Span)>(StringComparer.Ordinal);
        var readable = Readable(model);
        foreach (var one in device.Root.Objects("autoEvents"))
        {
            if (one.Flag("onChange") && shortest == TimeSpan.Zero)
            {
                findings.Warning(EdgeXCodes.LeftOut, one.SpanOf("onChange"), $"left out: onChange of '{Excerpt.Of(one.Text("sourceName"))}'; the property is polled and reported",
                    "nothing to do, unless you count events");
            }

            var nanoseconds = GoDuration.ParseWithDays(one.Text("interval")) ?? 0;
            var every = TimeSpan.FromMilliseconds((double)Math.Clamp(nanoseconds / 1_000_000, 1, 86_400_000));
            every = every < shortest ? shortest : every;
            foreach (var property in Sources(one, profile, findings).Where(readable.Contains))
            {
                if (!polls.TryGetValue(property, out var other) || every < other.Every)
                {
                    polls[property] = (every, one.SpanOf("interval"));
                }
            }
        }

        return polls.Count == 0 ? null : TreeEdit.Map(device.Span,
            polls.Select(poll => (poll.Key, (YamlNode?)TreeEdit.Plain(poll.Value.Span, Quantities.FormatDuration(poll.Value.Every)))));
    }

    // A resource, the resources of a command, or (EdgeX 4) those whose names a regular expression matches.
    private static IEnumerable<string> Sources(ForeignObject one, ForeignDocument profile, FindingList findings)
    {
        var source = one.Text("sourceName");
        var resources = profile.Root.Objects("deviceResources").Select(resource => resource.Text("name")).ToList();
        var names = ForeignNames.OfProperties(resources);
        var command = profile.Root.Objects("deviceCommands").FirstOrDefault(command => command.Text("name") == source);
        List<string> found = command.Has("name") ? [.. command.Objects("resourceOperations").Select(operation => operation.Text("deviceResource"))]
            : resources.Contains(source) ? [source]
            : [.. resources.Where(name => Matches(source, name))];
        if (found.Count == 0)
        {
            var near = Spelling.Nearest(source, resources);
            findings.Warning(EdgeXCodes.Source, one.SpanOf("sourceName"), $"'{Excerpt.Of(source)}' is neither a resource nor a command of the profile '{Excerpt.Of(profile.Name)}'",
                near is null ? "name one of them" : $"did you mean '{near}'?");
        }

        return found.Select(name => names[name]);
    }

    private static bool Matches(string pattern, string name)
    {
        try
        {
            return pattern.Length <= 256 && Regex.IsMatch(name, $"^(?:{pattern})$", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (Exception exception) when (exception is ArgumentException or NotSupportedException)
        {
            return false; // it is no regular expression, or one that could run for ever
        }
    }

    /// <summary>Our names of the properties that a device of the model can be asked for.</summary>
    public static HashSet<string> Readable(Translated model) =>
        ((YamlNode.Sequence)model.Spec.Find("properties", ForeignSyntax.Yaml)!).Items.Cast<YamlNode.Mapping>()
            .Where(property => Text(property, "access") != "w").Select(property => Text(property, "name")).ToHashSet(StringComparer.Ordinal);

    private static string Text(YamlNode.Mapping map, string key) => (map.Find(key, ForeignSyntax.Yaml) as YamlNode.Scalar)?.Text ?? "";
}

using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Manifests.Kinds;
using GitOps.Manifests.Yaml;
using DeviceSpec = GitOps.Manifests.Kinds.DeviceSpec;

namespace GitOps.Manifests.Rules;

/// <summary>Whether a device fits its model. Used with what is written, and again with what templates gave.</summary>
public static class DeviceRules
{
    /// <summary>
    /// <paramref name="tree"/> is the one <paramref name="device"/> was bound from: it has the places.
    /// </summary>
    public static void Check(Resource resource, YamlNode.Mapping tree, DeviceSpec device, DeviceModelSpec model,
        FindingList findings)
    {
        CheckConnection(resource, tree, device.Connection, model.Protocol, findings);
        var desired = tree.TryGet("desired", out var node) ? node as YamlNode.Mapping : null;
        var set = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in device.Desired)
        {
            var span = desired is not null && desired.TryGet(name, out var written) ? written.Span : resource.Span;
            foreach (var (property, its) in CommandValues.Expand(name, value, model, span, findings))
            {
                if (!set.TryAdd(property, name))
                {
                    findings.Error(ManifestCodes.DesiredValue, span, $"'{name}' and '{set[property]}' both set '{property}'", "desire one of them");
                }

                CheckDesired(property, its, model, span, findings);
            }
        }

        foreach (var (name, every) in device.Polls)
        {
            var span = tree.TryGet("poll", out var polls) ? polls.Span : resource.Span;
            if (Find(model, name, span, findings) is { Access: DeviceAccess.Write } && every > TimeSpan.Zero)
            {
                findings.Error(ManifestCodes.DesiredValue, span, $"'{name}' can only be written, so it is not polled", "remove it");
            }
        }

        CheckAlarms(device, model, tree, findings);
        UpstreamRules.Check(device, model, tree, findings);
    }

    /// <summary>Its own alarms, and those of its model by how often it is read.</summary>
    private static void CheckAlarms(DeviceSpec device, DeviceModelSpec model, YamlNode.Mapping tree, FindingList findings)
    {
        AlarmRules.Check(device.Alarms, model, device.Polls, tree, findings);
        foreach (var (name, every) in device.Polls)
        {
            if (every <= TimeSpan.Zero && model.Alarms.FirstOrDefault(alarm => alarm.Property == name && !device.Alarms.Any(own => own.Name == alarm.Name)) is { } alarm)
            {
                findings.Error(ManifestCodes.DesiredValue, tree.TryGet("poll", out var polls) ? polls.Span : tree.Span,
                    $"the alarm '{alarm.Name}' of the model is about '{name}', which is not polled here", "poll it, or leave poll as the model says");
            }
        }
    }

    /// <summary>A takeover that was left behind when the device went back.</summary>
    public static void CheckTakeover(DeviceSpec device, YamlNode.Mapping node, FindingList findings)
    {
        if (device.Takeover is { } from && from == device.Node)
        {
            var span = node.TryGet("takeover", out var written) ? written.Span : node.Span;
            findings.Error(ManifestCodes.Takeover, span, $"the device is to be taken over from '{from}', which has it", "remove takeover");
        }
    }

    private static void CheckDesired(string name, DesiredValue desired, DeviceModelSpec model, SourceSpan span,
        FindingList findings)
    {
        if (Find(model, name, span, findings) is not { } property)
        {
            return;
        }

        if (property.Access == DeviceAccess.Read)
        {
            findings.Error(ManifestCodes.DesiredValue, span, $"'{name}' can only be read",
                "remove the desired value, or write access: rw in the model");
            return;
        }

        CheckValue(property, desired.Value, span, findings);
        if (desired.OnRollback?.Value is { } rollback)
        {
            CheckValue(property, rollback, span, findings);
        }

        if (desired.Tolerance is { } tolerance &&
            (tolerance < 0 || property.Type is DeviceValueType.Bool or DeviceValueType.String))
        {
            findings.Error(ManifestCodes.DesiredValue, span,
                $"the tolerance of '{name}' is {DecimalText.Format(tolerance)}, and the property is of type {Words.Of(property.Type)}",
                "a tolerance is 0 or more, and for numbers only");
        }

        if (desired.WriteWhen is { } interlock && Find(model, interlock.Property, span, findings) is { } condition)
        {
            if (condition.Access == DeviceAccess.Write)
            {
                findings.Error(ManifestCodes.DesiredValue, span, $"'{condition.Name}' of writeWhen cannot be read",
                    "name a property that can be read");
            }
            else if (interlock.EqualTo.As(condition.Type) is null)
            {
                findings.Error(ManifestCodes.DesiredValue, span,
                    $"'{condition.Name}' of writeWhen is of type {Words.Of(condition.Type)} and never equals {interlock.EqualTo}", "write a value of the type");
            }
        }
    }

    /// <summary>The property of the model; a finding where there is none.</summary>
    internal static DeviceProperty? Find(DeviceModelSpec model, string name, SourceSpan span, FindingList findings)
    {
        foreach (var property in model.Properties)
        {
            if (property.Name == name)
            {
                return property;
            }
        }

        var near = Spelling.Nearest(name, model.Properties.Select(property => property.Name));
        findings.Error(ManifestCodes.DesiredValue, span, $"the model has no property '{name}'",
            near is null ? "add it to the model, or correct the name" : $"did you mean '{near}'?");
        return null;
    }

    private static void CheckValue(DeviceProperty property, DeviceValue value, SourceSpan span, FindingList findings)
    {
        var type = Words.Of(property.Type);
        if (property.Type is DeviceValueType.Bool or DeviceValueType.String)
        {
            if (value.As(property.Type) is null)
            {
                findings.Error(ManifestCodes.DesiredValue, span,
                    $"'{property.Name}' is of type {type}, and {value} is none",
                    property.Type == DeviceValueType.Bool ? "write true or false" : "write text in quotes");
            }

            return;
        }

        if (value.As(DeviceValueType.Float64) is not DeviceValue.Number(var number))
        {
            findings.Error(ManifestCodes.DesiredValue, span,
                $"'{property.Name}' is of type {type}, and '{Excerpt.Of(value.ToString())}' is no number",
                    "write a number");
            return;
        }

        var outside = number < property.Minimum ? $"below the minimum {DecimalText.Format(property.Minimum.Value)}"
            : number > property.Maximum ? $"above the maximum {DecimalText.Format(property.Maximum.Value)}"
            : null;
        if (outside is not null)
        {
            findings.Error(ManifestCodes.DesiredValue, span,
                $"'{property.Name}' would be {DecimalText.Format(number)}, {outside}",
                "write a value in the range, or change the range in the model");
        }
        else if (RawRange(property.Type) is var (minimum, maximum) && !RawFits(property, number, minimum, maximum))
        {
            findings.Error(ManifestCodes.DesiredValue, span,
                $"'{property.Name}' cannot hold {DecimalText.Format(number)}: its raw value is of type {type}",
                    "write a value that the device can represent");
        }
    }

    // value = raw × scale + offset; a scale like 0.3 leaves a rest that is not the writer's fault.
    private static bool RawFits(DeviceProperty property, decimal number, decimal minimum, decimal maximum)
    {
        const decimal Rest = 0.000_000_1m;
        if (Scaling.ToRaw(property, number) is not { } raw)
        {
            return false; // far outside of any integer type, or of the mask
        }

        var whole = decimal.Round(raw);
        return Math.Abs(raw - whole) <= Rest && whole >= minimum && whole <= maximum;
    }

    private static (decimal Minimum, decimal Maximum)? RawRange(DeviceValueType type) => type switch
    {
        DeviceValueType.Int8 => (sbyte.MinValue, sbyte.MaxValue),
        DeviceValueType.UInt8 => (byte.MinValue, byte.MaxValue),
        DeviceValueType.Int16 => (short.MinValue, short.MaxValue),
        DeviceValueType.UInt16 => (ushort.MinValue, ushort.MaxValue),
        DeviceValueType.Int32 => (int.MinValue, int.MaxValue),
        DeviceValueType.UInt32 => (uint.MinValue, uint.MaxValue),
        DeviceValueType.Int64 => (long.MinValue, long.MaxValue),
        DeviceValueType.UInt64 => (ulong.MinValue, ulong.MaxValue),
        _ => null,
    };

    private static void CheckConnection(
        Resource resource, YamlNode.Mapping tree, DeviceConnection connection, DeviceProtocol protocol,
            FindingList findings)
    {
        var span = tree.TryGet("connection", out var node) ? node.Span : resource.Span;
        var (needed, isThere, fix) = protocol switch
        {
            DeviceProtocol.ModbusTcp => ("a host", connection.Host is not null, "add connection: {host: <host>}"),
            DeviceProtocol.ModbusRtu => ("a serial line", connection.Serial is not null, "add connection: {serial: {path: /dev/ttyUSB0, baud: 9600}}"),
            DeviceProtocol.Mqtt => ("a url of a broker", HasScheme(connection, "mqtt", "mqtts", "ws", "wss"), "add connection: {url: mqtt://<host>:1883}"),
            DeviceProtocol.Http => ("a url", HasScheme(connection, "http", "https"), "add connection: {url: http://<host>/}"),
            DeviceProtocol.EdgeX => ("the url of core-command and the name of the device there", HasScheme(connection, "http", "https") && connection.Device is not null,
                "add connection: {url: 'http://127.0.0.1:59882', device: <name>}"),
            DeviceProtocol.Mapper => ("a mapper", connection.Mapper is not null, "add connection: {mapper: {protocol: opcua, config: {…}}}"),
            _ => ("", true, ""),
        };
        if (!isThere)
        {
            findings.Error(ManifestCodes.DeviceConnection, span,
                $"the model speaks {NameOf(protocol)}, which needs {needed}", fix);
        }

        var others = new (string Name, bool IsThere, DeviceProtocol[] Owners)[]
        {
            ("host", connection.Host is not null, [DeviceProtocol.ModbusTcp]),
            ("port", connection.Port is not null, [DeviceProtocol.ModbusTcp]),
            ("serial", connection.Serial is not null, [DeviceProtocol.ModbusRtu]),
            ("unitId", connection.UnitId is not null, [DeviceProtocol.ModbusTcp, DeviceProtocol.ModbusRtu]),
            ("timeout", connection.TimeoutMs is not null, [DeviceProtocol.ModbusTcp, DeviceProtocol.ModbusRtu, DeviceProtocol.Http, DeviceProtocol.EdgeX, DeviceProtocol.Mapper]),
            ("url", connection.Url is not null, [DeviceProtocol.Mqtt, DeviceProtocol.Http, DeviceProtocol.EdgeX]),
            ("device", connection.Device is not null, [DeviceProtocol.EdgeX]),
            ("ca", connection.Authority is not null, [DeviceProtocol.Mqtt, DeviceProtocol.Http, DeviceProtocol.EdgeX]),
            ("user", connection.User is not null, [DeviceProtocol.Mqtt]),
            ("password", !connection.Password.IsEmpty, [DeviceProtocol.Mqtt]),
            ("headers", !connection.Headers.IsEmpty, [DeviceProtocol.Http, DeviceProtocol.EdgeX]),
            ("mapper", connection.Mapper is not null, [DeviceProtocol.Mapper]),
            ("seed", connection.Seed is not null, [DeviceProtocol.Simulated]),
        };
        foreach (var other in others.Where(other => other.IsThere && !other.Owners.Contains(protocol)))
        {
            findings.Error(ManifestCodes.DeviceConnection, span,
                $"'{other.Name}' is for {string.Join(" and ", other.Owners.Select(NameOf))}, and the model speaks {NameOf(protocol)}",
                    $"remove '{other.Name}', or use another model");
        }

        if (connection.Authority is { } pem && !IsCertificates(pem))
        {
            findings.Error(ManifestCodes.DeviceConnection, span, "'ca' holds no certificate that can be read", "paste the PEM file of the authority, whole");
        }

        if (!connection.Password.IsEmpty && connection.User is null)
        {
            findings.Error(ManifestCodes.DeviceConnection, span, "there is a 'password' and no 'user' that it is of", "add 'user'");
        }

        if (protocol == DeviceProtocol.ModbusRtu && connection.UnitId is (< 1 or > 247))
        {
            findings.Error(ManifestCodes.DeviceConnection, span,
                $"the unit {connection.UnitId} cannot be on a serial line: 0 speaks to all at once, and 248 to 255 are reserved",
                "write a unitId from 1 to 247");
        }
    }

    private static bool IsCertificates(string pem)
    {
        try
        {
            var certificates = new X509Certificate2Collection();
            certificates.ImportFromPem(pem);
            return certificates.Count > 0;
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    private static bool HasScheme(DeviceConnection connection, params ReadOnlySpan<string> schemes) =>
        Uri.TryCreate(connection.Url, UriKind.Absolute, out var url) && schemes.Contains(url.Scheme);

    private static string NameOf(DeviceProtocol protocol) =>
        protocol switch
        {
            DeviceProtocol.ModbusTcp => "modbus-tcp",
            DeviceProtocol.ModbusRtu => "modbus-rtu",
            _ => Words.Of(protocol),
        };
}

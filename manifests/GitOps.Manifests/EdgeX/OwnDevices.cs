using System.Globalization;
using GitOps.Bundles.Units;
using GitOps.Manifests.Foreign;
using GitOps.Manifests.Kinds;
using GitOps.Manifests.Yaml;
using DeviceSpec = GitOps.Manifests.Kinds.DeviceSpec;

namespace GitOps.Manifests.EdgeX;

/// <summary>Makes a device of EdgeX of a Device of ours: the inverse of <see cref="EdgeXDevices"/>.</summary>
internal static class OwnDevices
{
    // Seconds after which a connection that nobody uses is closed; without it device-modbus connects anew for each request.
    private const int IdleTimeout = 5;

    /// <summary>Every part that is filled in by our defaults is said: those of EdgeX are others.</summary>
    public static YamlNode.Mapping Translate(Resource<DeviceSpec> device, DeviceModelSpec model, string profile, string service)
    {
        var (spec, span) = (device.Spec, device.Span);
        return TreeEdit.Map(span,
            ("name", TreeEdit.Text(span, EdgeXNames.Of(device.Name, spec.Foreign))),
            ("serviceName", TreeEdit.Text(span, service)),
            ("profileName", TreeEdit.Text(span, profile)),
            ("protocols", Protocols(spec.Connection, model.Protocol, device.SpanOf("connection"))),
            ("autoEvents", AutoEvents(device, model)));
    }

    /// <summary>How often a property is read by whoever speaks with the device; null: only when somebody asks.</summary>
    public static TimeSpan? PollOf(DeviceSpec device, DeviceProperty property) =>
        property.Access == DeviceAccess.Write ? null
        : device.Polls.FirstOrDefault(poll => poll.Property == property.Name) is { } own ? own.Every > TimeSpan.Zero ? own.Every : null
        : property.PollMs is { } ms ? TimeSpan.FromMilliseconds(ms) : null;

    private static YamlNode.Mapping Protocols(DeviceConnection connection, DeviceProtocol protocol, SourceSpan span) => protocol switch
    {
        DeviceProtocol.ModbusTcp => TreeEdit.Map(span, ("modbus-tcp", TreeEdit.Map(span,
            ("Address", TreeEdit.Text(span, connection.Host ?? "")),
            ("Port", Number(connection.Port ?? ModbusUnit.DefaultPort, span)),
            ("UnitID", Number(connection.UnitId ?? ModbusUnit.DefaultUnitId, span)),
            ("Timeout", Timeout(connection, span)),
            ("IdleTimeout", Number(IdleTimeout, span))))),
        DeviceProtocol.ModbusRtu => TreeEdit.Map(span, ("modbus-rtu", Serial(connection, connection.Serial ?? new SerialLine(""), span))),
        _ => TreeEdit.Map(span, ("device-virtual-protocol", TreeEdit.Map(span))),
    };

    private static YamlNode.Mapping Serial(DeviceConnection connection, SerialLine line, SourceSpan span)
    {
        var parity = line.Parity ?? LineParity.Even;
        return TreeEdit.Map(span,
            ("Address", TreeEdit.Text(span, line.Path)),
            ("UnitID", Number(connection.UnitId ?? ModbusUnit.DefaultUnitId, span)),
            ("BaudRate", Number(line.Baud ?? SerialLine.DefaultBaud, span)),
            ("DataBits", Number(8, span)),
            ("StopBits", Number(line.StopBits ?? (parity == LineParity.None ? 2 : 1), span)),
            ("Parity", TreeEdit.Text(span, parity switch { LineParity.None => "N", LineParity.Odd => "O", _ => "E" })),
            ("Timeout", Timeout(connection, span)),
            ("IdleTimeout", Number(IdleTimeout, span)));
    }

    private static YamlNode.Sequence? AutoEvents(Resource<DeviceSpec> device, DeviceModelSpec model)
    {
        var span = device.SpanOf("poll");
        var events = model.Properties
            .Select(property => (Name: EdgeXNames.OfResource(model, property.Name), Every: PollOf(device.Spec, property)))
            .Where(poll => poll.Every is not null)
            .Select(poll => TreeEdit.Map(span,
                ("sourceName", TreeEdit.Text(span, poll.Name)),
                ("interval", TreeEdit.Text(span, Duration((long)poll.Every!.Value.TotalMilliseconds)))))
            .ToList();
        return events.Count == 0 ? null : TreeEdit.List(span, events);
    }

    // A number is in seconds, and what is behind its point is cut off; text has a unit.
    private static YamlNode.Scalar Timeout(DeviceConnection connection, SourceSpan span) =>
        (connection.TimeoutMs ?? DeviceConnection.DefaultTimeoutMs) is var ms && ms % 1_000 == 0 ? Number(ms / 1_000, span) : TreeEdit.Text(span, Duration(ms));

    // core-metadata reads intervals without days.
    private static string Duration(long ms) => ms % 1_000 == 0
        ? string.Create(CultureInfo.InvariantCulture, $"{ms / 1_000}s")
        : string.Create(CultureInfo.InvariantCulture, $"{ms}ms");

    private static YamlNode.Scalar Number(int number, SourceSpan span) => TreeEdit.Plain(span, number.ToString(CultureInfo.InvariantCulture));
}

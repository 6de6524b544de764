using GitOps.Manifests.Foreign;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.EdgeX;

/// <summary>Protocol properties that a driver needs and core-metadata does not look at.</summary>
internal static class ProtocolLint
{
    private static readonly (string Protocol, string[] Needed)[] Drivers =
    [
        ("modbus-tcp", ["Address", "Port", "UnitID", "Timeout"]),
        ("modbus-rtu", ["Address", "UnitID", "BaudRate", "DataBits", "StopBits", "Parity", "Timeout", "IdleTimeout"]),
        ("mqtt", ["CommandTopic"]),
        ("opcua", ["Endpoint"]),
        ("s7", ["Host", "Port", "Rack", "Slot"]),
    ];

    public static void Check(ForeignObject device, FindingList findings)
    {
        var protocols = device.Object("protocols");
        foreach (var (protocol, needed) in Drivers)
        {
            if (!protocols.Has(protocol))
            {
                continue;
            }

            var properties = protocols.Object(protocol);
            foreach (var name in needed.Where(name => !properties.Has(name)))
            {
                var near = Spelling.Nearest(name, properties.Entries.Select(entry => entry.Key).Except(needed));
                findings.Warning(EdgeXCodes.Protocol, protocols.SpanOf(protocol), $"'{name}' of {protocol} is missing, and its driver needs it",
                    near is null ? $"add {name}" : $"write {name} instead of {Excerpt.Of(near)}");
            }

            foreach (var name in new[] { "Timeout", "IdleTimeout" })
            {
                if (properties.Node(name) is YamlNode.Scalar scalar && ForeignScalar.Number(scalar) is { } seconds && !decimal.IsInteger(seconds))
                {
                    findings.Warning(EdgeXCodes.Protocol, scalar.Span, $"the {name} {scalar.Text} is cut down to {decimal.Truncate(seconds)} seconds",
                        $"write it with its unit: {seconds * 1000:0}ms");
                }
            }
        }

        if (protocols.Entries.Length > 1 && protocols.Entries.Count(entry => entry.Key.StartsWith("modbus", StringComparison.OrdinalIgnoreCase)) > 1)
        {
            findings.Warning(EdgeXCodes.Protocol, device.SpanOf("protocols"), "the device has two Modbus protocols, and its driver takes exactly one", "remove one");
        }
    }
}

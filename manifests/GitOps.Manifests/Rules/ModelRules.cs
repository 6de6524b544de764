using GitOps.Bundles.Units;
using GitOps.Manifests.Kinds;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.Rules;

/// <summary>Whether the properties of a device model can be reached by its protocol.</summary>
internal static class ModelRules
{
    public static void CheckProtocol(DeviceModelSpec model, YamlNode.Mapping node, FindingList findings)
    {
        var places = PropertyPlaces(node);
        foreach (var property in model.Properties)
        {
            var place = places.GetValueOrDefault(property.Name, node.Span);
            switch (model.Protocol)
            {
                case DeviceProtocol.ModbusTcp:
                    CheckRegister(property, place, findings);
                    RefuseOthers(property, place, "register", property.Topic is not null, property.Simulate is not null,
                        findings);
                    break;
                case DeviceProtocol.Mqtt:
                    CheckTopic(property, place, findings);
                    RefuseOthers(property, place, "topic", property.Register is not null, property.Simulate is not null,
                        findings);
                    break;
                case DeviceProtocol.Simulated:
                    RefuseOthers(property, place, "simulate", property.Register is not null, property.Topic is not null,
                        findings);
                    CheckInitial(property, place, findings);
                    break;
            }
        }
    }

    private static void CheckRegister(DeviceProperty property, SourceSpan place, FindingList findings)
    {
        if (property.Register is not { } register)
        {
            findings.Error(ManifestCodes.DeviceConnection, place,
                $"'{property.Name}' has no register, and the protocol is modbus-tcp",
                "add register: {table: holding, address: 0}");
            return;
        }

        var isBit = register.Table is ModbusTable.Coil or ModbusTable.Discrete;
        if (isBit != (property.Type == DeviceValueType.Bool) || property.Type == DeviceValueType.String)
        {
            findings.Error(ManifestCodes.DeviceConnection, place,
                $"'{property.Name}' is of type {Words.Of(property.Type)} in the table {Words.Of(register.Table)}",
                "coils and discrete inputs hold a bool, registers hold numbers");
        }

        if (register.Table is ModbusTable.Discrete or ModbusTable.Input && property.Access != DeviceAccess.Read)
        {
            findings.Error(ManifestCodes.DeviceConnection, place,
                $"'{property.Name}' is to be written, and the table {Words.Of(register.Table)} can only be read",
                "write access: r, or use the table coil or holding");
        }

        if (register.Address + RegistersOf(property.Type) > 65_536)
        {
            findings.Error(ManifestCodes.DeviceConnection, place,
                $"'{property.Name}' takes {RegistersOf(property.Type)} registers from {register.Address}, beyond the last, 65535", "correct the address");
        }
    }

    private static void CheckTopic(DeviceProperty property, SourceSpan place, FindingList findings)
    {
        var reads = property.Access is DeviceAccess.Read or DeviceAccess.ReadWrite;
        var writes = property.Access is DeviceAccess.Write or DeviceAccess.ReadWrite;
        if ((reads && property.Topic?.Read is null) || (writes && property.Topic?.Write is null))
        {
            findings.Error(ManifestCodes.DeviceConnection, place,
                $"'{property.Name}' has no topic to {(reads && property.Topic?.Read is null ? "read" : "write")}, and the protocol is mqtt",
                "add topic: {read: …, write: …} as its access needs");
        }
    }

    private static void CheckInitial(DeviceProperty property, SourceSpan place, FindingList findings)
    {
        if (property.Simulate?.Initial is { } initial && initial.As(property.Type) is null)
        {
            findings.Error(ManifestCodes.DesiredValue, place,
                $"'{property.Name}' is of type {Words.Of(property.Type)}, and its initial value is {initial}",
                    "write a value of the type");
        }
    }

    private static void RefuseOthers(
        DeviceProperty property, SourceSpan place, string wanted, bool hasFirst, bool hasSecond, FindingList findings)
    {
        if (hasFirst || hasSecond)
        {
            findings.Error(ManifestCodes.DeviceConnection, place,
                $"'{property.Name}' says where it is for another protocol",
                    $"with this protocol only '{wanted}' counts; remove the other");
        }
    }

    private static int RegistersOf(DeviceValueType type) => type switch
    {
        DeviceValueType.Int32 or DeviceValueType.UInt32 or DeviceValueType.Float32 => 2,
        DeviceValueType.Int64 or DeviceValueType.UInt64 or DeviceValueType.Float64 => 4,
        _ => 1,
    };

    private static Dictionary<string, SourceSpan> PropertyPlaces(YamlNode.Mapping node)
    {
        var places = new Dictionary<string, SourceSpan>(StringComparer.Ordinal);
        if (node.TryGet("properties", out var properties) && properties is YamlNode.Sequence list)
        {
            foreach (var item in list.Items)
            {
                if (item is YamlNode.Mapping property && property.TryGet("name", out var name) &&
                    name is YamlNode.Scalar scalar)
                {
                    places.TryAdd(scalar.Text, scalar.Span);
                }
            }
        }

        return places;
    }
}

/// <summary>Enumerated values as manifests write them.</summary>
internal static class Words
{
    public static string Of<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();
}

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
                case DeviceProtocol.ModbusTcp or DeviceProtocol.ModbusRtu:
                    CheckRegister(property, place, findings);
                    RefuseOthers(property, place, "register", findings, property.Topic, property.Http, property.Simulate, property.Resource, VisitorOf(property));
                    break;
                case DeviceProtocol.Mqtt:
                    CheckTopic(property, place, findings);
                    RefusePart(property, place, findings);
                    RefuseOthers(property, place, "topic", findings, property.Register, property.Http, property.Simulate, property.Resource, VisitorOf(property));
                    break;
                case DeviceProtocol.Http:
                    CheckHttp(property, place, findings);
                    RefusePart(property, place, findings);
                    RefuseOthers(property, place, "http", findings, property.Register, property.Topic, property.Simulate, property.Resource, VisitorOf(property));
                    break;
                case DeviceProtocol.EdgeX:
                    RefuseOthers(property, place, "resource", findings, property.Register, property.Topic, property.Http, property.Simulate, VisitorOf(property));
                    RefuseOthers(property, place, "resource", findings, property.Mask, property.Shift, property.Base, property.Scale, property.Offset);
                    break;
                case DeviceProtocol.Simulated:
                    RefusePart(property, place, findings);
                    RefuseOthers(property, place, "simulate", findings, property.Register, property.Topic, property.Http, property.Resource, VisitorOf(property));
                    CheckInitial(property, place, findings);
                    break;
                case DeviceProtocol.Mapper:
                    RefusePart(property, place, findings);
                    RefuseOthers(property, place, "visitor", findings, property.Register, property.Topic, property.Http, property.Simulate, property.Resource);
                    break;
            }
        }
    }

    /// <summary>A value is never read in two requests, as it could change in between.</summary>
    public static void CheckReads(DeviceModelSpec model, YamlNode.Mapping node, FindingList findings)
    {
        if (model.Reads is not { } reads)
        {
            return;
        }

        if (!model.Protocol.IsModbus())
        {
            findings.Error(ManifestCodes.DeviceConnection, node.TryGet("reads", out var written) ? written.Span : node.Span,
                "'reads' is for Modbus, and the model speaks another protocol", "remove it");
            return;
        }

        var places = PropertyPlaces(node);
        foreach (var property in model.Properties)
        {
            if (property.Register is { Table: ModbusTable.Holding or ModbusTable.Input } && RegistersOf(property) > reads.MaxRegisters)
            {
                findings.Error(ManifestCodes.DeviceConnection, places.GetValueOrDefault(property.Name, node.Span),
                    $"'{property.Name}' takes {RegistersOf(property)} registers, and reads.maxRegisters is {reads.MaxRegisters}",
                    "a value is read in one request: raise maxRegisters, or correct the type");
            }
        }
    }

    public static void CheckCommands(DeviceModelSpec model, YamlNode.Mapping node, FindingList findings)
    {
        var span = node.TryGet("commands", out var written) ? written.Span : node.Span;
        foreach (var command in model.Commands)
        {
            foreach (var operation in command.Operations)
            {
                if (model.Properties.FirstOrDefault(property => property.Name == operation.Property) is not { } property)
                {
                    var near = Spelling.Nearest(operation.Property, model.Properties.Select(p => p.Name));
                    findings.Error(ManifestCodes.DesiredValue, span,
                        $"the command '{command.Name}' names the property '{operation.Property}', which the model has not",
                        near is null ? "add it to the model, or correct the name" : $"did you mean '{near}'?");
                }
                else if (operation.Default is { } value && value.As(property.ValueType) is null)
                {
                    findings.Error(ManifestCodes.DesiredValue, span,
                        $"'{operation.Property}' of the command '{command.Name}' is of type {Words.Of(property.Type)}, and its default is {value}",
                        "write a value of the type");
                }
            }
        }
    }

    private static void CheckRegister(DeviceProperty property, SourceSpan place, FindingList findings)
    {
        if (property.Register is not { } register)
        {
            findings.Error(ManifestCodes.DeviceConnection, place,
                $"'{property.Name}' has no register, and the protocol is Modbus",
                "add register: {table: holding, address: 0}");
            return;
        }

        var isBit = register.Table is ModbusTable.Coil or ModbusTable.Discrete;
        if ((isBit && property.Type != DeviceValueType.Bool) || property.Type is DeviceValueType.Int8 or DeviceValueType.UInt8)
        {
            findings.Error(ManifestCodes.DeviceConnection, place,
                $"'{property.Name}' is of type {Words.Of(property.Type)} in the table {Words.Of(register.Table)}",
                "coils and discrete inputs hold a bool, registers hold numbers of at least 16 bits, a bool or a string");
        }

        var isBoolInRegister = !isBit && property.Type == DeviceValueType.Bool;
        if (register.Bit is not null && !isBoolInRegister)
        {
            findings.Error(ManifestCodes.DeviceConnection, place, $"'{property.Name}' names a bit, and is no bool in a register",
                "remove 'bit', or use the type bool and the table holding or input");
        }

        if ((register.Registers is null) == (property.Type == DeviceValueType.String))
        {
            findings.Error(ManifestCodes.DeviceConnection, place,
                register.Registers is null ? $"the string '{property.Name}' does not say how many registers it takes"
                    : $"'{property.Name}' is of type {Words.Of(property.Type)}, whose registers are known",
                register.Registers is null ? "add 'registers: <number>'" : "remove 'registers'");
        }

        if (register.Table is ModbusTable.Discrete or ModbusTable.Input && property.Access != DeviceAccess.Read)
        {
            findings.Error(ManifestCodes.DeviceConnection, place,
                $"'{property.Name}' is to be written, and the table {Words.Of(register.Table)} can only be read",
                "write access: r, or use the table coil or holding");
        }

        if (register.Address + RegistersOf(property) > 65_536)
        {
            findings.Error(ManifestCodes.DeviceConnection, place,
                $"'{property.Name}' takes {RegistersOf(property)} registers from {register.Address}, beyond the last, 65535", "correct the address");
        }
    }

    // Only a register can be read before it is written, so that the other bits stay.
    private static void RefusePart(DeviceProperty property, SourceSpan place, FindingList findings)
    {
        if (property.Mask is not null && property.Access != DeviceAccess.Read)
        {
            findings.Error(ManifestCodes.DeviceConnection, place,
                $"'{property.Name}' has a mask and is to be written, which only Modbus can", "write access: r, or remove the mask");
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

    private static void CheckHttp(DeviceProperty property, SourceSpan place, FindingList findings)
    {
        var reads = property.Access is DeviceAccess.Read or DeviceAccess.ReadWrite;
        var writes = property.Access is DeviceAccess.Write or DeviceAccess.ReadWrite;
        if (reads && property.Http?.Path is null)
        {
            findings.Error(ManifestCodes.DeviceConnection, place, $"'{property.Name}' has no path to read, and the protocol is http",
                "add http: {path: /api/state, pointer: /value}");
        }

        if (writes ? (property.Http?.Write?.Path ?? (property.Http?.Write is null ? null : property.Http.Path)) is null : property.Http?.Write is not null)
        {
            findings.Error(ManifestCodes.DeviceConnection, place,
                writes ? $"'{property.Name}' is to be written, and does not say how" : $"'{property.Name}' says how it is written, and can only be read",
                writes ? "add write: {method: put, path: /api/state} to its http" : "write access: rw, or remove 'write'");
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

    private static DeviceProperty? VisitorOf(DeviceProperty property) => property.Visitor.IsEmpty ? null : property;

    private static void RefuseOthers(
        DeviceProperty property, SourceSpan place, string wanted, FindingList findings, params ReadOnlySpan<object?> others)
    {
        if (others.ContainsAnyExcept((object?)null))
        {
            findings.Error(ManifestCodes.DeviceConnection, place,
                $"'{property.Name}' says where it is for another protocol",
                    $"with this protocol only '{wanted}' counts; remove the other");
        }
    }

    private static int RegistersOf(DeviceProperty property) => property.Type switch
    {
        DeviceValueType.String => property.Register!.Registers ?? 1,
        DeviceValueType.Int32 or DeviceValueType.UInt32 or DeviceValueType.Float32 => 2,
        DeviceValueType.Int64 or DeviceValueType.UInt64 or DeviceValueType.Float64 => 4,
        _ => 1,
    };

    /// <summary>Where each property of a model is written, by its name.</summary>
    internal static Dictionary<string, SourceSpan> PropertyPlaces(YamlNode.Mapping node)
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

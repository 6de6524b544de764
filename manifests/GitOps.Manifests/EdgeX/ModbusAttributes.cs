using System.Globalization;
using GitOps.Bundles.Units;
using GitOps.Manifests.Foreign;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.EdgeX;

/// <summary>
/// Where a resource is in a Modbus device, by the attributes of device-modbus-go. Words are ours: <c>holding</c>, <c>int16</c>.
/// </summary>
internal sealed record ModbusAttributes(string Table, int Address, int? Bit, string Type, bool WordSwap, bool ByteSwap, int? Registers)
{
    private static readonly Dictionary<string, string> Tables = new(StringComparer.OrdinalIgnoreCase)
    {
        ["COILS"] = "coil",
        ["DISCRETES_INPUT"] = "discrete",
        ["DISCRETE_INPUTS"] = "discrete",
        ["INPUT_REGISTERS"] = "input",
        ["HOLDING_REGISTERS"] = "holding",
    };

    private static readonly Dictionary<string, string> Types = new(StringComparer.Ordinal)
    {
        ["Bool"] = "bool",
        ["String"] = "string",
        ["Int16"] = "int16",
        ["Uint16"] = "uint16",
        ["Int32"] = "int32",
        ["Uint32"] = "uint32",
        ["Int64"] = "int64",
        ["Uint64"] = "uint64",
        ["Float32"] = "float32",
        ["Float64"] = "float64",
    };

    /// <summary>A table as device-modbus-go spells it.</summary>
    public static string NameOf(ModbusTable table) => table switch
    {
        ModbusTable.Coil => "COILS",
        ModbusTable.Discrete => "DISCRETES_INPUT",
        ModbusTable.Input => "INPUT_REGISTERS",
        _ => "HOLDING_REGISTERS",
    };

    /// <summary>Null and a warning for what the device service does not understand either.</summary>
    public static ModbusAttributes? Of(ForeignObject resource, FindingList findings)
    {
        var attributes = resource.Object("attributes");
        var name = Excerpt.Of(resource.Text("name"));
        var valueType = EdgeXTypes.Normalised(resource.Object("properties").Text("valueType"))!;
        if (!Tables.TryGetValue(attributes.Text("primaryTable"), out var table))
        {
            var near = Spelling.Nearest(attributes.Text("primaryTable"), Tables.Keys);
            return Bad(attributes, "primaryTable", $"'{name}' is in the table '{Excerpt.Of(attributes.Text("primaryTable"))}', which there is not",
                near is null ? $"write one of {string.Join(", ", Tables.Keys)}" : $"did you mean {near}?", findings);
        }

        if (AddressOf(attributes) is not var (address, bit))
        {
            return Bad(attributes, "startingAddress", $"the startingAddress '{Excerpt.Of(attributes.Text("startingAddress"))}' of '{name}' is none",
                "write a zero-based address from 0 to 65535; one bit of a register in quotes: \"10.1\"", findings);
        }

        if (bit is not null && valueType != "Bool")
        {
            return Bad(attributes, "startingAddress", $"'{name}' names a bit of a register and is {valueType}", "use valueType: Bool, or a whole address", findings);
        }

        if (!Types.TryGetValue(valueType, out var type))
        {
            return Bad(attributes, "primaryTable", $"'{name}' is {valueType}, which Modbus does not carry", $"use one of {string.Join(", ", Types.Keys)}", findings);
        }

        if (table is "coil" or "discrete" && type != "bool")
        {
            return Bad(attributes, "primaryTable", $"'{name}' is {valueType}, and {attributes.Text("primaryTable")} hold one bit each", "use valueType: Bool, or another table", findings);
        }

        if (RawType(attributes, valueType, type) is not { } raw)
        {
            return Bad(attributes, "rawType", $"'{name}' is {valueType} with the rawType '{Excerpt.Of(attributes.Text("rawType"))}'",
                "rawType is INT16 or UINT16 with Float32 or Float64, or INT32 with Float64", findings);
        }

        int? registers = type == "string" ? (int?)Whole(attributes, "stringRegisterSize", 1, 123) : null;
        if (type == "string" && registers is null)
        {
            return Bad(attributes, "stringRegisterSize", $"the string '{name}' has no stringRegisterSize from 1 to 123", "add stringRegisterSize: <registers>", findings);
        }

        var swaps = raw is "int32" or "uint32" or "float32";
        if (!swaps && (attributes.Flag("isWordSwap") || attributes.Flag("isByteSwap")))
        {
            findings.Warning(EdgeXCodes.Attribute, attributes.SpanOf(attributes.Flag("isWordSwap") ? "isWordSwap" : "isByteSwap"),
                $"'{name}' is no value of 32 bits, and the device service swaps no others; here it is swapped as written", "remove it, or check the bytes at the device");
        }

        return new ModbusAttributes(table, address, bit, raw, attributes.Flag("isWordSwap"), attributes.Flag("isByteSwap"), registers);
    }

    // A float 10.1 is printed as 10.10, so it is bit 10; only text says bit 1.
    private static (int Address, int? Bit)? AddressOf(ForeignObject attributes)
    {
        if (attributes.Node("startingAddress") is not YamlNode.Scalar scalar || ForeignScalar.Number(scalar.Text) is not { } number || number < 0 || number > 65_535)
        {
            return null;
        }

        // "10.0" in quotes names the lowest bit.
        if (decimal.IsInteger(number) && (scalar.IsPlain || !scalar.Text.Contains('.', StringComparison.Ordinal)))
        {
            return ((int)number, null);
        }

        var text = scalar.IsPlain ? number.ToString("F2", CultureInfo.InvariantCulture) : scalar.Text;
        return int.TryParse(text[(text.IndexOf('.', StringComparison.Ordinal) + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var bit) && bit <= 15
            ? ((int)number, bit)
            : null;
    }

    private static string? RawType(ForeignObject attributes, string valueType, string type) =>
        (attributes.Text("rawType").ToUpperInvariant(), valueType) switch
        {
            ("", _) => type,
            ("INT16", "Float32" or "Float64" or "Int16") => "int16",
            ("UINT16", "Float32" or "Float64" or "Uint16") => "uint16",
            ("INT32", "Float64" or "Int32") => "int32",
            _ => null,
        };

    private static decimal? Whole(ForeignObject attributes, string name, int least, int most) =>
        attributes.Node(name) is YamlNode.Scalar scalar && ForeignScalar.Number(scalar.Text) is { } number && decimal.IsInteger(number) && number >= least && number <= most
            ? number
            : null;

    private static ModbusAttributes? Bad(ForeignObject attributes, string field, string what, string fix, FindingList findings)
    {
        findings.Warning(EdgeXCodes.Attribute, attributes.SpanOf(field), what, fix);
        return null;
    }
}

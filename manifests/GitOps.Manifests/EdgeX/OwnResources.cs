using System.Globalization;
using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Manifests.Foreign;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.EdgeX;

/// <summary>Makes a device resource of a property: the inverse of <see cref="EdgeXModels"/> and <see cref="ModbusAttributes"/>.</summary>
internal static class OwnResources
{
    private const string AgentInstead = "or take 'backend' out of the Device, so that the agent speaks with it";

    /// <summary>What EdgeX would do otherwise than the property says, each with a fix. With one of them there is no resource.</summary>
    public static IEnumerable<(string What, string Fix)> Problems(DeviceProtocol protocol, DeviceProperty property)
    {
        var isWritten = property.Access != DeviceAccess.Read;
        if (CarriedType.Of(protocol, property) is null)
        {
            yield return property.Type == DeviceValueType.Int32 && property is { Mask: null, Shift: null } && protocol.IsModbus()
                ? ($"'{property.Name}' is an int32 with a scale, an offset or a base that is written: EdgeX reads it as such, and writes the bits of a float",
                    $"write access: r, take scale, offset and base out and desire raw values, {AgentInstead}")
                : ($"EdgeX computes '{property.Name}' in its own type {CarriedType.NameOf(property.Type)}: what scale, offset or base leave behind the point, or beyond the type, is cut off",
                    $"take them out, {AgentInstead}");
        }

        if (property.Mask is not null && isWritten)
        {
            yield return ($"'{property.Name}' has a mask and is written: EdgeX writes zeros into all other bits of the register", $"write access: r, {AgentInstead}");
        }

        if (protocol == DeviceProtocol.Simulated && property.Type == DeviceValueType.String)
        {
            yield return ($"'{property.Name}' is a string, and device-virtual plays none", $"leave it out of the model, {AgentInstead}");
        }

        if (property.Register is not { } register || register.Table is ModbusTable.Coil or ModbusTable.Discrete)
        {
            yield break;
        }

        if (property.Type == DeviceValueType.Bool && isWritten)
        {
            yield return ($"'{property.Name}' is a bool in a register and is written, which EdgeX cannot do", $"write access: r, make it an integer with the values 0 and 1, {AgentInstead}");
        }

        var isLong = property.Type is DeviceValueType.Int64 or DeviceValueType.UInt64 or DeviceValueType.Float64;
        if ((register.ByteSwap && !IsSwapped(property)) || (register.WordSwap && isLong))
        {
            yield return ($"'{property.Name}' is a {Rules.Words.Of(property.Type)} whose {(register.ByteSwap ? "bytes" : "words")} are swapped, and EdgeX swaps values of 32 bits only",
                $"set the byte order at the device where it can be, {AgentInstead}");
        }
    }

    /// <summary>What EdgeX does with a part of the property that differs, and harms nothing but what relies on it.</summary>
    public static IEnumerable<(string What, string Fix)> Differences(DeviceProperty property)
    {
        if (property is { Type: DeviceValueType.Bool, Register: { Bit: null, Table: ModbusTable.Input or ModbusTable.Holding } })
        {
            yield return ($"of the register of '{property.Name}' EdgeX looks at the lowest bit, and the agent at all sixteen", "write bit: 0 where the lowest is meant");
        }

        if (property.Simulate is not null)
        {
            yield return ($"device-virtual plays random values of '{property.Name}' between minimum and maximum until one is written, whatever 'simulate' says",
                "write minimum and maximum, and take 'simulate' out");
        }
    }

    /// <param name="name">Of the resource.</param>
    public static YamlNode.Mapping Write(DeviceProtocol protocol, DeviceProperty property, string name, SourceSpan span)
    {
        var carried = CarriedType.Of(protocol, property)!;
        return TreeEdit.Map(span,
            ("name", TreeEdit.Text(span, name)),
            ("attributes", property.Register is { } register ? Attributes(property, register, carried, span) : null),
            ("properties", TreeEdit.Map(span,
                ("valueType", TreeEdit.Text(span, CarriedType.NameOf(carried.Value))),
                ("readWrite", TreeEdit.Text(span, property.Access switch { DeviceAccess.Read => "R", DeviceAccess.Write => "W", _ => "RW" })),
                ("units", property.Unit is { } unit ? TreeEdit.Text(span, unit) : null),
                ("minimum", Number(Bound(property.Minimum, carried, isLeast: true), span)),
                ("maximum", Number(Bound(property.Maximum, carried, isLeast: false), span)),
                ("defaultValue", property.Simulate?.Initial is { } initial ? TreeEdit.Text(span, initial.ToString()!) : null),
                ("mask", Number(property.Mask, span)),
                ("shift", Number(property.Shift, span)),
                ("scale", Number(property.Scale, span)),
                ("offset", Number(property.Offset, span)),
                ("base", Number(property.Base, span)))));
    }

    private static YamlNode.Mapping Attributes(DeviceProperty property, ModbusRegister register, CarriedType carried, SourceSpan span) => TreeEdit.Map(span,
        ("primaryTable", TreeEdit.Text(span, ModbusAttributes.NameOf(register.Table))),
        // A number 10.1 would be read as 10.10: a bit is said as text.
        ("startingAddress", register.Bit is { } bit ? TreeEdit.Text(span, string.Create(CultureInfo.InvariantCulture, $"{register.Address}.{bit}"))
            : Number(register.Address, span)),
        ("rawType", carried.Raw is { } raw ? TreeEdit.Text(span, raw.ToString().ToUpperInvariant()) : null),
        ("stringRegisterSize", property.Type == DeviceValueType.String ? Number(register.Registers, span) : null),
        // The words of one register, and the bytes of a coil, are swapped by nobody.
        ("isByteSwap", register.ByteSwap && IsSwapped(property) ? TreeEdit.Plain(span, "true") : null),
        ("isWordSwap", register.WordSwap && IsSwapped(property) ? TreeEdit.Plain(span, "true") : null));

    private static bool IsSwapped(DeviceProperty property) => property.Type is DeviceValueType.Int32 or DeviceValueType.UInt32 or DeviceValueType.Float32;

    // EdgeX casts a bound to the type of the value: one beyond it would become another number, and bounds nothing anyway.
    private static decimal? Bound(decimal? bound, CarriedType carried, bool isLeast) => (bound, EdgeXValues.RangeOf(CarriedType.NameOf(carried.Value))) switch
    {
        ({ } number, var (least, most)) => isLeast
            ? number < least ? null : Math.Min(decimal.Ceiling(number), most)
            : number > most ? null : Math.Max(decimal.Floor(number), least),
        _ => bound,
    };

    private static YamlNode.Scalar? Number(decimal? number, SourceSpan span) => number is { } value ? TreeEdit.Plain(span, DecimalText.Format(value)) : null;
}

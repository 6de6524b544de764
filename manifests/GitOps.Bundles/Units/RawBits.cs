namespace GitOps.Bundles.Units;

/// <summary>The bits of a raw integer that are the property's, where it has a mask or a shift.</summary>
public static class RawBits
{
    /// <summary>The raw value holds bits that are not the property's: writing has to leave them as they are.</summary>
    public static bool IsPart(DeviceProperty property) => property.Mask is not null;

    /// <summary>(raw &amp; mask) &gt;&gt; shift, in the width and with the sign of the property's type.</summary>
    public static decimal Select(DeviceProperty property, decimal raw) => Width(property) is not { } width ? raw
        : Signed(property, Shifted(property, Signed(property, Bits(raw) & Mask(property), width), property.Shift ?? 0), width);

    /// <summary>The raw value that <see cref="Select"/> makes this of, or null when there is none.</summary>
    public static decimal? Place(DeviceProperty property, decimal selected)
    {
        if (Width(property) is not { } width)
        {
            return selected;
        }

        var whole = Math.Round(selected, MidpointRounding.AwayFromZero);
        var raw = Signed(property, Shifted(property, whole, -(property.Shift ?? 0)) & Mask(property), width);
        return Select(property, raw) == whole ? raw : null;
    }

    /// <summary>Two's complement, as wide as the type.</summary>
    public static ulong Bits(decimal raw) => raw < 0 ? unchecked((ulong)(long)raw) : (ulong)raw;

    public static ulong Mask(DeviceProperty property) => property.Mask is { } mask ? (ulong)mask : ulong.MaxValue;

    private static ulong Shifted(DeviceProperty property, decimal value, int right) => right switch
    {
        >= 64 or <= -64 => 0,
        < 0 => Bits(value) << -right,
        _ when IsSigned(property) => unchecked((ulong)((long)value >> right)),
        _ => Bits(value) >> right,
    };

    private static decimal Signed(DeviceProperty property, ulong bits, int width)
    {
        var unused = 64 - width;
        return IsSigned(property) ? unchecked((long)(bits << unused)) >> unused : (bits << unused) >> unused;
    }

    private static bool IsSigned(DeviceProperty property) =>
        property.Type is DeviceValueType.Int8 or DeviceValueType.Int16 or DeviceValueType.Int32 or DeviceValueType.Int64;

    // Null where nothing is selected: no mask, no shift, or no integer.
    private static int? Width(DeviceProperty property) => property is { Mask: null, Shift: null } ? null : property.Type switch
    {
        DeviceValueType.Int8 or DeviceValueType.UInt8 => 8,
        DeviceValueType.Int16 or DeviceValueType.UInt16 => 16,
        DeviceValueType.Int32 or DeviceValueType.UInt32 => 32,
        DeviceValueType.Int64 or DeviceValueType.UInt64 => 64,
        _ => null,
    };
}

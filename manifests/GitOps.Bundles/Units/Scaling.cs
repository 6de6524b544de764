namespace GitOps.Bundles.Units;

/// <summary>
/// value = base ^ ((raw &amp; mask) &gt;&gt; shift) × scale + offset, each part where it is given, in the order of EdgeX's device
/// services. Decimal arithmetic: exact up to 28 digits, no 70.49999; only the power is not.
/// </summary>
public static class Scaling
{
    /// <summary>Null when the value has more digits than can be said.</summary>
    public static decimal? FromRaw(DeviceProperty property, decimal raw)
    {
        try
        {
            return (Power(property, RawBits.Select(property, raw)) * (property.Scale ?? 1)) + (property.Offset ?? 0);
        }
        catch (OverflowException)
        {
            return null;
        }
    }

    /// <summary>
    /// Null when there is no such raw value: it is too large, the scale is 0, or it needs bits outside of the mask. Bits outside
    /// of the mask are 0.
    /// </summary>
    public static decimal? ToRaw(DeviceProperty property, decimal value)
    {
        try
        {
            return property.Scale is 0 ? null
                : Logarithm(property, (value - (property.Offset ?? 0)) / (property.Scale ?? 1)) is { } selected ? RawBits.Place(property, selected)
                : null;
        }
        catch (OverflowException)
        {
            return null;
        }
    }

    private static decimal Power(DeviceProperty property, decimal exponent) =>
        property.Base is { } number ? (decimal)Math.Pow((double)number, (double)exponent) : exponent;

    private static decimal? Logarithm(DeviceProperty property, decimal power)
    {
        if (property.Base is not { } number)
        {
            return power;
        }

        var exponent = Math.Log((double)power, (double)number);
        return double.IsFinite(exponent) ? Math.Round((decimal)exponent, 9) : null; // what a power leaves behind the ninth digit is noise
    }
}

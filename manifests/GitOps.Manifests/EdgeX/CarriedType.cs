using System.Globalization;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Manifests.EdgeX;

/// <summary>
/// The type in which a device service of EdgeX has the value of a property. It computes in that type (device-sdk-go,
/// internal/transformer), so a fraction needs a float; what lies in the registers is then <c>rawType</c> (device-modbus-go).
/// </summary>
/// <param name="Value">What core-command says and takes.</param>
/// <param name="Raw">What the device has, where that is another type.</param>
internal sealed record CarriedType(DeviceValueType Value, DeviceValueType? Raw)
{
    // What a float32 holds in any case; it is preferred because 3 × 0.1 is 0.3 there, and 0.30000000000000004 in a float64.
    private const int SingleDigits = 7;

    /// <summary>Null where EdgeX has no type that keeps what the property says.</summary>
    public static CarriedType? Of(DeviceProtocol protocol, DeviceProperty property)
    {
        var isScaled = property.Scale is not null || property.Offset is not null || property.Base is not null;
        if (!isScaled || EdgeXValues.RangeOf(NameOf(property.Type)) is not var (least, most) || StaysWhole(property, least, most))
        {
            return new(property.Type, null);
        }

        return (protocol.IsModbus() && property is { Mask: null, Shift: null }, property.Type) switch
        {
            (true, DeviceValueType.Int16 or DeviceValueType.UInt16) =>
                new(IsShort(property, least, most) ? DeviceValueType.Float32 : DeviceValueType.Float64, property.Type),
            // It is read as rawType says, and written as if rawType were not there.
            (true, DeviceValueType.Int32) when property.Access == DeviceAccess.Read => new(DeviceValueType.Float64, property.Type),
            _ => null,
        };
    }

    /// <summary>As EdgeX spells it.</summary>
    public static string NameOf(DeviceValueType type) => EdgeXTypes.Normalised(type.ToString())!;

    /// <summary>All values are integers of the raw type, and so is what is computed on the way.</summary>
    private static bool StaysWhole(DeviceProperty property, decimal least, decimal most)
    {
        var (scale, offset) = (property.Scale ?? 1, property.Offset ?? 0);
        if (property.Base is not null || !decimal.IsInteger(scale) || !decimal.IsInteger(offset) || !Fits(scale) || !Fits(offset))
        {
            return false;
        }

        if (property.Mask is not null || property.Shift is not null)
        {
            // The most that is left of a positive value: without a sign to care for when the mask takes it away.
            var masked = property.Mask is { } mask ? Math.Min(mask, most) : most;
            var isUnsigned = least == 0 || masked == property.Mask;
            if (!isUnsigned || property.Shift is < 0)
            {
                return false;
            }

            (least, most) = (0, RawBits.Select(property, masked));
        }

        try
        {
            return new[] { least, most }.All(raw => Fits(raw * scale) && Fits((raw * scale) + offset));
        }
        catch (OverflowException)
        {
            return false;
        }

        bool Fits(decimal value) => EdgeXValues.RangeOf(NameOf(property.Type)) is var (low, high) && value >= low && value <= high;
    }

    private static bool IsShort(DeviceProperty property, decimal least, decimal most)
    {
        if (property.Base is not null)
        {
            return false;
        }

        var largest = Math.Max(Math.Abs(Scaling.FromRaw(property, least) ?? decimal.MaxValue), Math.Abs(Scaling.FromRaw(property, most) ?? decimal.MaxValue));
        var digits = decimal.Truncate(largest).ToString(CultureInfo.InvariantCulture).Length;
        return digits + Math.Max(Decimals(property.Scale), Decimals(property.Offset)) <= SingleDigits;
    }

    private static int Decimals(decimal? number) =>
        number is { } value && DecimalText.Format(value) is var text && text.IndexOf('.', StringComparison.Ordinal) is >= 0 and var point ? text.Length - point - 1 : 0;
}

using System.Globalization;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Manifests.EdgeX;

/// <summary>
/// How a device service computes a value that has a fraction (device-sdk-go, internal/transformer; device-modbus-go cuts what is behind
/// the point): in floats, where 0.3 / 0.1 is less than 3. What is desired is said so that the right raw value comes out.
/// </summary>
internal static class EdgeXNumbers
{
    // Further into the step between two raw values, but not so far that it is another.
    private static readonly decimal[] Nudges = [0.000_1m, 0.01m, 0.25m];

    /// <summary>What to set so that the device has the raw value that <paramref name="value"/> stands for, and what EdgeX answers then.</summary>
    public static (decimal Set, decimal Answered) Of(DeviceProperty property, CarriedType carried, decimal value)
    {
        if (carried.Value is not (DeviceValueType.Float32 or DeviceValueType.Float64) || Scaling.ToRaw(property, value) is not { } exact)
        {
            return (value, value);
        }

        if (carried.Raw is null)
        {
            return (value, Written(property, carried, value) is { } raw && Read(property, carried, raw) is { } read ? read : value);
        }

        var wanted = decimal.Round(exact);
        if (Read(property, carried, (double)wanted) is not { } answered)
        {
            return (value, value);
        }

        IEnumerable<decimal?> near = [value, answered, .. Nudges.Select(nudge => Scaling.FromRaw(property, wanted + (wanted < 0 ? -nudge : nudge)))];
        return (near.FirstOrDefault(one => one is { } set && Written(property, carried, set) is { } raw && (decimal)Math.Truncate(raw) == wanted) ?? value, answered);
    }

    private static double? Written(DeviceProperty property, CarriedType carried, decimal value)
    {
        var number = Rounded(carried, double.Parse(DecimalText.Format(value), CultureInfo.InvariantCulture));
        number = property.Offset is { } offset ? Rounded(carried, number - Rounded(carried, (double)offset)) : number;
        number = property.Scale is { } scale ? Rounded(carried, number / Rounded(carried, (double)scale)) : number;
        number = property.Base is { } power ? Rounded(carried, Math.Log(number) / Math.Log((double)power)) : number;
        return double.IsFinite(number) && Math.Abs(number) < 1e27 ? number : null;
    }

    private static decimal? Read(DeviceProperty property, CarriedType carried, double raw)
    {
        var number = Rounded(carried, raw);
        number = property.Base is { } power ? Rounded(carried, Math.Pow((double)power, number)) : number;
        number = property.Scale is { } scale ? Rounded(carried, number * Rounded(carried, (double)scale)) : number;
        number = property.Offset is { } offset ? Rounded(carried, number + Rounded(carried, (double)offset)) : number;
        // The fewest digits that tell it from its neighbours, as EdgeX prints it.
        var text = carried.Value == DeviceValueType.Float32 ? ((float)number).ToString("R", CultureInfo.InvariantCulture) : number.ToString("R", CultureInfo.InvariantCulture);
        return decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var answered) ? answered : null;
    }

    private static double Rounded(CarriedType carried, double number) => carried.Value == DeviceValueType.Float32 ? (float)number : number;
}

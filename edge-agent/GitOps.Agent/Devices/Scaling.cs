using GitOps.Bundles.Units;

namespace GitOps.Agent.Devices;

/// <summary>value = raw × scale + offset, in decimal arithmetic: exact up to 28 digits, no 70.49999.</summary>
public static class Scaling
{
    /// <summary>Null when the value has more digits than can be said.</summary>
    public static decimal? FromRaw(DeviceProperty property, decimal raw)
    {
        try
        {
            return (raw * (property.Scale ?? 1)) + (property.Offset ?? 0);
        }
        catch (OverflowException)
        {
            return null;
        }
    }

    /// <summary>Null when there is no such raw value: it is too large, or the scale is 0.</summary>
    public static decimal? ToRaw(DeviceProperty property, decimal value)
    {
        try
        {
            return property.Scale is 0 ? null : (value - (property.Offset ?? 0)) / (property.Scale ?? 1);
        }
        catch (OverflowException)
        {
            return null;
        }
    }
}

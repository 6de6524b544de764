using GitOps.Agent.Devices.Modbus;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Devices;

/// <summary>Whether a device has what is desired of it.</summary>
public static class DesiredMatch
{
    public static bool Holds(DeviceSpec spec, DeviceProperty property, DesiredValue desired, DeviceValue read) =>
        Near(Representable(spec, property, desired.Value), read, desired.Tolerance ?? 0) || Near(desired.Value, read, desired.Tolerance ?? 0);

    /// <summary>The value as the device can hold it: 70.53 in tenths is 70.5.</summary>
    private static DeviceValue Representable(DeviceSpec spec, DeviceProperty property, DeviceValue value) => spec.Protocol switch
    {
        DeviceProtocol.ModbusTcp or DeviceProtocol.ModbusRtu when RegisterCodec.Encode(property, value) is Encoded.Registers(var registers) &&
                                      RegisterCodec.Decode(property, registers.AsSpan()) is Decoded.Value(var held) => held,
        DeviceProtocol.Mqtt or DeviceProtocol.Http or DeviceProtocol.EdgeX or DeviceProtocol.Mapper when TextCodec.Encode(property, value) is Encoded.Text(var text) &&
                                 TextCodec.Decode(property, text) is Decoded.Value(var held) => held,
        _ => value,
    };

    private static bool Near(DeviceValue desired, DeviceValue read, decimal tolerance) => (desired, read) switch
    {
        (DeviceValue.Number(var wanted), DeviceValue.Number(var found)) => IsWithin(wanted, found, tolerance),
        _ => desired == read,
    };

    private static bool IsWithin(decimal wanted, decimal found, decimal tolerance)
    {
        try
        {
            return Math.Abs(wanted - found) <= tolerance;
        }
        catch (OverflowException)
        {
            return false;
        }
    }
}

using System.Text.Json;

namespace GitOps.Bundles.Units;

/// <summary>Gives the values of a device read from the wire the type of their property.</summary>
internal static class DeviceValues
{
    /// <exception cref="JsonException">A value is none of its property's type.</exception>
    public static DeviceSpec Typed(DeviceSpec device) => device with
    {
        Properties = device.Properties.Select(p => Typed(p, device)).ToEquatableArray(),
        Alarms = device.Alarms.IsEmpty ? device.Alarms : device.Alarms.Select(alarm => alarm with
        {
            EqualTo = alarm.EqualTo is { } value ? Typed(value, Find(device, alarm.Property)) : null,
        }).ToEquatableArray(),
    };

    private static DeviceProperty Typed(DeviceProperty property, DeviceSpec device) => property with
    {
        Desired = property.Desired is { } desired ? Typed(desired, property, device) : null,
        Simulate = property.Simulate is { Initial: { } initial } source
            ? source with { Initial = Typed(initial, property) }
            : property.Simulate,
    };

    private static DesiredValue Typed(DesiredValue desired, DeviceProperty property, DeviceSpec device) => desired with
    {
        Value = Typed(desired.Value, property),
        WriteWhen = desired.WriteWhen is { } interlock
            ? interlock with { EqualTo = Typed(interlock.EqualTo, Find(device, interlock.Property)) }
            : null,
        OnRollback = desired.OnRollback is { Value: { } value } back ? back with { Value = Typed(value, property) } : desired.OnRollback,
    };

    private static DeviceProperty Find(DeviceSpec device, string name) =>
        device.Properties.FirstOrDefault(p => p.Name == name) ?? throw new JsonException($"there is no property '{name}'");

    private static DeviceValue Typed(DeviceValue value, DeviceProperty property) =>
        value.As(property.ValueType) ?? throw new JsonException($"'{value}' is no {property.Type} as '{property.Name}' asks for");
}

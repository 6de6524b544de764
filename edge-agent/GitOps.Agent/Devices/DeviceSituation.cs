using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Devices;

/// <summary>
/// What of a device's state decides anything: two equal situations give equal plans, so only a change of it wakes the loop.
/// A temperature that moves every second does not.
/// </summary>
public sealed record DeviceSituation(string Link, EquatableArray<string> Properties)
{
    public static DeviceSituation Of(DeviceSpec spec, DeviceState state) =>
        new(state.Link.GetType().Name,
        [
            .. spec.Properties.Select(property => Of(spec, property, state.Of(property.Name))),
            .. state.Alarms.Where(alarm => alarm.IsActive).Select(alarm => $"alarm {alarm.Name}"),
        ]);

    private static string Of(DeviceSpec spec, DeviceProperty property, PropertyState state)
    {
        var interlocks = spec.Properties.Select(p => p.Desired?.WriteWhen).Where(when => when?.Property == property.Name);
        return (state.Fault, state.Reading) switch
        {
            ({ Why: var why }, _) => $"fault {why}",
            (_, null) => "unread",
            (_, { Value: var value }) when property.Desired is { } desired && !DesiredMatch.Holds(spec, property, desired, value) => $"is {value}",
            (_, { Value: var value }) => $"read {string.Join(' ', interlocks.Select(when => when!.EqualTo == value))}",
        };
    }
}

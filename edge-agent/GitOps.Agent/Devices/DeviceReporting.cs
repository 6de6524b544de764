using GitOps.Agent.Planning;
using GitOps.Bundles;
using GitOps.Bundles.Reports;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Devices;

/// <summary>A device as the report says it.</summary>
public static class DeviceReporting
{
    public static DeviceReport Report(string name, DeviceSpec spec, DeviceState state, PlanContext context) =>
        new(name, state.Link is DeviceLink.Online)
        {
            Message = state.Link is DeviceLink.Away(var why) ? why : null,
            Alarms = spec.Alarms.Where(alarm => state.AlarmOf(alarm.Name).IsActive).Select(alarm => Report(alarm, state)).ToEquatableArray(),
            Properties = spec.Properties.Select(property => Report(spec, property, state, context)).ToEquatableArray(),
        };

    private static AlarmReport Report(AlarmRule alarm, DeviceState state)
    {
        var its = state.AlarmOf(alarm.Name);
        return new AlarmReport(alarm.Name, alarm.Severity, (long)(state.Now - its.ChangedAt!.Value).TotalMilliseconds) { Value = its.Value };
    }

    private static PropertyReport Report(DeviceSpec spec, DeviceProperty property, DeviceState state, PlanContext context)
    {
        var seen = state.Of(property.Name);
        var verdict = property.Desired is null ? null : DesiredPlanner.Decide(spec, property, state, context);
        return new PropertyReport(property.Name)
        {
            Reported = seen.Reading?.Value,
            Desired = property.Desired?.Value,
            State = verdict?.Phase,
            Quality = Quality(spec, property, seen, state),
            AgeMs = seen.Reading is { } reading ? (long)(state.Now - reading.At).TotalMilliseconds : null,
            Message = seen.Fault?.Why ?? verdict?.Message,
        };
    }

    /// <summary>Stale after three missed polls: one lost answer is no news.</summary>
    internal static ValueQuality Quality(DeviceSpec spec, DeviceProperty property, PropertyState seen, DeviceState state) => seen switch
    {
        { Fault: not null } => ValueQuality.Bad,
        { Reading: null } => DeviceEndpoint.IsReadable(spec, property) ? ValueQuality.Stale : ValueQuality.Good,
        _ when state.Link is not DeviceLink.Online => ValueQuality.Stale,
        { Reading.At: var at } when PollSchedule.Period(spec, property) is { } period &&
                                    state.Now - at > (period * 3) + DeviceEndpoint.Timeout(spec.Connection) => ValueQuality.Stale,
        _ => ValueQuality.Good,
    };
}

using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Manifests.Rules;
using Written = GitOps.Manifests.Kinds;

namespace GitOps.Reconciler.Compile;

/// <summary>Joins a device with its model, each value in the type of its property; both have been checked.</summary>
internal static class DeviceLowering
{
    /// <param name="secret">What the agent fills in for a key of a Secret, by the field that names it.</param>
    public static DeviceSpec Lower(
        Written.DeviceSpec device, Written.DeviceModelSpec model, Func<string, EquatableArray<ContentPart>> contentOf,
        Func<Written.SecretReference, string, EquatableArray<ContentPart>> secret)
    {
        var desired = CommandValues.Expand(device, model).ToDictionary(d => d.Property, d => d.Desired, StringComparer.Ordinal);
        var polls = device.Polls.ToDictionary(poll => poll.Property, poll => poll.Every, StringComparer.Ordinal);
        var types = model.Properties.ToDictionary(property => property.Name, property => property.ValueType, StringComparer.Ordinal);
        return new DeviceSpec
        {
            Protocol = model.Protocol,
            Connection = Filled(device.Connection, contentOf) with { Password = device.Password is { } password ? secret(password, "password") : [] },
            Reads = model.Reads,
            UpstreamBuffer = device.UpstreamBuffer,
            Alarms = model.Alarms.Where(alarm => !device.Alarms.Any(own => own.Name == alarm.Name)).Concat(device.Alarms)
                .OrderBy(alarm => alarm.Name, StringComparer.Ordinal)
                .Select(alarm => alarm with { EqualTo = alarm.EqualTo is { } equal ? Typed(equal, types[alarm.Property]) : null })
                .ToEquatableArray(),
            Properties = model.Properties
                .OrderBy(property => property.Name, StringComparer.Ordinal)
                .Select(property => property with
                {
                    Simulate = property.Simulate is { Initial: { } initial } simulate
                        ? simulate with { Initial = Typed(initial, property.ValueType) }
                        : property.Simulate,
                    PollMs = !polls.TryGetValue(property.Name, out var every) ? property.PollMs
                        : every > TimeSpan.Zero ? (int)every.TotalMilliseconds
                        : null,
                    Upstream = device.Upstream.FirstOrDefault(own => own.Property == property.Name)?.Rule ?? property.Upstream,
                    Desired = desired.TryGetValue(property.Name, out var value) ? Typed(value, property.ValueType, types) : null,
                })
                .ToEquatableArray(),
        };
    }

    private static DeviceConnection Filled(DeviceConnection connection, Func<string, EquatableArray<ContentPart>> contentOf) => connection with
    {
        Headers = connection.Headers.IsEmpty ? connection.Headers : connection.Headers
            .Select(header => header with { Value = contentOf(((ContentPart.Text)header.Value[0]).Value) }).ToEquatableArray(),
        Mapper = connection.Mapper is not { } mapper ? null : mapper with
        {
            Config = mapper.Config.IsEmpty ? mapper.Config : mapper.Config
                .Select(setting => setting.Type is not null ? setting
                    : setting with { Value = contentOf(((ContentPart.Text)setting.Value[0]).Value) })
                .ToEquatableArray(),
        },
    };

    private static DesiredValue Typed(DesiredValue desired, DeviceValueType type, Dictionary<string, DeviceValueType> types) => desired with
    {
        Value = Typed(desired.Value, type),
        WriteWhen = desired.WriteWhen is { } interlock
            ? interlock with { EqualTo = Typed(interlock.EqualTo, types[interlock.Property]) }
            : null,
        OnRollback = desired.OnRollback is { Value: { } value } back ? back with { Value = Typed(value, type) } : desired.OnRollback,
    };

    private static DeviceValue Typed(DeviceValue value, DeviceValueType type) =>
        value.As(type) ?? throw new InvalidOperationException($"'{value}' is no {type}, though it was checked");
}

using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Manifests.Kinds;
using DeviceSpec = GitOps.Bundles.Units.DeviceSpec;

namespace GitOps.Manifests.EdgeX;

/// <summary>
/// Makes of a device that the agent would speak with one that it reads and sets through core-command: values are computed by EdgeX then,
/// and the device is there under the names that <see cref="EdgeXNames"/> gives.
/// </summary>
public static class ThroughEdgeX
{
    // A device service may ask a slow device for several seconds.
    private const int TimeoutMs = 10_000;

    /// <param name="device">As a node gets it that speaks with the device itself.</param>
    /// <param name="name">Of the device in EdgeX.</param>
    /// <param name="model">Which it was made of.</param>
    /// <param name="headers">Sent with every request.</param>
    public static DeviceSpec Of(DeviceSpec device, string name, DeviceModelSpec model, EdgeXBackend backend, EquatableArray<HttpHeader> headers)
    {
        var carried = device.Properties.ToDictionary(property => property.Name, property => CarriedType.Of(device.Protocol, property), StringComparer.Ordinal);
        var written = device.Properties.ToDictionary(property => property.Name, StringComparer.Ordinal);
        return device with
        {
            Protocol = DeviceProtocol.EdgeX,
            Connection = new DeviceConnection { Url = backend.Command, Device = name, TimeoutMs = TimeoutMs, Authority = backend.Authority, Headers = headers },
            Reads = null,
            Alarms = device.Alarms.Select(alarm => alarm.EqualTo is { } equal ? alarm with { EqualTo = Answered(alarm.Property, equal) } : alarm).ToEquatableArray(),
            Properties = device.Properties.Select(Property).ToEquatableArray(),
        };

        DeviceProperty Property(DeviceProperty property) => property with
        {
            Type = carried[property.Name]?.Value ?? property.Type,
            Mask = null,
            Shift = null,
            Base = null,
            Scale = null,
            Offset = null,
            PollMs = property.PollMs is { } ms ? Math.Max(ms, (int)EdgeXBackends.ShortestPoll.TotalMilliseconds) : null,
            Register = null,
            Simulate = null,
            Resource = EdgeXNames.OfResource(model, property.Name) is var resource && resource != property.Name ? resource : null,
            Desired = property.Desired is { } desired ? Desired(property, desired) : null,
        };

        DesiredValue Desired(DeviceProperty property, DesiredValue desired) => desired with
        {
            Value = Set(property.Name, desired.Value),
            Tolerance = Numbers(property.Name, desired.Value) is var (set, answered) && set != answered ? (desired.Tolerance ?? 0) + Math.Abs(set - answered) : desired.Tolerance,
            WriteWhen = desired.WriteWhen is { } interlock ? interlock with { EqualTo = Answered(interlock.Property, interlock.EqualTo) } : null,
            OnRollback = desired.OnRollback is { Value: { } value } back ? back with { Value = Set(property.Name, value) } : desired.OnRollback,
        };

        DeviceValue Set(string property, DeviceValue value) => Numbers(property, value) is var (set, _) ? new DeviceValue.Number(set) : value;

        DeviceValue Answered(string property, DeviceValue value) => Numbers(property, value) is var (_, answered) ? new DeviceValue.Number(answered) : value;

        (decimal Set, decimal Answered)? Numbers(string property, DeviceValue value) =>
            value is DeviceValue.Number(var number) && carried.GetValueOrDefault(property) is { } type ? EdgeXNumbers.Of(written[property], type, number) : null;
    }
}

using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Manifests.Kinds;

/// <summary>
/// A field device behind exactly one node. <paramref name="Desired"/> and <paramref name="Polls"/> are sorted by name;
/// <paramref name="Takeover"/> is the node that need not let go of it first; <paramref name="Alarms"/> are besides those of
/// the model, or instead of those of the same name; <paramref name="Upstream"/> likewise; <paramref name="Foreign"/> is where the device came from, when it was
/// written for another system.
/// </summary>
public sealed record DeviceSpec(
    string Node,
    string Model,
    DeviceConnection Connection,
    EquatableArray<Requirement> Requires,
    EquatableArray<DesiredProperty> Desired,
    EquatableArray<PropertyPoll> Polls,
    string? MovedFrom,
    string? Takeover,
    EquatableArray<AlarmRule> Alarms,
    EquatableArray<PropertyUpstream> Upstream,
    UpstreamBuffer? UpstreamBuffer,
    ForeignOrigin? Foreign)
{
    /// <summary>The EdgeX that speaks with it; null: the agent itself.</summary>
    public EdgeXBackend? Backend { get; init; }

    /// <summary>Of the broker it is behind.</summary>
    public SecretReference? Password => Connection.Password is [ContentPart.Secret(var name, var key, _, _)] ? new(name, key) : null;
}

/// <summary>What one property of the device should be, or every property of one command.</summary>
public sealed record DesiredProperty(string Property, DesiredValue Desired);

/// <summary>How often this device is asked for a property, instead of what the model says; zero: only when needed.</summary>
public sealed record PropertyPoll(string Property, TimeSpan Every);

/// <summary>Which values of a property go up to the control plane, instead of what the model says.</summary>
public sealed record PropertyUpstream(string Property, ReportRule Rule);

using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Manifests.Kinds;

/// <summary>A field device behind exactly one node. <paramref name="Desired"/> is sorted by property name.</summary>
public sealed record DeviceSpec(
    string Node,
    string Model,
    DeviceConnection Connection,
    EquatableArray<Requirement> Requires,
    EquatableArray<DesiredProperty> Desired,
    string? MovedFrom);

/// <summary>What one property of the device should be.</summary>
public sealed record DesiredProperty(string Property, DesiredValue Desired);

using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Manifests.Kinds;

/// <summary>What devices of one make have in common. Properties are sorted by name and have no desired value.</summary>
public sealed record DeviceModelSpec(DeviceProtocol Protocol, EquatableArray<DeviceProperty> Properties);

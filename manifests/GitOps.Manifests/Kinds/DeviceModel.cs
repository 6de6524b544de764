using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Manifests.Kinds;

/// <summary>
/// What devices of one make have in common. Properties are sorted by name and have no desired value; <paramref name="Foreign"/>
/// is where the model came from, when it was written for another system.
/// </summary>
public sealed record DeviceModelSpec(
    DeviceProtocol Protocol, ModbusReads? Reads, EquatableArray<DeviceProperty> Properties, EquatableArray<DeviceCommand> Commands,
    EquatableArray<AlarmRule> Alarms, ForeignOrigin? Foreign);

/// <summary>
/// Several properties under one name. A desired value of a command becomes one of each property, when it is compiled: nodes know
/// properties only.
/// </summary>
public sealed record DeviceCommand(string Name, DeviceAccess Access, EquatableArray<CommandOperation> Operations);

/// <param name="Default">What the property is set to when the command is; without one it takes the command's value.</param>
/// <param name="Mappings">What the device says, and what people say instead of it.</param>
public sealed record CommandOperation(string Property, DeviceValue? Default, EquatableArray<ValueMapping> Mappings);

public sealed record ValueMapping(string Device, string People);

/// <summary>What another system calls it.</summary>
/// <param name="Names">Of properties whose names had to be changed; sorted by our name.</param>
public sealed record ForeignOrigin(string System, string Name, EquatableArray<ForeignName> Names);

public sealed record ForeignName(string Name, string Foreign);

using System.Diagnostics;
using GitOps.Agent.Planning;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Devices;

/// <summary>One change to a device, or to what the agent remembers of it.</summary>
public abstract record DeviceStep : IPlanStep
{
    private DeviceStep() { } // closed: every case is in this file

    public required string Because { get; init; }

    /// <summary>Begins to poll a device, or goes on by another specification.</summary>
    public sealed record Follow(DeviceSpec Spec) : DeviceStep;

    /// <summary>Writes, reads back, and remembers both the intent and what became of it.</summary>
    /// <param name="Before">What the device says now, for <c>onRollback: previous</c>.</param>
    /// <param name="Interlock">Read once more right before the write.</param>
    public sealed record Write(
        DeviceProperty Property, DeviceValue Value, Digest Version, DeviceValue? Before, Interlock? Interlock) : DeviceStep;

    /// <summary>Remembers that a version is dealt with, without a write.</summary>
    public sealed record Remember(string Property, Digest Version, MemoryStage Stage) : DeviceStep;

    /// <summary>Writes what <c>onRollback</c> asks for; then the older version, where there is one, counts as left.</summary>
    public sealed record Restore(DeviceProperty Property, DeviceValue Value, Digest? Then) : DeviceStep;

    /// <summary>Forgets a property that has no desired value any more.</summary>
    public sealed record ForgetProperty(string Property) : DeviceStep;

    /// <summary>Stops polling a device and forgets it.</summary>
    public sealed record Release : DeviceStep;

    public string Describe() => this switch
    {
        Follow(var spec) => $"follow {DeviceEndpoint.Describe(spec)}",
        Write(var property, var value, _, _, { } interlock) =>
            $"write {property.Name} = {value}{Unit(property)} while {interlock.Property.Name} = {interlock.EqualTo}",
        Write(var property, var value, _, _, _) => $"write {property.Name} = {value}{Unit(property)}",
        Remember(var property, _, MemoryStage.Left) => $"leave {property} as it is",
        Remember(var property, _, _) => $"note that {property} is applied",
        Restore(var property, var value, _) => $"write {property.Name} = {value}{Unit(property)}",
        ForgetProperty(var property) => $"forget {property}",
        Release => "release the device",
        _ => throw new UnreachableException($"unknown step {this}"),
    };

    private static string Unit(DeviceProperty property) => property.Unit is { } unit ? $" {unit}" : "";
}

/// <summary>A condition on another property of the device.</summary>
public sealed record Interlock(DeviceProperty Property, DeviceValue EqualTo);

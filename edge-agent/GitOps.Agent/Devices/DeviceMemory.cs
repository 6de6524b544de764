using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Devices;

/// <summary>What must survive a restart so that a value is written once per version: kept on disk, one document per device.</summary>
public sealed record DeviceMemory
{
    public EquatableArray<PropertyMemory> Properties { get; init; }

    public PropertyMemory? Find(string property) => Properties.FirstOrDefault(p => p.Name == property);

    public DeviceMemory With(PropertyMemory property) => this with
    {
        Properties = Properties.Where(p => p.Name != property.Name).Append(property)
            .OrderBy(p => p.Name, StringComparer.Ordinal).ToEquatableArray(),
    };

    public DeviceMemory Without(string property) => this with
    {
        Properties = Properties.Where(p => p.Name != property).ToEquatableArray(),
    };
}

/// <summary>The last version of a property's desired value that the agent dealt with, and how far it came.</summary>
public sealed record PropertyMemory(string Name, Digest Version, MemoryStage Stage)
{
    /// <summary>What the device said before the first write of this version.</summary>
    public DeviceValue? Before { get; init; }

    /// <summary>Kept for values with <c>validForMs</c>.</summary>
    public FirstSeen? FirstSeen { get; init; }
}

public enum MemoryStage
{
    /// <summary>Nothing was written yet.</summary>
    Seen,

    /// <summary>A write was begun; whether it arrived is not known.</summary>
    Writing,

    /// <summary>The device acknowledged it.</summary>
    Written,

    /// <summary>The device said that it has the value.</summary>
    Applied,

    /// <summary>Not written, because <c>onRollback</c> of the version before said so.</summary>
    Left,
}

/// <summary>When a version was first seen, by both clocks.</summary>
public sealed record FirstSeen(BootTime Boot, DateTimeOffset At, bool ClockTrusted);

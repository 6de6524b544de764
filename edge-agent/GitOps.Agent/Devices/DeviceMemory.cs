using System.Text.Json.Serialization;
using GitOps.Bundles;
using GitOps.Bundles.Json;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Devices;

/// <summary>What must survive a restart so that a value is written once per version: kept on disk, one document per device.</summary>
public sealed record DeviceMemory
{
    private const int MostSightings = 8;

    public EquatableArray<PropertyMemory> Properties { get; init; }

    /// <summary>When values with <c>validForMs</c> were first seen; of each property the last few versions, the one seen last at the end.</summary>
    public EquatableArray<VersionSighting> Sightings { get; init; }

    public PropertyMemory? Find(string property) => Properties.FirstOrDefault(p => p.Name == property);

    public DeviceMemory With(PropertyMemory property) => this with
    {
        Properties = Properties.Where(p => p.Name != property.Name).Append(property)
            .OrderBy(p => p.Name, StringComparer.Ordinal).ToEquatableArray(),
    };

    public DeviceMemory Without(string property) => this with
    {
        Properties = Properties.Where(p => p.Name != property).ToEquatableArray(),
        Sightings = Sightings.Where(s => s.Property != property).ToEquatableArray(),
    };

    public Moment? FirstSeenOf(string property, Digest version) =>
        Sightings.FirstOrDefault(s => s.Property == property && s.Version == version)?.At;

    /// <summary>
    /// With a note of every version that is not the one seen last. One that comes back because the node goes back keeps its
    /// first time; one that Git asks for again, after another one, is new.
    /// </summary>
    public DeviceMemory Seeing(DeviceSpec spec, Moment now, bool isReturn)
    {
        var memory = this;
        foreach (var property in spec.Properties.Where(p => p.Desired is not null))
        {
            memory = memory.Seeing(property.Name, property.Desired!, now, isReturn);
        }

        return memory;
    }

    private DeviceMemory Seeing(string property, DesiredValue desired, Moment now, bool isReturn)
    {
        var (version, known) = (DesiredVersion.Of(desired), Sightings.Where(s => s.Property == property).ToList());
        if (known.Count == 0 ? desired.ValidForMs is null : known[^1].Version == version)
        {
            return this;
        }

        var first = isReturn ? known.FirstOrDefault(s => s.Version == version)?.At : null;
        return this with
        {
            Sightings = Sightings.Where(s => s.Property != property)
                .Concat(known.Where(s => s.Version != version).Append(new VersionSighting(property, version, first ?? now)).TakeLast(MostSightings))
                .OrderBy(s => s.Property, StringComparer.Ordinal).ToEquatableArray(),
        };
    }
}

/// <summary>The last version of a property's desired value that the agent dealt with, and how far it came.</summary>
public sealed record PropertyMemory(string Name, Digest Version, MemoryStage Stage)
{
    /// <summary>What the device said before the first write of this version.</summary>
    public DeviceValue? Before { get; init; }
}

public sealed record VersionSighting(string Property, Digest Version, Moment At);

[JsonConverter(typeof(WordConverter<MemoryStage>))]
public enum MemoryStage
{
    /// <summary>Nothing was written yet; no longer remembered, and read where an older agent did.</summary>
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

/// <summary>When something was, by both clocks.</summary>
public sealed record Moment(BootTime Boot, DateTimeOffset At, bool ClockTrusted)
{
    /// <summary>How long ago it is: by the time since boot, across a reboot by the wall clock where it is trusted and was. Null: nobody knows.</summary>
    public TimeSpan? Elapsed(Moment now) => Boot.Id == now.Boot.Id ? now.Boot.Uptime - Boot.Uptime
        : ClockTrusted && now.ClockTrusted ? now.At - At
        : null;
}

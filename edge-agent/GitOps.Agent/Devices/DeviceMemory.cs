using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Devices;

/// <summary>What must survive a restart so that a value is written once per version: kept on disk, one document per device.</summary>
public sealed record DeviceMemory
{
    private const int MostSightings = 8;

    public EquatableArray<PropertyMemory> Properties { get; init; }

    /// <summary>When values with <c>validForMs</c> were first seen; of each property the last few versions, oldest first.</summary>
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
    /// With a note of every version that is seen now for the first time. A version that comes back, as one does when the node
    /// goes back, was seen before: its validity does not begin anew.
    /// </summary>
    public DeviceMemory Seeing(DeviceSpec spec, Moment now)
    {
        var news = spec.Properties.Where(p => p.Desired?.ValidForMs is not null)
            .Select(p => new VersionSighting(p.Name, DesiredVersion.Of(p.Desired!), now))
            .Where(s => FirstSeenOf(s.Property, s.Version) is null).ToList();
        return news.Count == 0 ? this : this with
        {
            Sightings = Sightings.Concat(news).GroupBy(s => s.Property, StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal)
                .SelectMany(g => g.TakeLast(MostSightings)).ToEquatableArray(),
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

using GitOps.Bundles;

namespace GitOps.Agent.Generations;

/// <summary>A generation as a node holds it: the number, what it consists of, and the commit it was compiled from.</summary>
public sealed record Release(long Generation, Digest Bundle, long BundleBytes, string Revision);

/// <summary>A bundle the node gave up; not tried again until another one comes or a person says retry.</summary>
public sealed record Quarantine(Digest Bundle, Problem Problem, UnitId? Unit);

/// <summary>
/// Which generation the node is on, and which it is on its way to. Everything here but the attempt's progress outlives a
/// restart. There is no undo in it: going back means that the committed release is what the node is led to again.
/// </summary>
public sealed record GenerationState
{
    /// <summary>How many given-up bundles are remembered.</summary>
    public const int MaxQuarantined = 16;

    public static GenerationState Initial { get; } = new();

    /// <summary>The highest generation a pointer was accepted of; an older one is refused for ever.</summary>
    public long SeenGeneration { get; init; }

    /// <summary>Null with a tombstone, or before the first.</summary>
    public Digest? SeenBundle { get; init; }

    public Attempt? Attempt { get; init; }

    /// <summary>
    /// A newer release that is being fetched while a staged attempt runs: it takes the attempt's place once it is whole on
    /// this disk, so that no unit is led back and forth in between. Null while the attempt is the newest.
    /// </summary>
    public Release? Next { get; init; }

    /// <summary>Every unit of it was ready once: the last good generation.</summary>
    public Release? Committed { get; init; }

    /// <summary>The committed one before, for when the committed one's bytes cannot be read.</summary>
    public Release? Fallback { get; init; }

    public EquatableArray<Quarantine> Quarantined { get; init; }

    /// <summary>A tombstone said that the node leaves the fleet and keeps what runs.</summary>
    public bool LeftFleet { get; init; }

    /// <summary>The newest pointer is a tombstone that says that everything the agent owns is to go.</summary>
    public bool IsWiping => SeenGeneration > 0 && SeenBundle is null && !LeftFleet;

    /// <summary>Goes before everything else while it is there.</summary>
    public Pin? Pin { get; init; }

    /// <summary>What units are led to: what a person pinned, the attempt once it is whole on this disk, else the last good release.</summary>
    public Release? Target => Pin is { } pin ? pin.Release : Attempt is { IsStaged: true } staged ? staged.Release : Committed;

    /// <summary>What is to be brought onto this disk.</summary>
    public Release? ToStage => Attempt is { IsStaged: false } attempt ? attempt.Release : Next;

    /// <summary>Everything whose bytes must stay on this disk.</summary>
    public IEnumerable<Release> Kept => new[] { Attempt?.Release, Next, Committed, Fallback, Pin?.Release }.OfType<Release>();

    /// <summary>Releases that every unit of was ready in once, and whose bytes are here.</summary>
    public IEnumerable<Release> Good => new[] { Committed, Fallback, Pin?.Release }.OfType<Release>().Distinct();

    public Quarantine? FindQuarantine(Digest bundle)
    {
        foreach (var quarantine in Quarantined)
        {
            if (quarantine.Bundle == bundle)
            {
                return quarantine;
            }
        }

        return null;
    }
}

/// <summary>What was wrong with a unit.</summary>
public sealed record UnitFailure(UnitId Unit, Problem Problem);

/// <summary>A release on its way: fetched, then applied, until it is committed or given up.</summary>
public sealed record Attempt(Release Release)
{
    /// <summary>The bundle and every blob are on this disk, and policy allows it.</summary>
    public bool IsStaged { get; init; }

    /// <summary>How long it has been staged with every gate open; the commit deadline counts this and nothing else.</summary>
    public TimeSpan OpenFor { get; init; }

    /// <summary>Uptime of the last look, while gates were open then.</summary>
    public TimeSpan? OpenSince { get; init; }

    /// <summary>The last failure seen: what keeps ending looks well for a moment after each start.</summary>
    public UnitFailure? LastFailure { get; init; }

    /// <summary>Units that the release leaves as they are and that were unwell before it: they are not held against it.</summary>
    public EquatableArray<UnitId> Excused { get; init; }
}

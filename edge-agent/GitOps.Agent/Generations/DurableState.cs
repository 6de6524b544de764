using GitOps.Agent.Planning;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Generations;

/// <summary>
/// A unit as the agent last made it, and what it was about to make of it when it last began an effect. The second is written
/// before the effect, so that after a crash nothing half-made is taken for somebody else's.
/// </summary>
public sealed record OwnedUnit(Unit? Applied, Unit? Intended)
{
    /// <summary>A committed generation had the unit exactly as it was applied.</summary>
    public bool IsCommitted { get; init; }

    /// <summary>Since when no committed generation has it, by a trusted clock; null while one has, or the clock is not trusted.</summary>
    public DateTimeOffset? LeftAt { get; init; }

    public Unit Current => Applied ?? Intended ?? throw new InvalidOperationException("an owned unit is applied, intended, or both");

    public UnitId Id => Current.Id;
}

/// <summary>A unit that a newer agent made and this one does not know: nothing is done to it, and nothing of it is forgotten.</summary>
/// <param name="Applied">As that agent wrote it, canonical JSON; likewise <paramref name="Intended"/>.</param>
public sealed record UnreadableUnit(UnitId Id, string? Applied, string? Intended)
{
    public bool IsCommitted { get; init; }

    public DateTimeOffset? LeftAt { get; init; }
}

/// <summary>For how long something a person asked for holds.</summary>
/// <param name="For">From when it was asked for.</param>
/// <param name="Until">By the node's clock of that moment.</param>
/// <param name="IsTrusted">That clock was known to be right.</param>
public sealed record Term(TimeSpan For, DateTimeOffset Until, bool IsTrusted);

/// <summary>A person at the machine asked that a unit, or with none the whole node, be left alone.</summary>
public sealed record PersonHold(UnitId? Unit, string Reason, string By, Term Term)
{
    public DateTimeOffset Until => Term.Until;

    public bool Covers(UnitId unit) => Unit is null || Unit == unit;
}

/// <summary>A person at the machine led the node back to a generation whose bytes are still here.</summary>
public sealed record Pin(Release Release, string Reason, string By, Term Term);

/// <summary>Everything the agent must not forget. Written whole, and only when it differs from what was written last.</summary>
public sealed record DurableState
{
    public static DurableState Initial { get; } = new();

    public GenerationState Generations { get; init; } = GenerationState.Initial;

    /// <summary>The newest release a pointer named, kept for an explicit retry after it was given up.</summary>
    public Release? Newest { get; init; }

    /// <summary>Sorted by id.</summary>
    public EquatableArray<OwnedUnit> Owned { get; init; }

    /// <summary>Sorted by id; none of them is among <see cref="Owned"/>.</summary>
    public EquatableArray<UnreadableUnit> Unreadable { get; init; }

    public EquatableArray<PersonHold> Holds { get; init; }

    /// <summary>The newest root of trust that was followed, as it was signed; null while the one carried here is the newest.</summary>
    public string? Root { get; init; }

    /// <summary>The latest time known to be past: of commits while the clock was trusted, of the store's signed heads, of a signed answer.</summary>
    public DateTimeOffset? TrustedTime { get; init; }

    public OwnedUnit? FindOwned(UnitId id)
    {
        foreach (var owned in Owned)
        {
            if (owned.Id == id)
            {
                return owned;
            }
        }

        return null;
    }

    /// <summary>Replaces or, with null, removes what is known of a unit. What is made anew of one that could not be read is known from then on.</summary>
    public DurableState WithOwned(UnitId id, OwnedUnit? owned) => this with
    {
        Owned = Owned.Where(o => o.Id != id).Concat(owned is null ? [] : [owned]).OrderBy(o => o.Id).ToEquatableArray(),
        Unreadable = Unreadable.Where(u => u.Id != id).ToEquatableArray(),
    };

    /// <summary>Whether it is noted that this is made of the unit, or was about to be.</summary>
    public bool Knows(Unit unit) => FindOwned(unit.Id) is { } owned && (owned.Applied == unit || owned.Intended == unit);

    /// <summary>An effect on the unit is about to begin.</summary>
    public DurableState Intend(Unit unit) => Knows(unit)
        ? this
        : WithOwned(unit.Id, FindOwned(unit.Id) is { } before ? before with { Intended = unit } : new OwnedUnit(null, unit));

    /// <summary>The unit is as this.</summary>
    public DurableState Own(Unit unit) => WithOwned(unit.Id, new OwnedUnit(unit, null)
    {
        IsCommitted = FindOwned(unit.Id) is { IsCommitted: true } before && before.Applied == unit,
    });

    /// <summary>Notes what a committed bundle says of owned units: which of them it has, and which left with it.</summary>
    /// <param name="trustedNow">Null while the clock is not trusted.</param>
    public DurableState NoteCommitted(Bundle bundle, DateTimeOffset? trustedNow)
    {
        var wanted = bundle.Units.ToDictionary(u => u.Id);
        var noted = Owned.Select(o => wanted.TryGetValue(o.Id, out var unit)
            ? o with { IsCommitted = o.IsCommitted || o.Applied == unit, LeftAt = null }
            : o with { LeftAt = o.LeftAt ?? trustedNow }).ToEquatableArray();
        return noted == Owned ? this : this with { Owned = noted };
    }

    /// <summary>A moment is known to be past; noted when it is later than what is known by more than <paramref name="step"/>.</summary>
    public DurableState KnowPast(DateTimeOffset moment, TimeSpan step) =>
        TrustedTime is { } known && moment - known <= step ? this : this with { TrustedTime = moment };

    public Departure DepartureOf(UnitId id) => FindOwned(id) is { } owned ? new Departure(owned.IsCommitted, owned.LeftAt) : Departure.NotYet;

    /// <summary>
    /// What is known after a restart: an effect that was begun may have happened, so a unit that was only intended is owned.
    /// </summary>
    public DurableState Settle() => this with
    {
        Owned = Owned.Select(o => o.Applied is null ? o with { Applied = o.Current, Intended = null } : o).ToEquatableArray(),
    };
}

using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using GitOps.Agent.Generations;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Host.State;

/// <summary>The durable state as a document. Owned units travel as bundles: their format has its own promise to be readable.</summary>
internal static class StateJson
{
    private static readonly TimeSpan LongestHold = TimeSpan.FromDays(30);

    public static byte[] Write(DurableState state)
    {
        var generations = state.Generations;
        var document = new StateDocument
        {
            Format = 1,
            SeenGeneration = generations.SeenGeneration,
            SeenBundle = generations.SeenBundle?.ToString(),
            LeftFleet = generations.LeftFleet,
            Attempt = ToRow(generations.Attempt?.Release),
            AttemptStaged = generations.Attempt is { IsStaged: true },
            Excused = [.. (generations.Attempt?.Excused ?? []).Select(u => u.ToString())],
            Next = ToRow(generations.Next),
            Committed = ToRow(generations.Committed),
            Fallback = ToRow(generations.Fallback),
            Newest = ToRow(state.Newest),
            Quarantined = [.. generations.Quarantined.Select(q => new QuarantineRow(q.Bundle.ToString(), q.Problem.Code, q.Problem.What, q.Problem.Fix)
            {
                Unit = q.Unit?.ToString(),
            })],
            Applied = OwnedUnitsJson.Write(state.Owned.Select(o => o.Applied), state.Unreadable.Select(u => (u.Id, u.Applied))),
            Intended = OwnedUnitsJson.Write(state.Owned.Select(o => o.Intended), state.Unreadable.Select(u => (u.Id, u.Intended))),
            Committal = [.. state.Owned.Select(o => new CommittalRow(o.Id.ToString(), o.IsCommitted) { LeftAt = o.LeftAt })
                .Concat(state.Unreadable.Select(u => new CommittalRow(u.Id.ToString(), u.IsCommitted) { LeftAt = u.LeftAt }))
                .Where(c => c.IsCommitted || c.LeftAt is not null)],
            Holds = [.. state.Holds.Where(h => h.Unit is not null).Select(h => ToRow(h, h.Unit.ToString()))],
            NodeHolds = [.. state.Holds.Where(h => h.Unit is null).Select(h => ToRow(h, ""))],
            Pin = generations.Pin is { } pin ? new PinRow(ToRow(pin.Release)!, pin.Reason, pin.By, ToRow(pin.Term)) : null,
            Root = state.Root,
            TrustedTime = state.TrustedTime,
        };
        return JsonSerializer.SerializeToUtf8Bytes(document, StateContext.Default.StateDocument);
    }

    /// <summary>Null when the bytes are no state of a format this release reads.</summary>
    public static DurableState? TryRead(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return JsonSerializer.Deserialize(bytes, StateContext.Default.StateDocument) is { Format: 1 } document ? Read(document) : null;
        }
        catch (Exception e) when (e is JsonException or FormatException)
        {
            return null;
        }
    }

    private static DurableState Read(StateDocument document)
    {
        var (applied, unreadApplied) = OwnedUnitsJson.Read(document.Applied);
        var (intended, unreadIntended) = OwnedUnitsJson.Read(document.Intended);
        var unread = unreadApplied.Keys.Union(unreadIntended.Keys).ToHashSet();
        var committal = document.Committal.ToDictionary(c => UnitId.Parse(c.Unit));
        var attempt = FromRow(document.Attempt) is { } release
            ? new Attempt(release)
            {
                IsStaged = document.AttemptStaged,
                Excused = document.Excused.Select(UnitId.Parse).ToEquatableArray(),
            }
            : null;
        return new DurableState
        {
            Generations = new GenerationState
            {
                SeenGeneration = document.SeenGeneration,
                SeenBundle = document.SeenBundle is { } seen ? Digest.Parse(seen) : null,
                LeftFleet = document.LeftFleet,
                Pin = document.Pin is { } pin ? new Pin(FromRow(pin.Release)!, pin.Reason, pin.By, FromRow(pin.Term)) : null,
                Attempt = attempt,
                Next = FromRow(document.Next),
                Committed = FromRow(document.Committed),
                Fallback = FromRow(document.Fallback),
                Quarantined = document.Quarantined.Select(q => new Quarantine(
                    Digest.Parse(q.Bundle), new Problem(q.Code, q.What, q.Fix), q.Unit is { } unit ? UnitId.Parse(unit) : null)).ToEquatableArray(),
            },
            Newest = FromRow(document.Newest),
            Unreadable = unread.Order()
                .Select(id => new UnreadableUnit(id, TextOf(id, applied, unreadApplied), TextOf(id, intended, unreadIntended))
                {
                    IsCommitted = committal.GetValueOrDefault(id) is { IsCommitted: true },
                    LeftAt = committal.GetValueOrDefault(id)?.LeftAt,
                })
                .ToEquatableArray(),
            Owned = applied.Keys.Union(intended.Keys).Except(unread).Order()
                .Select(id => new OwnedUnit(applied.GetValueOrDefault(id), intended.GetValueOrDefault(id))
                {
                    IsCommitted = committal.GetValueOrDefault(id) is { IsCommitted: true },
                    LeftAt = committal.GetValueOrDefault(id)?.LeftAt,
                })
                .ToEquatableArray(),
            Holds = document.Holds.Select(h => FromRow(h, UnitId.Parse(h.Unit)))
                .Concat((document.NodeHolds ?? []).Select(h => FromRow(h, null))).ToEquatableArray(),
            Root = document.Root,
            TrustedTime = document.TrustedTime,
        };
    }

    /// <summary>A unit of which one half can be read and the other not is left alone whole.</summary>
    private static string? TextOf(UnitId id, Dictionary<UnitId, Unit> read, Dictionary<UnitId, string> unread) =>
        unread.GetValueOrDefault(id) ?? (read.TryGetValue(id, out var unit) ? Encoding.UTF8.GetString(BundleJson.ToBytes(unit)) : null);

    private static HoldRow ToRow(PersonHold hold, string? unit) =>
        new(unit ?? "", hold.Reason, hold.By, hold.Until) { Term = ToRow(hold.Term) };

    private static PersonHold FromRow(HoldRow row, UnitId? unit) =>
        new(unit, row.Reason, row.By, row.Term is { } term ? FromRow(term) : new Term(LongestHold, row.Until, IsTrusted: true));

    private static TermRow ToRow(Term term) => new((long)term.For.TotalMilliseconds, term.Until, term.IsTrusted);

    private static Term FromRow(TermRow row) => new(TimeSpan.FromMilliseconds(row.ForMs), row.Until, row.IsTrusted);

    private static ReleaseRow? ToRow(Release? release) => release is null
        ? null
        : new ReleaseRow(release.Generation, release.Bundle.ToString(), release.BundleBytes, release.Revision);

    private static Release? FromRow(ReleaseRow? row) =>
        row is null ? null : new Release(row.Generation, Digest.Parse(row.Bundle), row.BundleBytes, row.Revision);
}

internal sealed record ReleaseRow(long Generation, string Bundle, long BundleBytes, string Revision);

internal sealed record QuarantineRow(string Bundle, string Code, string What, string Fix)
{
    public string? Unit { get; init; }
}

/// <summary>What committed generations said of an owned unit.</summary>
internal sealed record CommittalRow(string Unit, bool IsCommitted)
{
    public DateTimeOffset? LeftAt { get; init; }
}

/// <param name="Unit">Empty for the whole node.</param>
internal sealed record HoldRow(string Unit, string Reason, string By, DateTimeOffset Until)
{
    /// <summary>Absent where an older release wrote it.</summary>
    public TermRow? Term { get; init; }
}

internal sealed record TermRow(long ForMs, DateTimeOffset Until, bool IsTrusted);

internal sealed record PinRow(ReleaseRow Release, string Reason, string By, TermRow Term);

internal sealed record StateDocument
{
    public required int Format { get; init; }

    public long SeenGeneration { get; init; }

    public string? SeenBundle { get; init; }

    public bool LeftFleet { get; init; }

    public ReleaseRow? Attempt { get; init; }

    public bool AttemptStaged { get; init; }

    public IReadOnlyList<string> Excused { get; init; } = [];

    public ReleaseRow? Next { get; init; }

    public ReleaseRow? Committed { get; init; }

    public ReleaseRow? Fallback { get; init; }

    public ReleaseRow? Newest { get; init; }

    public IReadOnlyList<QuarantineRow> Quarantined { get; init; } = [];

    public required JsonElement Applied { get; init; }

    public required JsonElement Intended { get; init; }

    public IReadOnlyList<CommittalRow> Committal { get; init; } = [];

    public IReadOnlyList<HoldRow> Holds { get; init; } = [];

    /// <summary>Apart from those of units: what an older release does not know, it can skip.</summary>
    public IReadOnlyList<HoldRow>? NodeHolds { get; init; }

    public PinRow? Pin { get; init; }

    public string? Root { get; init; }

    public DateTimeOffset? TrustedTime { get; init; }
}

// Members of a newer release are ignored: what N + 1 writes, N can read.
[JsonSourceGenerationOptions(
    GenerationMode = JsonSourceGenerationMode.Metadata,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(StateDocument))]
[JsonSerializable(typeof(JsonElement))]
internal sealed partial class StateContext : JsonSerializerContext;

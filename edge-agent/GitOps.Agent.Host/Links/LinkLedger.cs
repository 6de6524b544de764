using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using GitOps.Agent.Links;
using GitOps.Bundles;
using GitOps.Platform.Files;

namespace GitOps.Agent.Host.Links;

/// <summary>The way to the store and to registries, as it may be used for one bundle.</summary>
internal interface IMeteredLink
{
    /// <summary>Asked before something is fetched.</summary>
    LinkVerdict Ask(long bytes);

    /// <summary>Told what was fetched.</summary>
    /// <exception cref="FileLayerException">The disk failed; it counts until the agent ends.</exception>
    void Count(long bytes);
}

/// <summary>
/// Asks before each fetch and counts after it, durably: a restart gives no budget anew. A person can open the gate for an
/// hour. Nothing is written while nothing is fetched. Thread-safe.
/// </summary>
/// <param name="own">What this node's own configuration says; what Git says comes on top.</param>
internal sealed class LinkLedger(IFileLayer layer, string path, LinkPolicy own, TimeProvider time)
{
    private const int LimitBytes = 1 << 20;
    private static readonly TimeSpan PersonsHour = TimeSpan.FromHours(1);
    private readonly Lock _lock = new();
    private LinkUsage? _usage;
    private long? _openedAt;

    /// <summary>A person wants what is held now, whatever it costs.</summary>
    public void OpenForAnHour()
    {
        lock (_lock)
        {
            _openedAt = time.GetTimestamp();
        }
    }

    /// <param name="site">What Git says, besides what the node's own configuration does.</param>
    public IMeteredLink Under(LinkPolicy? site) => new Link(this, site);

    private LinkVerdict Ask(LinkPolicy? site, long bytes)
    {
        lock (_lock)
        {
            return _openedAt is { } opened && time.GetElapsedTime(opened) < PersonsHour ? new LinkVerdict.Open(null)
                : site is null ? Judge(own, bytes)
                : Judge(own, bytes).And(Judge(site, bytes));
        }
    }

    private LinkVerdict Judge(LinkPolicy policy, long bytes) =>
        LinkGate.Ask(policy, policy.Budget is null ? LinkUsage.None : Usage, WallClock.Now(time, policy.TimeZone), bytes);

    private void Count(LinkPolicy? site, long bytes)
    {
        lock (_lock)
        {
            if ((own.Budget is null && site?.Budget is null) || bytes <= 0)
            {
                return;
            }

            _usage = Usage.Add(DateOnly.FromDateTime(time.GetLocalNow().DateTime), bytes);
            var rows = _usage.Days.Select(d => new DayRow(d.Day.ToString("O", CultureInfo.InvariantCulture), d.Bytes)).ToList();
            AtomicFile.Write(layer, path, JsonSerializer.SerializeToUtf8Bytes(new LedgerDocument(1, rows), LedgerContext.Default.LedgerDocument));
        }
    }

    private LinkUsage Usage => _usage ??= Read();

    private LinkUsage Read()
    {
        try
        {
            return layer.Read(path, LimitBytes) is { } bytes &&
                JsonSerializer.Deserialize(bytes, LedgerContext.Default.LedgerDocument) is { Format: 1 } document
                ? new LinkUsage(document.Days
                    .Select(d => new DayUsage(DateOnly.ParseExact(d.Day, "O", CultureInfo.InvariantCulture), d.Bytes)).ToEquatableArray())
                : LinkUsage.None;
        }
        catch (Exception e) when (e is JsonException or FormatException or FileLayerException)
        {
            return LinkUsage.None; // money, not safety: fetching anew is better than never again
        }
    }

    private sealed class Link(LinkLedger ledger, LinkPolicy? site) : IMeteredLink
    {
        public LinkVerdict Ask(long bytes) => ledger.Ask(site, bytes);

        public void Count(long bytes) => ledger.Count(site, bytes);
    }
}

internal sealed record DayRow(string Day, long Bytes);

internal sealed record LedgerDocument(int Format, IReadOnlyList<DayRow> Days);

[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(LedgerDocument))]
internal sealed partial class LedgerContext : JsonSerializerContext;

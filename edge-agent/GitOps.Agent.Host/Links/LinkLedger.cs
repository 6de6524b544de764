using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using GitOps.Agent.Links;
using GitOps.Bundles;
using GitOps.Platform.Files;

namespace GitOps.Agent.Host.Links;

/// <summary>
/// Asks before each blob and counts after it, durably: a restart gives no budget anew. A person can open the gate for an
/// hour. Nothing is written while nothing is fetched. Thread-safe.
/// </summary>
internal sealed class LinkLedger(IFileLayer layer, string path, LinkPolicy policy, TimeProvider time)
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

    public LinkVerdict Ask(long bytes)
    {
        lock (_lock)
        {
            return _openedAt is { } opened && time.GetElapsedTime(opened) < PersonsHour
                ? new LinkVerdict.Open(null)
                : LinkGate.Ask(policy, Usage, time.GetLocalNow().DateTime, bytes);
        }
    }

    /// <exception cref="FileLayerException">The disk failed; it counts until the agent ends.</exception>
    public void Count(long bytes)
    {
        lock (_lock)
        {
            if (policy.BudgetBytes is null || bytes <= 0)
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
}

internal sealed record DayRow(string Day, long Bytes);

internal sealed record LedgerDocument(int Format, IReadOnlyList<DayRow> Days);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(LedgerDocument))]
internal sealed partial class LedgerContext : JsonSerializerContext;

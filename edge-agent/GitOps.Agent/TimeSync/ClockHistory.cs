using System.Text.Json;
using System.Text.Json.Serialization;
using GitOps.Bundles;

namespace GitOps.Agent.TimeSync;

/// <summary>The worst of what was measured within five minutes.</summary>
/// <param name="At">When they began, by the clock itself.</param>
/// <param name="AheadNs">Nanoseconds the clock was ahead of its source; null, with the bound: nothing was known all the time.</param>
/// <param name="BoundNs">Nanoseconds: the bound on the error, <see cref="ClockMeasure.ErrorBound"/>.</param>
public sealed record ClockSample(DateTimeOffset At, long? AheadNs, long? BoundNs)
{
    public static ClockSample Of(DateTimeOffset at, ClockMeasure? measure) => measure is null ? new(at, null, null) : new(at, Nanoseconds(measure.Ahead), Nanoseconds(measure.ErrorBound));

    /// <summary>The one that is worse; what is known before what is not.</summary>
    public ClockSample Or(ClockSample later) => later.BoundNs > (BoundNs ?? -1) ? later with { At = At } : this;

    private static long Nanoseconds(decimal seconds) => (long)Math.Clamp(seconds * 1_000_000_000, long.MinValue / 2, long.MaxValue / 2);
}

/// <summary>How the clock was in the last seven days, in the order in which it was measured.</summary>
public sealed record ClockHistory(EquatableArray<ClockSample> Samples)
{
    /// <summary>How long one sample goes on.</summary>
    public static readonly TimeSpan Step = TimeSpan.FromMinutes(5);

    public const int MostSamples = 7 * 24 * 12;

    public static ClockHistory Empty { get; } = new([]);

    /// <summary>Takes a measurement into a new sample; the oldest one gives way.</summary>
    /// <param name="measure">Null: nothing is known.</param>
    public ClockHistory Begin(ClockMeasure? measure, DateTimeOffset now) =>
        new(Samples.Skip(Samples.Count - MostSamples + 1).Append(ClockSample.Of(now, measure)).ToEquatableArray());

    /// <summary>Takes a measurement into the newest sample.</summary>
    public ClockHistory Add(ClockMeasure? measure, DateTimeOffset now)
    {
        if (Samples.IsEmpty)
        {
            return Begin(measure, now);
        }

        var newest = Samples[Samples.Count - 1];
        var worse = newest.Or(ClockSample.Of(now, measure));
        return worse == newest ? this : new(Samples.Take(Samples.Count - 1).Append(worse).ToEquatableArray());
    }

    /// <summary>The largest bound of those that began within a time, in nanoseconds; null when none is known.</summary>
    public long? Worst(DateTimeOffset from, DateTimeOffset to) => Samples.Where(sample => sample.At > from && sample.At <= to).Max(sample => sample.BoundNs);
}

/// <summary>The history as bytes: three numbers for each sample, Unix milliseconds, nanoseconds ahead, and the bound or -1.</summary>
public static class ClockHistoryJson
{
    public const int MaxBytes = 1 << 20;

    public static byte[] Write(ClockHistory history) => JsonSerializer.SerializeToUtf8Bytes(
        new ClockHistoryDocument(1, [.. history.Samples.SelectMany(sample => (long[])[sample.At.ToUnixTimeMilliseconds(), sample.AheadNs ?? 0, sample.BoundNs ?? -1])]),
        ClockHistoryContext.Default.ClockHistoryDocument);

    /// <summary>Null when the bytes are no history of a format this release reads.</summary>
    public static ClockHistory? TryRead(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return JsonSerializer.Deserialize(bytes, ClockHistoryContext.Default.ClockHistoryDocument) is { Format: 1, Samples: { } numbers } && numbers.Count % 3 == 0
                ? new ClockHistory(numbers.Chunk(3).TakeLast(ClockHistory.MostSamples).Select(Sample).ToEquatableArray())
                : null;
        }
        catch (Exception e) when (e is JsonException or ArgumentOutOfRangeException)
        {
            return null;
        }
    }

    private static ClockSample Sample(long[] numbers) => numbers[2] < 0
        ? new(DateTimeOffset.FromUnixTimeMilliseconds(numbers[0]), null, null)
        : new(DateTimeOffset.FromUnixTimeMilliseconds(numbers[0]), numbers[1], numbers[2]);
}

internal sealed record ClockHistoryDocument(int Format, IReadOnlyList<long> Samples);

[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ClockHistoryDocument))]
internal sealed partial class ClockHistoryContext : JsonSerializerContext;

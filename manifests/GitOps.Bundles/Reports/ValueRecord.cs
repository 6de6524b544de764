using System.Text.Json.Serialization;
using GitOps.Bundles.Units;

namespace GitOps.Bundles.Reports;

/// <summary>
/// A line of what a node tells of its devices' values (docs/contracts.md §19). It says one thing: a value, that there is no good
/// one from here on, or that values were lost. Known by node, device, property and time: told twice, it is one.
/// </summary>
/// <param name="At">When it was read, by the node's clock, which may be wrong; whole microseconds.</param>
public sealed record ValueRecord(DateTimeOffset At, string Device)
{
    /// <summary>A longer body is refused.</summary>
    public const int MaxBodyBytes = 128 * 1024;

    /// <summary>A longer text is no value that goes up.</summary>
    public const int MaxTextLength = 1024;

    private const int MaxNameLength = 63;

    /// <summary>Absent: it is about the whole device.</summary>
    public string? Property { get; init; }

    /// <summary>A bool, or a number; of an interval the last.</summary>
    public DeviceValue? Value { get; init; }

    /// <summary>The value of a property of type string; on its own, because a number that is not an integer is a string too.</summary>
    public string? Text { get; init; }

    [JsonPropertyName("min")]
    public decimal? Minimum { get; init; }

    [JsonPropertyName("max")]
    public decimal? Maximum { get; init; }

    public decimal? Mean { get; init; }

    /// <summary>How many readings it stands for; absent: it is one.</summary>
    public int? Count { get; init; }

    /// <summary>Over how long they were read, up to <see cref="At"/>.</summary>
    public long? IntervalMs { get; init; }

    /// <summary>Not good from here on, until the next value.</summary>
    public ValueQuality? Quality { get; init; }

    /// <summary>How many records up to here were dropped, as the buffer of the device was full.</summary>
    public long? Lost { get; init; }

    /// <summary>Whether it says one thing, of a device and property that can be.</summary>
    [JsonIgnore]
    public bool IsWhole =>
        Label.IsValid(Device) && (Property is null ? Lost is not null : IsName(Property)) &&
        (Value is null ? 0 : 1) + (Text is null ? 0 : 1) + (Quality is null ? 0 : 1) + (Lost is null ? 0 : 1) == 1 &&
        Quality is not ValueQuality.Good && Lost is null or > 0 && Count is null or > 0 && IntervalMs is null or >= 0 && Text is null or { Length: <= MaxTextLength };

    private static bool IsName(string text) =>
        text.Length is > 0 and <= MaxNameLength && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');
}

/// <summary>What became of the lines that a node told.</summary>
/// <param name="Taken">Now or before.</param>
/// <param name="Refused">Never will be; the node forgets them as well.</param>
public sealed record ValueReceipt(int Taken, int Refused)
{
    public int Format { get; init; } = 1;

    /// <summary>Of the first that was refused.</summary>
    public string? Why { get; init; }
}

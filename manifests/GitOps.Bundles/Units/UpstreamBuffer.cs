using System.Text.Json.Serialization;
using GitOps.Bundles.Json;

namespace GitOps.Bundles.Units;

/// <summary>Where values of a device wait for the control plane, on the node's disk.</summary>
public sealed record UpstreamBuffer
{
    public const long LeastBytes = 256 << 10;

    public const long MostBytes = 1 << 30;

    public const long UsualBytes = 4 << 20;

    /// <summary><see cref="UsualBytes"/> when absent.</summary>
    public long? SizeBytes { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public BufferKeep Keep { get; init; }
}

/// <summary>What stays when a buffer is full.</summary>
[JsonConverter(typeof(WordConverter<BufferKeep>))]
public enum BufferKeep
{
    /// <summary>The oldest go.</summary>
    [JsonStringEnumMemberName("newest")]
    Newest,

    /// <summary>New ones are refused.</summary>
    [JsonStringEnumMemberName("oldest")]
    Oldest,
}

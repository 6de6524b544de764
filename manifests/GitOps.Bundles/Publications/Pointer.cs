using System.Text.Json;
using System.Text.Json.Serialization;
using GitOps.Bundles.Json;

namespace GitOps.Bundles.Publications;

/// <summary>What a pointer promises its node: the generation and the bundle. Canonical JSON of it is the Merkle leaf.</summary>
public sealed record PointerLeaf
{
    /// <summary>The fleet's uid.</summary>
    public required string Fleet { get; init; }

    public required string Node { get; init; }

    public required long Generation { get; init; }

    /// <summary>Absent in a tombstone.</summary>
    public Digest? Bundle { get; init; }

    public int BundleFormat { get; init; } = Bundles.Bundle.CurrentFormat;

    /// <summary>A tombstone: the node leaves the fleet, and keeps or wipes what runs.</summary>
    public Decommission? Decommission { get; init; }

    /// <summary>The bundle is tried again also by a node that gave it up. Good once: no generation is followed twice.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Retry { get; init; }

    public byte[] ToBytes() => CanonicalWriter.Write(this, static (json, leaf) => JsonSerializer.Serialize(json, leaf, CanonicalWriter.TypeOf<PointerLeaf>()));
}

[JsonConverter(typeof(WordConverter<Decommission>))]
public enum Decommission
{
    [JsonStringEnumMemberName("keep")]
    Keep,

    [JsonStringEnumMemberName("wipe")]
    Wipe,
}

/// <summary>Where a leaf stands in its publication, and the hashes that lead to the root, in hex, nearest first.</summary>
public sealed record InclusionProof(long Index, long Size, EquatableArray<string> Hashes);

/// <summary>What a node fetches to learn what it should be: proven part of a signed publication.</summary>
public sealed record Pointer
{
    /// <summary>A pointer is small; what is larger is an attack or a mistake.</summary>
    public const int MaxBytes = 64 * 1024;

    public int Format { get; init; } = 1;

    public required PointerLeaf Leaf { get; init; }

    /// <summary>The size of the bundle, so that a node can check its disk before fetching.</summary>
    public required long BundleBytes { get; init; }

    public required InclusionProof Proof { get; init; }

    public required DsseEnvelope Publication { get; init; }

    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, BundleContext.Default.Pointer);

    /// <summary>Null when the bytes are no pointer of a format this release reads.</summary>
    public static Pointer? TryRead(ReadOnlySpan<byte> bytes)
    {
        try
        {
            var pointer = bytes.Length > MaxBytes ? null : JsonSerializer.Deserialize(bytes, BundleContext.Default.Pointer);
            return pointer?.Format == 1 ? pointer : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

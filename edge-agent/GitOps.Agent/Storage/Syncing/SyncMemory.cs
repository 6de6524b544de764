using System.Text.Json;
using System.Text.Json.Serialization;
using GitOps.Bundles;
using GitOps.Bundles.Reports;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Storage.Syncing;

/// <summary>What must survive a restart of the agent about one sync; kept on disk, one document per sync.</summary>
public sealed record SyncMemory
{
    /// <summary>Since when it is followed.</summary>
    public required DateTimeOffset Since { get; init; }

    public DateTimeOffset? LastTry { get; init; }

    public DateTimeOffset? LastSuccess { get; init; }

    public SyncCounts? Counts { get; init; }

    /// <summary>What it was that was kept the same as what.</summary>
    public string? Place { get; init; }

    /// <summary>As the last whole run left both sides.</summary>
    public EquatableArray<SyncedFile> Files { get; init; }

    /// <summary>A tree that is about to be published; set before, so that a run cut off in between is recognised.</summary>
    public PendingTree? Pending { get; init; }

    /// <summary>Of a backup: this machine has begun to make snapshots there. Of a replica: the folder was made, or taken as it was.</summary>
    public bool HasBegun { get; init; }

    /// <summary>Of a backup: the newest snapshot.</summary>
    public string? Snapshot { get; init; }

    /// <summary>Of a backup: when a part of what is kept was last read, and right.</summary>
    public DateTimeOffset? VerifiedAt { get; init; }

    /// <summary>Of a backup: the part that is read next.</summary>
    public int NextPart { get; init; }

    /// <summary>
    /// What of it counts for a sync as it is to be done now. A remote that is another one has none of what was sent; a folder
    /// that was sent until now was not brought. Nodes that come and go leave a replica what it is.
    /// </summary>
    public SyncMemory For(SyncSpec spec)
    {
        var place = $"{spec.Mode}: {spec.Volume}/{spec.Folder}, {SyncText.Of(spec.Remote)}";
        var isSameWay = Place?.Split(", ")[0] == place.Split(", ")[0];
        return Place == place ? this
            : isSameWay && spec.Mode is SyncMode.Pull or SyncMode.Replicate ? this with { Place = place }
            : new SyncMemory { Since = Since, Place = place };
    }

    /// <summary>What holds, knowing which directory stands where readers look.</summary>
    /// <param name="inode">Of the folder; null when there is none.</param>
    public SyncMemory Settled(ulong? inode) => Pending is not { } pending ? this
        : pending.Inode == inode ? this with { Pending = null, Files = pending.Files, Counts = pending.Counts, LastSuccess = pending.At }
        : this with { Pending = null };
}

/// <param name="Inode">Of its top directory.</param>
public sealed record PendingTree(ulong Inode, EquatableArray<SyncedFile> Files, SyncCounts Counts, DateTimeOffset At);

/// <summary>The memory as bytes. Times are ticks of 100 ns: what is compared must not be rounded.</summary>
public static class SyncMemoryJson
{
    public const int MaxBytes = 128 << 20;

    public static byte[] Write(SyncMemory memory) => JsonSerializer.SerializeToUtf8Bytes(
        new SyncMemoryDocument(1, memory.Since.UtcTicks)
        {
            LastTry = memory.LastTry?.UtcTicks,
            Place = memory.Place,
            LastSuccess = memory.LastSuccess?.UtcTicks,
            HasBegun = memory.HasBegun ? true : null,
            Snapshot = memory.Snapshot,
            VerifiedAt = memory.VerifiedAt?.UtcTicks,
            NextPart = memory.NextPart == 0 ? null : memory.NextPart,
            Counts = memory.Counts,
            Files = Rows(memory.Files),
            Pending = memory.Pending is { } pending ? new PendingTreeDocument(pending.Inode, Rows(pending.Files), pending.Counts, pending.At.UtcTicks) : null,
        }, SyncMemoryContext.Default.SyncMemoryDocument);

    /// <summary>Null when the bytes are no memory of a format this release reads.</summary>
    public static SyncMemory? TryRead(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return bytes.IsEmpty || JsonSerializer.Deserialize(bytes, SyncMemoryContext.Default.SyncMemoryDocument) is not { Format: 1 } read ? null : new SyncMemory
            {
                Since = Time(read.Since),
                LastTry = Time(read.LastTry),
                Place = read.Place,
                LastSuccess = Time(read.LastSuccess),
                HasBegun = read.HasBegun ?? false,
                Snapshot = read.Snapshot,
                VerifiedAt = Time(read.VerifiedAt),
                NextPart = read.NextPart ?? 0,
                Counts = read.Counts,
                Files = Files(read.Files),
                Pending = read.Pending is { } pending ? new PendingTree(pending.Inode, Files(pending.Files), pending.Counts, Time(pending.At)) : null,
            };
        }
        catch (Exception e) when (e is JsonException or ArgumentOutOfRangeException)
        {
            return null;
        }
    }

    private static List<SyncedFileRow> Rows(EquatableArray<SyncedFile> files) =>
        [.. files.Select(f => new SyncedFileRow(f.Path, f.Remote.SizeBytes, f.Remote.ModifiedAt.UtcTicks, f.LocalModifiedAt.UtcTicks) { Hash = f.Remote.Md5 })];

    private static EquatableArray<SyncedFile> Files(IReadOnlyList<SyncedFileRow>? rows) =>
        (rows ?? []).Select(r => new SyncedFile(new TreeFile(r.Path, r.Size, Time(r.Remote)) { Md5 = r.Hash }, Time(r.Local))).ToEquatableArray();

    private static DateTimeOffset Time(long ticks) => new(ticks, TimeSpan.Zero);

    private static DateTimeOffset? Time(long? ticks) => ticks is { } known ? Time(known) : null;
}

internal sealed record SyncMemoryDocument(int Format, long Since)
{
    public long? LastTry { get; init; }

    public string? Place { get; init; }

    public long? LastSuccess { get; init; }

    public SyncCounts? Counts { get; init; }

    public IReadOnlyList<SyncedFileRow>? Files { get; init; }

    public PendingTreeDocument? Pending { get; init; }

    public bool? HasBegun { get; init; }

    public string? Snapshot { get; init; }

    public long? VerifiedAt { get; init; }

    public int? NextPart { get; init; }
}

internal sealed record PendingTreeDocument(ulong Inode, IReadOnlyList<SyncedFileRow>? Files, SyncCounts Counts, long At);

internal sealed record SyncedFileRow(string Path, long Size, long Remote, long Local)
{
    public string? Hash { get; init; }
}

[JsonSourceGenerationOptions(
    GenerationMode = JsonSourceGenerationMode.Metadata,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(SyncMemoryDocument))]
internal sealed partial class SyncMemoryContext : JsonSerializerContext;

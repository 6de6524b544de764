using System.Text.Json.Serialization;
using GitOps.Bundles.Json;

namespace GitOps.Bundles.Units;

/// <summary>Keeps a volume, or one folder of it, the same as a place elsewhere.</summary>
public sealed record SyncSpec : UnitSpec
{
    /// <summary>The name of a volume unit of the node.</summary>
    public required string Volume { get; init; }

    /// <summary>One folder right inside of the volume; null: all of it. A pull always has one.</summary>
    public string? Folder { get; init; }

    public required SyncMode Mode { get; init; }

    public required SyncRemote Remote { get; init; }

    /// <summary>From the beginning of one run to that of the next.</summary>
    public required long EveryMs { get; init; }

    /// <summary>When runs may be under way; none: always.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public EquatableArray<DailyWindow> Windows { get; init; }

    /// <summary>IANA name of the zone that <see cref="Windows"/> are read in; null: the one the machine is set to.</summary>
    public string? TimeZone { get; init; }

    /// <summary>Bytes per second; null: as many as there are.</summary>
    public long? Bandwidth { get; init; }

    /// <summary>A run that takes longer is ended, and goes on with the next one where it was.</summary>
    public required long TimeLimitMs { get; init; }

    /// <summary>An alarm is raised when the last whole run is older; null: never.</summary>
    public long? AlarmAfterMs { get; init; }

    public OnConflict OnConflict { get; init; } = OnConflict.Overwrite;

    /// <summary>Of a push: what is gone on the node goes at the remote as well. A pull always gives exactly the remote's tree.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Deletes { get; init; }

    /// <summary>Of a backup, which always has it; null otherwise.</summary>
    public BackupSpec? Backup { get; init; }

    /// <summary>All that is secret.</summary>
    [JsonIgnore]
    public IEnumerable<EquatableArray<ContentPart>> Secrets => Backup is { } backup ? [.. Remote.Secrets, backup.Password] : Remote.Secrets;

    [JsonIgnore]
    public override string Kind => UnitKinds.Sync;
}

/// <summary>Which side is followed.</summary>
[JsonConverter(typeof(WordConverter<SyncMode>))]
public enum SyncMode
{
    /// <summary>The node follows the remote: readers see one whole tree after the other.</summary>
    [JsonStringEnumMemberName("pull")]
    Pull,

    /// <summary>The remote follows the node, file by file.</summary>
    [JsonStringEnumMemberName("push")]
    Push,

    /// <summary>The remote keeps a history of the node: snapshots, encrypted before they leave it.</summary>
    [JsonStringEnumMemberName("backup")]
    Backup,

    /// <summary>Nodes have the folder alike, at any time: what changes on one is brought to the others.</summary>
    [JsonStringEnumMemberName("replicate")]
    Replicate,
}

/// <summary>How snapshots are kept.</summary>
public sealed record BackupSpec
{
    /// <summary>What they are encrypted with.</summary>
    public required EquatableArray<ContentPart> Password { get; init; }

    /// <summary>Null: all of them.</summary>
    public BackupKeep? Keep { get; init; }

    /// <summary>From one check of what is kept to the next; each reads another part of it.</summary>
    public required long VerifyEveryMs { get; init; }
}

/// <summary>How many snapshots stay; one stays when any of these wants it.</summary>
public sealed record BackupKeep
{
    /// <summary>The newest.</summary>
    public int? Last { get; init; }

    /// <summary>The last one of each of so many days; likewise below.</summary>
    public int? Daily { get; init; }

    public int? Weekly { get; init; }

    public int? Monthly { get; init; }
}

/// <summary>What is done with a file that was changed on the side that follows, since the last run.</summary>
[JsonConverter(typeof(WordConverter<OnConflict>))]
public enum OnConflict
{
    /// <summary>The side that is followed wins.</summary>
    [JsonStringEnumMemberName("overwrite")]
    Overwrite,

    /// <summary>It wins, and the other version is put aside in a folder of its own.</summary>
    [JsonStringEnumMemberName("keepBoth")]
    KeepBoth,

    /// <summary>Nothing is changed on either side until a person has resolved it.</summary>
    [JsonStringEnumMemberName("stop")]
    Stop,
}

[JsonConverter(typeof(WordConverter<RemoteKind>))]
public enum RemoteKind
{
    [JsonStringEnumMemberName("local")]
    Local,

    [JsonStringEnumMemberName("s3")]
    S3,

    [JsonStringEnumMemberName("sftp")]
    Sftp,

    [JsonStringEnumMemberName("webdav")]
    WebDav,

    /// <summary>Of <see cref="SyncMode.Replicate"/>, and there only.</summary>
    [JsonStringEnumMemberName("nodes")]
    Nodes,
}

/// <summary>Nodes that have one folder alike.</summary>
public sealed record ReplicaGroup
{
    /// <summary>Where each of them listens.</summary>
    public required int Port { get; init; }

    /// <summary>The node whose changes count; null: those of each.</summary>
    public string? Source { get; init; }

    /// <summary>What is replaced or deleted because another node said so is kept beside the folder.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool KeepReplaced { get; init; }

    /// <summary>All of them, the node itself too, two at least.</summary>
    public required EquatableArray<ReplicaPeer> Peers { get; init; }
}

/// <param name="Id">As <see cref="ReplicaId"/> writes it: whoever has another one is not let in.</param>
/// <param name="Address">A name or an address that the others reach it at.</param>
public sealed record ReplicaPeer(string Node, string Id, string Address);


/// <summary>A place elsewhere. Credentials are secrets that lie on the node.</summary>
public sealed record SyncRemote
{
    public required RemoteKind Kind { get; init; }

    /// <summary>Of WebDAV; the endpoint of S3, null for Amazon's own.</summary>
    public string? Url { get; init; }

    /// <summary>Of SFTP.</summary>
    public string? Host { get; init; }

    /// <summary>Of SFTP; null: 22.</summary>
    public int? Port { get; init; }

    /// <summary>Of SFTP, as <c>ssh-ed25519 AAAA…</c>: another key is refused.</summary>
    public string? HostKey { get; init; }

    /// <summary>Of S3.</summary>
    public string? Bucket { get; init; }

    /// <summary>Of S3.</summary>
    public string? Region { get; init; }

    /// <summary>A directory; of S3 what keys begin with; null: the top.</summary>
    public string? Path { get; init; }

    /// <summary>Of WebDAV and SFTP.</summary>
    public string? User { get; init; }

    /// <summary>Of WebDAV and SFTP.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public EquatableArray<ContentPart> Password { get; init; }

    /// <summary>Of SFTP, as OpenSSH writes it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public EquatableArray<ContentPart> PrivateKey { get; init; }

    /// <summary>Of S3.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public EquatableArray<ContentPart> AccessKeyId { get; init; }

    /// <summary>Of S3.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public EquatableArray<ContentPart> SecretAccessKey { get; init; }

    /// <summary>Of nodes, and there only.</summary>
    public ReplicaGroup? Nodes { get; init; }

    /// <summary>All that is secret.</summary>
    [JsonIgnore]
    public IEnumerable<EquatableArray<ContentPart>> Secrets => [Password, PrivateKey, AccessKeyId, SecretAccessKey];
}

using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Manifests.Targeting;

namespace GitOps.Manifests.Kinds;

/// <summary>A volume, or one folder of it, and the place it is kept the same as.</summary>
public sealed record VolumeSyncSpec(
    Placement Placement,
    EquatableArray<Requirement> Requires,
    string Volume,
    string? Folder,
    SyncMode Mode,
    WrittenRemote Remote,
    TimeSpan Every,
    EquatableArray<DailyWindow> Windows,
    long? BandwidthBytes,
    TimeSpan TimeLimit,
    TimeSpan? AlarmAfter,
    OnConflict OnConflict,
    bool Deletes,
    string? MovedFrom)
{
    public Suspension? Suspend { get; init; }

    /// <summary>Of <c>mode: backup</c>.</summary>
    public WrittenBackup? Backup { get; init; }

    /// <summary>The secrets it uses, each with the fields that name it.</summary>
    public IEnumerable<(SecretReference Secret, string[] Fields)> Secrets =>
    [
        .. (Remote?.Secrets ?? []).Select(entry => (entry.Secret, (string[])["remote", entry.Kind, entry.Field])),
        .. Backup is null ? [] : new[] { (Backup.Password, (string[])["backup", "password"]) },
    ];
}

/// <summary>How snapshots are made and kept.</summary>
public sealed record WrittenBackup(SecretReference Password, BackupKeep? Keep, TimeSpan VerifyEvery);

/// <summary>A key of a Secret: <c>name</c>, or <c>name/key</c> where it has several.</summary>
public sealed record SecretReference(string Name, string Key)
{
    public override string ToString() => Key == SecretSpec.SingleKey ? Name : $"{Name}/{Key}";
}

/// <summary>Where the remote is; exactly one is written.</summary>
public sealed record WrittenRemote(LocalRemote? Local, S3Remote? S3, SftpRemote? Sftp, WebDavRemote? WebDav, ReplicaGroup? Nodes)
{
    /// <summary>The secrets it uses, each with the kind and the field that name it.</summary>
    public IEnumerable<(SecretReference Secret, string Kind, string Field)> Secrets =>
        new (SecretReference? Secret, string Kind, string Field)[]
        {
            (S3?.AccessKeyId, "s3", "accessKeyId"), (S3?.SecretAccessKey, "s3", "secretAccessKey"),
            (Sftp?.Password, "sftp", "password"), (Sftp?.PrivateKey, "sftp", "privateKey"), (WebDav?.Password, "webdav", "password"),
        }.Where(entry => entry.Secret is not null).Select(entry => (entry.Secret!, entry.Kind, entry.Field));
}

public sealed record LocalRemote(string Path);

public sealed record S3Remote(
    string? Endpoint, string? Region, string Bucket, string? Prefix, SecretReference? AccessKeyId, SecretReference? SecretAccessKey);

public sealed record SftpRemote(
    string Host, int? Port, string HostKey, string? Path, string User, SecretReference? Password, SecretReference? PrivateKey);

public sealed record WebDavRemote(string Url, string? User, SecretReference? Password);

using GitOps.Bundles.Units;

namespace GitOps.Bundles.Tests;

/// <summary>Volumes that are kept the same as places elsewhere, one of each kind.</summary>
internal static class SyncSamples
{
    public static Bundle Bundle { get; } = Bundle.Of(
    [
        new Unit("archive", new SyncSpec
        {
            Volume = "data",
            Mode = SyncMode.Push,
            Remote = new SyncRemote
            {
                Kind = RemoteKind.S3,
                Url = "https://minio.example:9000",
                Region = "eu-1",
                Bucket = "plant",
                Path = "press-1",
                AccessKeyId = [Secret("id")],
                SecretAccessKey = [Secret("secret")],
            },
            EveryMs = 900_000,
            TimeLimitMs = 3_600_000,
            OnConflict = OnConflict.KeepBoth,
            Deletes = true,
        }),
        new Unit("recipes", new SyncSpec
        {
            Volume = "data",
            Folder = "recipes",
            Mode = SyncMode.Pull,
            Remote = new SyncRemote
            {
                Kind = RemoteKind.Sftp,
                Host = "nas.example",
                Port = 2222,
                HostKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGvp",
                Path = "/srv/recipes",
                User = "press",
                Password = [Secret("password")],
                PrivateKey = [Secret("key")],
            },
            EveryMs = 3_600_000,
            Windows = [new DailyWindow(new TimeOnly(22, 0), new TimeOnly(5, 0))],
            TimeZone = "Europe/Berlin",
            Bandwidth = 500_000,
            TimeLimitMs = 21_600_000,
            AlarmAfterMs = 86_400_000,
        }),
    ]);

    /// <summary>Snapshots of a volume.</summary>
    public static Bundle Backup { get; } = Bundle.Of(
    [
        new Unit("history", new SyncSpec
        {
            Volume = "data",
            Mode = SyncMode.Backup,
            Remote = new SyncRemote { Kind = RemoteKind.Local, Path = "/mnt/stick" },
            EveryMs = 900_000,
            TimeLimitMs = 3_600_000,
            Backup = new BackupSpec
            {
                Password = [Secret("repository")],
                Keep = new BackupKeep { Last = 3, Daily = 14, Weekly = 8, Monthly = 12 },
                VerifyEveryMs = 604_800_000,
            },
        }),
    ]);

    /// <summary>A folder that is alike on two nodes.</summary>
    public static Bundle Replica { get; } = Bundle.Of(
    [
        new Unit("recipes", new SyncSpec
        {
            Volume = "data",
            Folder = "recipes",
            Mode = SyncMode.Replicate,
            Remote = new SyncRemote
            {
                Kind = RemoteKind.Nodes,
                Nodes = new ReplicaGroup
                {
                    Port = 22_000,
                    Source = "press-1",
                    KeepReplaced = true,
                    Peers =
                    [
                        new ReplicaPeer("press-1", "NNJIOTN-IRJPI6O-FLNZZUR-BMPZE6H-4JTOHEX-NKOM2IU-JBJQYEZ-ECPIRQP", "10.0.0.11"),
                        new ReplicaPeer("press-2", "LKRP6GS-D6M2NUS-C73Y5WG-ERYR3HK-OLPBNDQ-U4ZCIYG-VCCQGSJ-U3DK6A7", "press-2.plant"),
                    ],
                },
            },
            EveryMs = 3_600_000,
            TimeLimitMs = 21_600_000,
        }),
    ]);

    private static ContentPart.Secret Secret(string key) => new("nas", key, Digest.Of("nas"u8), $"/etc/secrets/nas/{key}");
}

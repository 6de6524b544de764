using GitOps.Bundles.Units;
using GitOps.Manifests.Shapes;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.Kinds;

/// <summary>What a VolumeSync says of backups.</summary>
internal static class BackupShapes
{
    private static readonly Shape<int> Count = Scalars.Integer("integer", 1, 10_000);

    private static readonly string[] Keeps = ["last", "daily", "weekly", "monthly"];

    private static readonly Shape<BackupKeep> Keep = new ObjectShape<BackupKeep>("keep", f => new BackupKeep
    {
        Last = f.OptionalValue("last", Count, "the newest so many"),
        Daily = f.OptionalValue("daily", Count, "the last one of each of so many days that have one"),
        Weekly = f.OptionalValue("weekly", Count, "the last one of each of so many weeks"),
        Monthly = f.OptionalValue("monthly", Count, "the last one of each of so many months"),
    })
    {
        Rules = [new("at least one of `last`, `daily`, `weekly`, `monthly`", (_, node, findings) =>
        {
            if (!Keeps.Any(name => node.TryGet(name, out var _)))
            {
                findings.Error(ManifestCodes.MissingField, node.Span,
                    "'keep' says which snapshots stay, and names none", "add 'daily: 14', or remove 'keep' to keep all");
            }
        })
        { IsAboutKeys = true }],
    };

    public static readonly Shape<WrittenBackup> Backup = new ObjectShape<WrittenBackup>("backup", f => new(
        f.Required("password", SyncShapes.SecretKey, "what snapshots are encrypted with; whoever loses it has lost them", literal: true),
        f.Optional("keep", Keep, "which snapshots stay, each of them that any of these wants; otherwise all"),
        f.Default("verify", Scalars.PositiveDuration, TimeSpan.FromDays(7),
            "how often what is kept is checked, a twelfth of it read back each time, and space of what went is made free")));

    public static void Check(VolumeSyncSpec sync, YamlNode.Mapping node, FindingList findings)
    {
        var isWritten = node.TryGet("backup", out var backup);
        if (sync.Mode == SyncMode.Backup && !isWritten)
        {
            findings.Error(ManifestCodes.MissingField, node.Span,
                "'mode: backup' encrypts what it keeps, and there is no 'backup'", "add 'backup: {password: <secret>}'");
        }

        if (sync.Mode != SyncMode.Backup && isWritten)
        {
            findings.Error(ManifestCodes.ExclusiveFields, backup!.Span, "'backup' is about 'mode: backup'", "remove it, or write 'mode: backup'");
        }

        foreach (var name in sync.Mode == SyncMode.Backup ? (string[])["onConflict", "deletes"] : [])
        {
            if (node.TryGet(name, out var other))
            {
                findings.Error(ManifestCodes.ExclusiveFields, other.Span,
                    $"'{name}' is about two sides that are kept the same; a backup keeps every snapshot as it was", "remove it");
            }
        }
    }
}

using GitOps.Bundles.Units;

namespace GitOps.Agent.Storage.Backups;

/// <summary>Whose snapshots they are: several nodes may keep theirs in one repository.</summary>
public sealed record BackupName(string Fleet, string Node, string Sync)
{
    /// <summary>What names files of this backup in a place that several nodes share.</summary>
    public string Claim => $"{Sync}.claim.{Fleet}.{Node}";

    /// <summary>What each of its snapshots is marked with.</summary>
    public string Tags => $"fleet={Fleet},node={Node},sync={Sync}";

    /// <summary>The same, and whether the time of the snapshot can be relied on.</summary>
    public string TagsOf(bool clockTrusted) => $"{Tags},{(clockTrusted ? BackupSnapshot.SureClock : BackupSnapshot.UnsureClock)}";

    public static bool IsClaim(string path) => path.Contains(".claim.", StringComparison.Ordinal) && !path.Contains('/', StringComparison.Ordinal);
}

/// <summary>How restic is told of a repository: a place, and an environment that nobody but its own user can read.</summary>
public static class ResticRepository
{
    /// <summary>
    /// Directories are restic's own business; everything else it reaches through rclone, which knows what syncs know: host
    /// keys, buckets that are never made.
    /// </summary>
    public static string Address(SyncRemote remote) => remote.Kind == RemoteKind.Local ? remote.Path ?? "/" : $"rclone:{Syncing.RcloneRemote.Address(remote)}";

    /// <summary>A path as a pattern that means it and nothing else.</summary>
    public static string Literal(string path)
    {
        var text = new System.Text.StringBuilder(path.Length);
        foreach (var c in path)
        {
            if (c is '*' or '?' or '[' or ']' or '\\' or '!' or '$')
            {
                text.Append('\\');
            }

            text.Append(c);
        }

        return text.ToString();
    }

    /// <summary>What says which snapshots stay.</summary>
    public static IEnumerable<string> Keep(BackupKeep keep)
    {
        foreach (var (option, count) in new (string, int?)[]
        {
            ("--keep-last", keep.Last), ("--keep-daily", keep.Daily), ("--keep-weekly", keep.Weekly), ("--keep-monthly", keep.Monthly),
        })
        {
            if (count is { } some)
            {
                yield return option;
                yield return some.ToString(System.Globalization.CultureInfo.InvariantCulture);
            }
        }
    }
}

using System.Globalization;
using System.Text.Json;
using GitOps.Bundles;

namespace GitOps.Agent.Storage.Backups;

/// <summary>A snapshot of a repository.</summary>
/// <param name="IsClockSure">The node's clock was trusted when it was made.</param>
public sealed record BackupSnapshot(string Id, DateTimeOffset Time, bool IsClockSure, string Host, string Paths)
{
    public const string SureClock = "clock=sure";
    public const string UnsureClock = "clock=unsure";

    /// <summary>As people write and read them.</summary>
    public string ShortId => Id[..Math.Min(8, Id.Length)];

    /// <summary>Reads what <c>restic snapshots --json</c> prints.</summary>
    /// <returns>From the oldest to the newest; those whose time cannot be relied on come first. Null when it is something else.</returns>
    public static EquatableArray<BackupSnapshot>? TryParse(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json.Trim());
            List<BackupSnapshot> snapshots = [];
            foreach (var entry in document.RootElement.EnumerateArray())
            {
                var isUnsure = entry.TryGetProperty("tags", out var tags) && tags.EnumerateArray().Any(tag => tag.GetString() == UnsureClock);
                snapshots.Add(new BackupSnapshot(
                    entry.GetProperty("id").GetString()!,
                    DateTimeOffset.Parse(entry.GetProperty("time").GetString()!, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal),
                    !isUnsure,
                    entry.GetProperty("hostname").GetString() ?? "",
                    string.Join(", ", entry.GetProperty("paths").EnumerateArray().Select(path => path.GetString()))));
            }

            return snapshots.OrderBy(s => s.IsClockSure).ThenBy(s => s.Time).ToEquatableArray();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException or ArgumentNullException)
        {
            return null;
        }
    }

    /// <summary>The one that somebody means: <c>latest</c>, or the beginning of an id, at least four digits.</summary>
    public static BackupSnapshot? Find(EquatableArray<BackupSnapshot> snapshots, string wanted)
    {
        if (wanted == "latest")
        {
            return snapshots.IsEmpty ? null : snapshots[snapshots.Count - 1];
        }

        var fitting = snapshots.Where(s => wanted.Length >= 4 && s.Id.StartsWith(wanted, StringComparison.Ordinal)).ToList();
        return fitting.Count == 1 ? fitting[0] : null;
    }
}

/// <summary>A lock of a repository, as <c>restic cat lock</c> prints it.</summary>
public sealed record BackupLock(string Host, int Pid)
{
    public static BackupLock? TryParse(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var entry = document.RootElement;
            return new BackupLock(entry.GetProperty("hostname").GetString() ?? "", entry.GetProperty("pid").GetInt32());
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            return null;
        }
    }

    /// <summary>
    /// Whether this machine made it and whoever made it is gone. Machines may have one name, so the process has to be one that
    /// was started here: a lock of somebody else, however old, is left alone.
    /// </summary>
    /// <param name="host">This machine.</param>
    /// <param name="started">Processes that were started here, and of which it is not known that they ended by themselves.</param>
    /// <param name="alive">Those of them that are there.</param>
    public bool IsLeftOver(string host, IReadOnlyCollection<int> started, IReadOnlyCollection<int> alive) =>
        Host == host && started.Contains(Pid) && !alive.Contains(Pid);
}

using System.Globalization;
using System.Text.Json;
using GitOps.Agent.Host.Files;
using GitOps.Agent.Host.Storage.Syncing;
using GitOps.Agent.Storage.Backups;
using GitOps.Agent.Storage.Syncing;
using GitOps.Bundles;
using GitOps.Platform.Files;

namespace GitOps.Agent.Host.Storage.Backups;

/// <summary>What a person wants restored.</summary>
/// <param name="Snapshot"><c>latest</c>, or the beginning of an id.</param>
/// <param name="To">A directory that is not there or empty; null: the place it was made of.</param>
/// <param name="Path">Of the folder, one path only; null: all.</param>
internal sealed record RestoreWish(string Snapshot, string? To, string? Path, bool IsDryRun);

/// <summary>How what a person wanted ended.</summary>
/// <param name="Problem">Null when it was done.</param>
internal sealed record DeskAnswer(string Message, Problem? Problem);

/// <summary>What people do with the backups of one sync.</summary>
internal sealed class BackupDesk(SyncJob job, Restic restic, PolicyRoots roots, Func<string, long> free, TimeProvider time)
{
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(5);

    private readonly string _sync = restic.Name.Sync;

    /// <summary>Lists what there is.</summary>
    public async Task<DeskAnswer> ListAsync(Func<string, Task> say, CancellationToken cancellationToken)
    {
        var (snapshots, problem) = await restic.SnapshotsAsync(cancellationToken);
        foreach (var snapshot in snapshots)
        {
            await say(Text($"{snapshot.ShortId}  {snapshot.Time:u}  {snapshot.Paths}{(snapshot.IsClockSure ? "" : "  (the clock was not trusted)")}"));
        }

        return problem is not null ? Refused(problem) : new DeskAnswer(Text($"{snapshots.Count} snapshots at {SyncText.Of(job.Spec.Remote)}"), null);
    }

    /// <summary>Reads back all that is kept, of this backup and of others in the repository.</summary>
    public async Task<DeskAnswer> VerifyAsync(CancellationToken cancellationToken) =>
        (await BackupRun.CheckAsync(restic, null, cancellationToken)).Problem is { } problem
            ? Refused(problem)
            : new DeskAnswer($"everything kept at {SyncText.Of(job.Spec.Remote)} was read back and is right", null);

    /// <summary>Brings back a snapshot. At every moment readers see a whole tree, the one before or the restored one.</summary>
    public async Task<DeskAnswer> RestoreAsync(RestoreWish wish, Func<string, Task> say, CancellationToken cancellationToken)
    {
        var (snapshots, unreachable) = await restic.SnapshotsAsync(cancellationToken);
        if (unreachable is not null)
        {
            return Refused(unreachable);
        }

        if (BackupSnapshot.Find(snapshots, wish.Snapshot) is not { } snapshot)
        {
            return Refused(Wrong(SyncCodes.Repository, $"there is no one snapshot '{wish.Snapshot}' of sync/{_sync}", $"'gitops-agent storage snapshots {_sync}' lists them"));
        }

        if (wish.IsDryRun)
        {
            return await ShowAsync(snapshot, wish.Path, say, cancellationToken);
        }

        try
        {
            return WhyNot(wish) is { } why ? Refused(why) : await BringAsync(snapshot, wish, say, cancellationToken);
        }
        catch (FileLayerException failure)
        {
            return Refused(Wrong(SyncCodes.Failed, failure.Message, wish.To is null
                ? "a volume that is a mount of its own cannot be exchanged: restore one folder of it with --path, or elsewhere with --to"
                : "choose a directory on one file system with the one above it"));
        }
    }

    private async Task<DeskAnswer> BringAsync(BackupSnapshot snapshot, RestoreWish wish, Func<string, Task> say, CancellationToken cancellationToken)
    {
        var layer = wish.To is null ? roots.EnsureBeneath(job.VolumePath) : DiskFileLayer.Host;
        var tree = wish.To is { } to
            ? new RestoreTree(layer, $"{FilePath.Parent(to)}/.{Path.GetFileName(to)}.gitops-restore", to)
            : RestoreTree.InPlace(layer, job, _sync, wish.Path);
        var (bytes, unknown) = await SizeAsync(snapshot, cancellationToken);
        if (unknown is not null)
        {
            return Refused(unknown);
        }

        if (wish.To is null && job.Spec.Folder is not null)
        {
            new SyncFolders(layer, job, _sync).MakeOwn();
        }

        tree.Begin();
        try
        {
            var room = free(tree.Made) - job.ReserveBytes;
            if (wish.Path is null && bytes > room)
            {
                return Refused(Wrong(SyncCodes.NoRoom, Text($"the snapshot has {bytes} bytes, and {Math.Max(room, 0)} are free beside what is there and the reserve"), "make room on the node's disk"));
            }

            // Both trees are in the volume at one time: above its limit, files of others would be dropped for it.
            var folders = new SyncFolders(layer, job, _sync);
            if (wish is { To: null, Path: null } && job.Spec.Folder is not null && job.VolumeLimit is { } limit && folders.Scan(job.VolumePath).Bytes is var used && used + bytes > limit)
            {
                return Refused(Wrong(SyncCodes.NoRoom, Text($"the volume holds {used} bytes and may hold {limit}, the snapshot has {bytes}"), "raise the size of the volume, or restore elsewhere with --to"));
            }

            await say(Text($"restoring {snapshot.ShortId} of {snapshot.Time:u}, {bytes} bytes"));
            string[] only = wish.Path is { } path ? ["--include", $"/{ResticRepository.Literal(path)}"] : [];
            var running = restic.RunAsync(["restore", snapshot.Id, "--target", tree.Made, "--verify", .. only], cancellationToken);
            while (await Task.WhenAny(running, Task.Delay(Between, time, cancellationToken)) != running && !cancellationToken.IsCancellationRequested)
            {
                // restic says nothing of its own while it restores; the disk does.
                await say(Text($"about {Math.Clamp(room + job.ReserveBytes - free(tree.Made), 0, bytes)} of {bytes} bytes"));
            }

            if ((await running).Problem is { } failed)
            {
                return Refused(failed);
            }

            if (!tree.Has(wish.Path))
            {
                return Refused(Wrong(SyncCodes.Repository, $"{snapshot.ShortId} has no '{wish.Path}'", $"'gitops-agent storage restore {_sync} --dry-run' lists what it has"));
            }

            if (wish.To is { } place)
            {
                tree.PublishAnew();
                return new DeskAnswer($"{snapshot.ShortId} is in {place}", null);
            }

            var before = tree.Publish(wish.Path, job.Folder == job.VolumePath ? null : job.VolumePath, time.GetUtcNow());
            var name = wish.Path is { } one ? $"{job.Folder}/{one}" : job.Folder;
            return new DeskAnswer($"{name} is {snapshot.ShortId} of {snapshot.Time:u}{(before is null ? "" : $"; what was there is {before}, to be removed when nobody needs it")}", null);
        }
        finally
        {
            tree.Clear();
        }
    }

    private Problem? WhyNot(RestoreWish wish)
    {
        if (wish.To is not { } to)
        {
            var target = wish.Path is { } path ? $"{job.Folder}/{path}" : job.Folder;
            return wish.Path is null && roots.Beneath(job.VolumePath).Stat(target) is { Kind: not FileKind.Directory }
                ? Wrong(SyncCodes.NotOurs, $"{target} is no directory", "move it away on the node")
                : null;
        }

        var host = DiskFileLayer.Host;
        return host.Stat(FilePath.Parent(to)) is not { Kind: FileKind.Directory } ? Wrong(SyncCodes.NotOurs, $"{FilePath.Parent(to)} is no directory", "make it, or choose another --to")
            : host.Stat(to) is { } there && (there.Kind != FileKind.Directory || host.Enumerate(to).Count > 0) ? Wrong(SyncCodes.NotOurs, $"{to} is there and not empty", "choose another --to")
            : null;
    }

    private async Task<(long Bytes, Problem? Problem)> SizeAsync(BackupSnapshot snapshot, CancellationToken cancellationToken)
    {
        var stats = await restic.RunAsync(["stats", "--json", "--mode", "restore-size", snapshot.Id], cancellationToken);
        if (stats.Problem is not null)
        {
            return (0, stats.Problem);
        }

        try
        {
            using var document = JsonDocument.Parse(stats.Output);
            return (document.RootElement.GetProperty("total_size").GetInt64(), null);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            return (0, null); // then the disk itself says when it is full
        }
    }

    private async Task<DeskAnswer> ShowAsync(BackupSnapshot snapshot, string? path, Func<string, Task> say, CancellationToken cancellationToken)
    {
        var (files, bytes) = (0L, 0L);
        List<string> lines = [];
        var result = await restic.RunAsync(["ls", "--json", snapshot.Id, .. path is null ? [] : (string[])[$"/{path}"]], cancellationToken, line: line =>
        {
            using var document = JsonDocument.Parse(line);
            var entry = document.RootElement;
            if (entry.TryGetProperty("type", out var type) && type.GetString() == "file")
            {
                var size = entry.TryGetProperty("size", out var written) ? written.GetInt64() : 0; // absent for an empty file
                (files, bytes) = (files + 1, bytes + size);
                lines.Add(Text($"{size,14}  {entry.GetProperty("path").GetString()}"));
            }
        });
        foreach (var line in result.Problem is null ? lines : [])
        {
            await say(line);
        }

        return result.Problem is { } problem ? Refused(problem) : new DeskAnswer(Text($"{snapshot.ShortId} of {snapshot.Time:u} has {files} files, {bytes} bytes; nothing was restored"), null);
    }

    private static DeskAnswer Refused(Problem problem) => new(problem.ToString(), problem);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static Problem Wrong(ErrorCode code, string what, string fix) => new(code, what, fix);
}

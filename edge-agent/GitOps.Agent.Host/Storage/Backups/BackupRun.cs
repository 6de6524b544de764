using System.Globalization;
using GitOps.Agent.Host.Storage.Syncing;
using GitOps.Agent.Links;
using GitOps.Agent.Storage.Backups;
using GitOps.Agent.Storage.Syncing;
using GitOps.Bundles;
using GitOps.Bundles.Reports;
using GitOps.Bundles.Units;
using GitOps.Platform.Files;

namespace GitOps.Agent.Host.Storage.Backups;

/// <summary>
/// One run of a backup: a snapshot, then what keeps the repository in order. Whatever ends it, the repository holds every
/// snapshot that was whole, and the next run sends only what did not arrive.
/// </summary>
/// <param name="isAsked">A person wants it: what is here now goes on, whatever another machine left there.</param>
internal sealed class BackupRun(
    SyncJob job, BackupRepository repository, Restic restic, SyncSurroundings around, bool clockTrusted, bool isAsked, Action<SyncProgress> progressed)
{
    /// <summary>How many checks read all of it.</summary>
    private const int Parts = 12;

    /// <summary>Indexes and trees; without them restic asks the repository.</summary>
    private const long MostCacheBytes = 512L << 20;

    private BackupSpec Backup => job.Spec.Backup!;

    private string Sync => restic.Name.Sync;

    /// <summary>Runs to its end.</summary>
    /// <returns>What is known afterwards, and what was in the way.</returns>
    public async Task<(SyncMemory Memory, Problem? Problem)> RunAsync(SyncMemory memory, CancellationToken cancellationToken)
    {
        try
        {
            memory = memory.For(job.Spec) with { LastTry = around.Time.GetUtcNow() };
            around.Files.Write(Sync, memory);
            around.Files.TrimCache(Sync, MostCacheBytes);
            if (await repository.OpenAsync(mayMake: memory.LastSuccess is null || isAsked, cancellationToken) is { } closed)
            {
                return (memory, closed);
            }

            (memory, var problem) = await BeginAsync(memory, cancellationToken);
            if (problem is null)
            {
                (memory, problem) = await SnapshotAsync(memory, cancellationToken);
            }

            return problem is null ? await TendAsync(memory, cancellationToken) : (memory, problem);
        }
        catch (FileLayerException failure)
        {
            return (around.Files.Read(Sync) ?? memory, Wrong(SyncCodes.Failed, failure.Message, "check the disk and the rights of the agent on the node"));
        }
    }

    /// <summary>Before the first snapshot of this machine: one that took the place of another must not bury what that one left.</summary>
    private async Task<(SyncMemory, Problem?)> BeginAsync(SyncMemory memory, CancellationToken cancellationToken)
    {
        if (memory.HasBegun)
        {
            return (memory, null);
        }

        var (snapshots, problem) = await restic.SnapshotsAsync(cancellationToken);
        if (problem is not null)
        {
            return (memory, problem);
        }

        if (!snapshots.IsEmpty && !isAsked)
        {
            var latest = snapshots[snapshots.Count - 1];
            return (memory, Wrong(SyncCodes.Foreign, Text($"{snapshots.Count} snapshots of {SyncText.Of(job.Spec.Remote)} are of this node, the last of {latest.Time:u}, and this machine made none"),
                $"'gitops-agent storage restore {Sync}' brings them here; 'gitops-agent storage sync {Sync}' goes on with what is here"));
        }

        memory = memory with { HasBegun = true };
        around.Files.Write(Sync, memory);
        return (memory, null);
    }

    private async Task<(SyncMemory, Problem?)> SnapshotAsync(SyncMemory memory, CancellationToken cancellationToken)
    {
        if (around.Layer.Stat(job.Folder) is not { Kind: FileKind.Directory })
        {
            return (memory, Wrong(SyncCodes.Failed, $"{job.Folder} is not there", "nothing: it is tried again; whoever writes the folder makes it"));
        }

        var isMetered = job.Spec.Remote.Kind != RemoteKind.Local;
        if (isMetered && around.Link.Ask(0) is LinkVerdict.Held(var held))
        {
            return (memory, held);
        }

        string[] arguments =
        [
            "backup", "--json", "--host", restic.Name.Node, "--tag", restic.Name.TagsOf(clockTrusted),
            "--exclude", ResticRepository.Literal($"{job.VolumePath}/{SyncFolders.Work}"), ".",
        ];
        var result = await restic.RunAsync(arguments, cancellationToken, job.Folder, log => progressed(log.Progress!));
        var summary = result.Log.Summary;
        if (isMetered && summary is not null)
        {
            around.Link.Count(summary.Added);
        }

        const int SomeUnread = 3;
        var isWhole = summary is not null && (result.Problem is null || (result.Ended is { ExitCode: SomeUnread } && result.Log.Unread == 0));
        if (!isWhole)
        {
            return (memory, result.Log.Error?.Contains("snapshot is empty", StringComparison.Ordinal) == true
                    ? Wrong(SyncCodes.Failed, $"{job.Folder} holds nothing, and no snapshot is made of that", "nothing while there is nothing to be kept; mount what is missing, or restore it")
                : summary is null ? result.Problem
                : Wrong(SyncCodes.Failed, Text($"{result.Log.Unread} files of {job.Folder} could not be read: {result.Log.Error}"), "let the agent's user read them, or move them out of the folder"));
        }

        memory = memory with
        {
            LastSuccess = around.Time.GetUtcNow(),
            Snapshot = summary!.Snapshot,
            Counts = new SyncCounts(summary.Files, summary.Bytes, summary.Moved, 0),
        };
        around.Files.Write(Sync, memory);
        return (memory, null);
    }

    /// <summary>
    /// Lets old snapshots go and checks what is kept. What stands in the way of that, such as another node at work, is no
    /// failure of the backup: it is done the next time.
    /// </summary>
    private async Task<(SyncMemory, Problem?)> TendAsync(SyncMemory memory, CancellationToken cancellationToken)
    {
        var keep = clockTrusted ? Backup.Keep : null; // by a wrong clock the wrong ones would go
        if (keep is not null)
        {
            await ForgetAsync(keep, sureClock: true, cancellationToken);
        }

        var since = around.Time.GetUtcNow() - (memory.VerifiedAt ?? memory.Since);
        if (since < TimeSpan.FromMilliseconds(Backup.VerifyEveryMs) && since >= TimeSpan.Zero)
        {
            return (memory, null);
        }

        if (keep is not null)
        {
            await ForgetAsync(keep, sureClock: false, cancellationToken);
            await restic.RunAsync(["prune"], cancellationToken);
        }

        var check = await CheckAsync(restic, Text($"{memory.NextPart % Parts + 1}/{Parts}"), cancellationToken);
        if (check.Problem is null)
        {
            memory = memory with { VerifiedAt = around.Time.GetUtcNow(), NextPart = (memory.NextPart + 1) % Parts };
            around.Files.Write(Sync, memory);
        }

        return (memory, check.Problem is { } problem && problem.Code == SyncCodes.Damaged.Id ? problem : null);
    }

    /// <summary>Those whose time cannot be relied on are counted apart: between the others they would push out the wrong ones.</summary>
    private Task<ResticResult> ForgetAsync(BackupKeep keep, bool sureClock, CancellationToken cancellationToken) =>
        restic.RunAsync(["forget", "--tag", restic.Name.TagsOf(sureClock), "--group-by", "", .. ResticRepository.Keep(keep)], cancellationToken);

    /// <summary>Checks what is kept.</summary>
    /// <param name="part">Which part of the contents is read back as well; null: all.</param>
    public static async Task<ResticResult> CheckAsync(Restic restic, string? part, CancellationToken cancellationToken)
    {
        var result = await restic.RunAsync(["check", part is null ? "--read-data" : $"--read-data-subset={part}"], cancellationToken);
        return result.Problem is { } problem && problem.Code == SyncCodes.Remote.Id && result is { IsLocked: false, Ended.WasKilled: false } &&
            result.Log.Error?.Contains("contains errors", StringComparison.Ordinal) == true
            ? result with
            {
                Problem = Wrong(SyncCodes.Damaged, $"{problem.What}", "'restic check' and 'restic rebuild-index' say and mend more; a new place and a new first backup keep what is here safe meanwhile"),
            }
            : result;
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static Problem Wrong(ErrorCode code, string what, string fix) => new(code, what, fix);
}

using System.Collections.Immutable;
using System.Globalization;
using GitOps.Agent.Host.Links;
using GitOps.Agent.Host.Processes;
using GitOps.Agent.Links;
using GitOps.Agent.Storage.Syncing;
using GitOps.Bundles;
using GitOps.Bundles.Reports;
using GitOps.Bundles.Units;
using GitOps.Platform.Files;

namespace GitOps.Agent.Host.Storage.Syncing;

/// <summary>What a run needs besides what it is about.</summary>
/// <param name="Free">Bytes left on the file system that holds a path.</param>
internal sealed record SyncSurroundings(IFileLayer Layer, SyncFiles Files, IMeteredLink Link, TimeProvider Time, Func<string, long> Free);

/// <summary>One run of a sync. Whatever ends it, readers see a whole tree, and the next run goes on where it was.</summary>
internal sealed class SyncRun(SyncJob job, string name, Rclone rclone, SyncSurroundings around, Action<SyncProgress> progressed)
{
    /// <summary>How often a remote may change under a run before it is given up for now.</summary>
    private const int MostListings = 5;

    private readonly SyncFolders _folders = new(around.Layer, job, name);

    /// <summary>Runs to its end.</summary>
    /// <returns>What is known afterwards, and what was in the way.</returns>
    public async Task<(SyncMemory Memory, Problem? Problem)> RunAsync(SyncMemory memory, CancellationToken cancellationToken)
    {
        try
        {
            memory = memory.Settled(_folders.FolderInode).For(job.Spec) with { LastTry = around.Time.GetUtcNow() };
            around.Files.Write(name, memory);
            return job.Spec.Mode == SyncMode.Pull ? await PullAsync(memory, cancellationToken) : await PushAsync(memory, cancellationToken);
        }
        catch (FileLayerException failure)
        {
            return (around.Files.Read(name)?.Settled(FolderInode()) ?? memory, Problem(SyncCodes.Failed, failure.Message, "check the disk and the rights of the agent on the node"));
        }
    }

    private async Task<(SyncMemory, Problem?)> PullAsync(SyncMemory memory, CancellationToken cancellationToken)
    {
        var (remote, problem) = await rclone.ListAsync(mayBeMissing: false, cancellationToken);
        if (remote is null)
        {
            return (memory, problem);
        }

        _folders.Prepare(ProcessTable.KernelBootId);
        for (var round = 0; round < MostListings; round++)
        {
            var local = _folders.Scan(job.Folder);
            var plan = PullPlan.Make(remote, local, memory.Files);
            if (WhyNot(plan, remote, local, memory) is { } why)
            {
                return (memory, why);
            }

            if (plan.IsSame && _folders.FolderInode is not null)
            {
                return Done(memory, remote, local, moved: 0, conflicts: 0);
            }

            if (await BringAsync(plan.Fetch, remote, cancellationToken) is { } failed)
            {
                return (memory, failed);
            }

            var (after, gone) = await rclone.ListAsync(mayBeMissing: false, cancellationToken);
            if (after is null)
            {
                return (memory, gone);
            }

            var isSame = after == remote;
            remote = after;
            if (isSame && _folders.Missing(plan.Fetch).Count == 0 && _folders.Build(plan) is var (inode, files))
            {
                return Publish(memory, plan, inode, files);
            }
        }

        return (memory, Problem(SyncCodes.Restless, $"{SyncText.Of(job.Spec.Remote)} changes faster than it can be brought", "publish there in one go, or less often"));
    }

    private Problem? WhyNot(PullPlan plan, TreeListing remote, TreeListing local, SyncMemory memory)
    {
        if (_folders.Obstacle is { } obstacle)
        {
            return Problem(SyncCodes.NotOurs, obstacle, "move it away on the node, or give the sync another folder");
        }

        if (memory.LastSuccess is null && !local.Files.IsEmpty && !plan.IsSame)
        {
            return Problem(SyncCodes.NotOurs, $"{job.Folder} holds {local.Files[0].Path}, which the sync did not bring",
                "move it away on the node, or give the sync another folder");
        }

        if (remote.Files.IsEmpty && !memory.Files.IsEmpty)
        {
            return Problem(SyncCodes.Emptied, $"{SyncText.Of(job.Spec.Remote)} had {memory.Files.Count} files and has none now",
                "bring them back there; to keep nothing on purpose, leave one empty file");
        }

        if (job.Spec.OnConflict == OnConflict.Stop && !plan.Conflicts.IsEmpty)
        {
            return Problem(SyncCodes.Conflict, $"{Text(plan.Conflicts)} of {job.Folder} changed on the node",
                "make them what the remote has, or choose another onConflict");
        }

        var needed = plan.Fetch.Sum(f => f.SizeBytes);
        var free = around.Free(job.VolumePath) - job.ReserveBytes;
        return job.VolumeLimit < remote.Bytes
                ? Problem(SyncCodes.NoRoom, Text($"the tree has {remote.Bytes} bytes, its volume may hold {job.VolumeLimit}"), "raise the size of the volume")
            : needed > free ? Problem(SyncCodes.NoRoom, Text($"{needed} bytes are to be brought, and {Math.Max(free, 0)} are free beside the reserve of {job.ReserveBytes}"), "make room on the node's disk")
            : null;
    }

    /// <summary>As long as some of them arrive, what is left is asked for again at once: a line that is cut now and then is no reason to begin anew with a listing.</summary>
    private async Task<Problem?> BringAsync(ImmutableArray<TreeFile> files, TreeListing remote, CancellationToken cancellationToken)
    {
        var missing = _folders.Missing(files);
        while (missing.Count > 0 && await FetchAsync(missing, areMost: missing.Count > remote.Files.Count / 2, cancellationToken) is { } problem)
        {
            var left = _folders.Missing(files);
            if (problem.Code != SyncCodes.Remote.Id || left.Count >= missing.Count)
            {
                return problem;
            }

            missing = left;
        }

        return null;
    }

    private async Task<Problem?> FetchAsync(IReadOnlyList<TreeFile> files, bool areMost, CancellationToken cancellationToken)
    {
        var bytes = files.Sum(file => file.SizeBytes);
        if (job.Spec.Remote.Kind != RemoteKind.Local && around.Link.Ask(bytes) is LinkVerdict.Held(var held))
        {
            return held;
        }

        var done = 0L;
        try
        {
            return await rclone.FetchAsync(files.Select(f => f.Path), areMost, _folders.Fetched, progress =>
            {
                done = progress.Bytes;
                progressed(progress with { TotalBytes = Math.Max(progress.TotalBytes, bytes) });
            }, cancellationToken);
        }
        finally
        {
            if (job.Spec.Remote.Kind != RemoteKind.Local)
            {
                around.Link.Count(Math.Max(done, bytes - _folders.Missing(files).Sum(f => f.SizeBytes)));
            }
        }
    }

    private (SyncMemory, Problem?) Publish(SyncMemory memory, PullPlan plan, ulong inode, EquatableArray<SyncedFile> files)
    {
        var now = around.Time.GetUtcNow();
        var counts = new SyncCounts(files.Count, files.Sum(f => f.Remote.SizeBytes), plan.Fetch.Length, plan.Conflicts.Length);
        memory = memory with { Pending = new PendingTree(inode, files, counts, now) };
        around.Files.Write(name, memory);
        if (job.Spec.OnConflict == OnConflict.KeepBoth)
        {
            _folders.PutAside(plan.Conflicts, now);
        }

        _folders.Publish();
        memory = memory.Settled(inode);
        around.Files.Write(name, memory);
        _folders.Tidy();
        return (memory, null);
    }

    private async Task<(SyncMemory, Problem?)> PushAsync(SyncMemory memory, CancellationToken cancellationToken)
    {
        var local = _folders.Scan(job.Folder);
        if (local.WhyNot() is { } why)
        {
            return (memory, Problem(SyncCodes.Listing, $"{job.Folder}: {why}", "rename or remove it on the node"));
        }

        if (_folders.FolderInode is null)
        {
            return (memory, Problem(SyncCodes.Failed, $"{job.Folder} is not there", "nothing: it is tried again; whoever writes the folder makes it"));
        }

        // A directory of the node that is not there is a disk that is not mounted: nothing is to be written in its stead.
        var (remote, problem) = await rclone.ListAsync(mayBeMissing: job.Spec.Remote.Kind != RemoteKind.Local, cancellationToken);
        if (remote is null)
        {
            return (memory, problem);
        }

        var plan = PushPlan.Make(remote, local, memory.Files, job.Spec.Deletes);
        if (job.Spec.OnConflict == OnConflict.Stop && !plan.Conflicts.IsEmpty)
        {
            return (memory, Problem(SyncCodes.Conflict, $"{Text(plan.Conflicts)} changed at {SyncText.Of(job.Spec.Remote)}",
                "make them what the node has, or choose another onConflict"));
        }

        var conflicts = plan.Conflicts.ToHashSet(StringComparer.Ordinal);
        var suffix = job.Spec.OnConflict == OnConflict.KeepBoth ? around.Time.GetUtcNow().UtcDateTime.ToString("'.conflict-'yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture) : null;
        foreach (var (paths, with) in new[] { (plan.Send.Where(f => !conflicts.Contains(f.Path)), null), (plan.Send.Where(f => conflicts.Contains(f.Path)), suffix) })
        {
            var names = paths.Select(f => f.Path).ToList();
            if (names.Count > 0 && await rclone.SendAsync(names, job.Folder, with, progressed, cancellationToken) is { } failed)
            {
                return (memory, failed);
            }
        }

        var delete = plan.Delete.Where(p => suffix is null || !conflicts.Contains(p)).ToList();
        if (delete.Count > 0 && await rclone.DeleteAsync(delete, cancellationToken) is { } left)
        {
            return (memory, left);
        }

        var (after, gone) = await rclone.ListAsync(mayBeMissing: job.Spec.Remote.Kind != RemoteKind.Local, cancellationToken);
        if (after is null)
        {
            return (memory, gone);
        }

        var there = after.ByPath();
        return local.Files.FirstOrDefault(f => !there.TryGetValue(f.Path, out var sent) || sent.SizeBytes != f.SizeBytes) is { } lost
            ? (memory, Problem(SyncCodes.Restless, $"{lost.Path} is not at {SyncText.Of(job.Spec.Remote)} as it was sent", "nothing: it is tried again; a file that is written all the time never arrives"))
            : Done(memory, after, local, plan.Send.Length, conflicts.Count);
    }

    private (SyncMemory, Problem?) Done(SyncMemory memory, TreeListing remote, TreeListing local, long moved, long conflicts)
    {
        var there = remote.ByPath();
        memory = memory with
        {
            LastSuccess = around.Time.GetUtcNow(),
            Counts = new SyncCounts(local.Files.Count, local.Bytes, moved, conflicts),
            Files = local.Files.Where(f => there.ContainsKey(f.Path)).Select(f => new SyncedFile(there[f.Path], f.ModifiedAt)).ToEquatableArray(),
        };
        around.Files.Write(name, memory);
        return (memory, null);
    }

    private ulong? FolderInode()
    {
        try
        {
            return _folders.FolderInode;
        }
        catch (FileLayerException)
        {
            return null;
        }
    }

    private static string Text(ImmutableArray<string> paths) =>
        string.Join(", ", paths.Take(3)) + (paths.Length > 3 ? string.Create(CultureInfo.InvariantCulture, $" and {paths.Length - 3} more") : "");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static Problem Problem(ErrorCode code, string what, string fix) => new(code, what, fix);
}

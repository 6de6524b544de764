using System.Text;
using GitOps.Agent.Host.Storage.Syncing;
using GitOps.Agent.Storage.Backups;
using GitOps.Agent.Storage.Syncing;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Host.Storage.Backups;

/// <summary>
/// Sees to it that there is a repository. It is made where there is nothing, never where something cannot be reached. Several
/// nodes may come to an empty place at one time, and two that make a repository there would spoil it: each puts a claim there
/// first and then looks who else has, and of those who see each other the first by name goes on.
/// </summary>
internal sealed class BackupRepository(Restic restic, Rclone rclone, SyncFiles files, SyncJob job, TimeProvider time)
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(2);

    /// <summary>By the remote's own clock: whoever put a claim there so long before ours is not making anything any more.</summary>
    private static readonly TimeSpan ClaimHolds = TimeSpan.FromMinutes(10);

    private static readonly string[] OfRestic = ["config", "data/", "index/", "keys/", "locks/", "snapshots/"];

    /// <param name="mayMake">False where there was one before: what is empty now has lost it.</param>
    /// <returns>What is in the way; null: it can be worked with.</returns>
    public async Task<Problem?> OpenAsync(bool mayMake, CancellationToken cancellationToken)
    {
        var (names, problem) = await rclone.TopAsync(cancellationToken);
        if (problem is not null)
        {
            return problem;
        }

        if (names is null && job.Spec.Remote.Kind == RemoteKind.Local)
        {
            return Wrong(SyncCodes.Remote, $"{Place} is not there", "mount the disk or the share, or make the directory");
        }

        if (names?.Contains(restic.Name.Claim) == true)
        {
            await rclone.DeleteAsync([restic.Name.Claim], cancellationToken); // of a run that was cut off; left there it harms nobody
        }

        if (names?.Contains("config") == true)
        {
            return await restic.RemoveLocksAsync(cancellationToken);
        }

        return names?.FirstOrDefault(name => !OfRestic.Contains(name) && !BackupName.IsClaim(name)) is { } other
                ? Wrong(SyncCodes.Repository, $"{Place} holds '{other}' and no repository", "give the backup a place of its own")
            : !mayMake
                ? Wrong(SyncCodes.Emptied, $"{Place} held this backup and holds no repository now",
                    "bring it back there, or mount what is missing; to begin anew, 'gitops-agent storage sync' on the node")
            : await MakeAsync(cancellationToken);
    }

    private string Place => SyncText.Of(job.Spec.Remote);

    private async Task<Problem?> MakeAsync(CancellationToken cancellationToken)
    {
        var claim = restic.Name.Claim;
        files.WriteInput(restic.Name.Sync, claim[(restic.Name.Sync.Length + 1)..], Encoding.UTF8.GetBytes("makes the repository\n"));
        if (await rclone.SendAsync([claim], files.Inputs, null, _ => { }, cancellationToken) is { } refused)
        {
            return refused;
        }

        while (true)
        {
            var (listing, gone) = await rclone.ListAsync(mayBeMissing: false, cancellationToken);
            if (listing is null)
            {
                return gone;
            }

            var there = listing.ByPath();
            if (there.ContainsKey("config") || !there.TryGetValue(claim, out var ours))
            {
                return await rclone.DeleteAsync([claim], cancellationToken) ?? await restic.RemoveLocksAsync(cancellationToken);
            }

            var others = listing.Files.Where(f => BackupName.IsClaim(f.Path) && f.Path != claim && ours.ModifiedAt - f.ModifiedAt < ClaimHolds).ToList();
            if (others.Exists(f => string.CompareOrdinal(f.Path, claim) < 0))
            {
                return await rclone.DeleteAsync([claim], cancellationToken) ??
                    Wrong(SyncCodes.Remote, $"another node makes the repository at {Place}", "nothing: it is tried again");
            }

            if (others.Count == 0)
            {
                return await MakeAloneAsync(there, claim, cancellationToken);
            }

            await Task.Delay(Look, time, cancellationToken); // they give way, or are through soon
        }
    }

    private async Task<Problem?> MakeAloneAsync(IReadOnlyDictionary<string, TreeFile> there, string claim, CancellationToken cancellationToken)
    {
        if (there.Keys.FirstOrDefault(path => !path.StartsWith("keys/", StringComparison.Ordinal) && !BackupName.IsClaim(path)) is { } kept)
        {
            return await rclone.DeleteAsync([claim], cancellationToken) ??
                Wrong(SyncCodes.Repository, $"{Place} holds {kept} of a repository, and no 'config'", "bring back what is missing there, or give the backup another place");
        }

        // A key without a repository is what a power cut left: with two of them the right one may not be found.
        var keys = there.Keys.Where(path => !BackupName.IsClaim(path)).ToList();
        var problem = keys.Count == 0 ? null : await rclone.DeleteAsync(keys, cancellationToken);
        return problem ?? (await restic.RunAsync(["init"], cancellationToken)).Problem ?? await rclone.DeleteAsync([claim], cancellationToken);
    }

    private static Problem Wrong(ErrorCode code, string what, string fix) => new(code, what, fix);
}

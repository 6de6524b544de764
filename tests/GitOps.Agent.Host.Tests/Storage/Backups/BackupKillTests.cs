using GitOps.Agent.Host.Processes;
using GitOps.Agent.Host.Tests.Storage.Syncing;
using GitOps.Bundles.Reports;
using GitOps.TestKit;

namespace GitOps.Agent.Host.Tests.Storage.Backups;

/// <summary>restic is killed at random moments; what it was at is taken up again, and readers see whole trees.</summary>
public sealed class BackupKillTests
{
    [Fact]
    public async Task Killed_backups_leave_no_lock_and_the_next_one_is_whole()
    {
        const int Kills = 5;
        var seed = Environment.TickCount;
        var random = new Random(seed);
        using var place = new TempDirectory();
        await using var rig = new BackupRig();
        var spec = rig.Spec(BackupRig.Local(place["repository"]), keep: new Bundles.Units.BackupKeep { Last = 2 }, verify: TimeSpan.FromMilliseconds(1));
        await rig.FollowAsync(spec);
        for (var killed = 0; killed < Kills;)
        {
            Fill(rig.Folder, random);
            Assert.True(rig.Sync.Driver.RunNow("recipes"));
            await Task.Delay(random.Next(900), SyncRig.Stop);
            killed += Kill(rig);
            await rig.UntilAsync(report => report.State != SyncPhase.Running);
        }

        var last = await rig.RunAsync();
        Assert.NotNull(last.VerifiedAt);
        Assert.Null((await rig.RestoreAsync(to: place["elsewhere"], snapshot: last.Snapshot!)).Problem);
        Assert.Equal(SyncRig.Tree(rig.Folder), SyncRig.Tree(place["elsewhere"]));
        Assert.Empty(Locks(place));
        Assert.Null((await rig.AtDeskAsync((desk, _) => desk.VerifyAsync(SyncRig.Stop))).Answer.Problem);
    }

    [Fact]
    public async Task A_lock_of_another_machine_is_left_alone_however_dead_its_process_is()
    {
        using var place = new TempDirectory();
        await using var rig = new BackupRig();
        await using var other = new BackupRig("press-2");
        await rig.FollowAsync(rig.Spec(BackupRig.Local(place["repository"])));
        await other.FollowAsync(other.Spec(BackupRig.Local(place["repository"])));
        Fill(other.Folder, new Random(1));
        while (!Locks(place).Any())
        {
            Assert.True(other.Sync.Driver.RunNow("recipes"));
            await Eventually.BecomesTrue(() => ProcessTable.FindMarked(other.Sync.Mark).Count > 0 && Locks(place).Any(), TimeSpan.FromSeconds(60), SyncRig.Stop);
            Kill(other);
            await other.UntilAsync(report => report.State != SyncPhase.Running);
        }

        // The same host name and a process that is gone: only who started it knows that.
        rig.Write("a", "new");
        await rig.RunAsync();
        Assert.NotEmpty(Locks(place));

        await other.RunAsync();
        Assert.Empty(Locks(place));
    }

    [Fact]
    public async Task Killed_restores_leave_the_tree_that_was_there()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        using var place = new TempDirectory();
        await using var rig = new BackupRig();
        Fill(rig.Folder, random);
        var kept = SyncRig.Tree(rig.Folder);
        await rig.FollowAsync(rig.Spec(BackupRig.Local(place["repository"])));
        File.WriteAllText($"{rig.Folder}/0", "changed since");
        var changed = SyncRig.Tree(rig.Folder);

        var killed = 0;
        for (var i = 0; i < 10 && killed < 3; i++)
        {
            var restoring = rig.RestoreAsync();
            await Task.Delay(random.Next(1_500), SyncRig.Stop);
            killed += Kill(rig);
            if ((await restoring).Problem is null)
            {
                Assert.Equal(kept, SyncRig.Tree(rig.Folder));
                File.WriteAllText($"{rig.Folder}/0", "changed since");
                continue;
            }

            Assert.Equal(changed, SyncRig.Tree(rig.Folder));
        }

        Assert.True(killed > 0, $"nothing was ever killed (seed {seed})");
        Assert.Null((await rig.RestoreAsync()).Problem);
        Assert.Equal(kept, SyncRig.Tree(rig.Folder));
        Assert.False(Directory.Exists($"{rig.Sync.Volume}/.gitops-sync/recipes/restored"));
    }

    [Fact]
    public async Task A_person_who_goes_away_ends_the_restore_and_nothing_is_half_there()
    {
        using var place = new TempDirectory();
        await using var rig = new BackupRig();
        Fill(rig.Folder, new Random(3));
        await rig.FollowAsync(rig.Spec(BackupRig.Local(place["repository"])));
        using var gone = new CancellationTokenSource();
        var restoring = rig.RestoreAsync(to: place["elsewhere"], stop: gone.Token);
        await Eventually.BecomesTrue(() => ProcessTable.FindMarked(rig.Sync.Mark).Count > 0, TimeSpan.FromSeconds(60), SyncRig.Stop);
        await gone.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => restoring);
        Assert.False(Directory.Exists(place["elsewhere"]));
        Assert.Null((await rig.RestoreAsync(to: place["elsewhere"])).Problem);
        Assert.Equal(SyncRig.Tree(rig.Folder), SyncRig.Tree(place["elsewhere"]));
    }

    /// <summary>What restic has not finished writing has another name, and is no lock.</summary>
    private static IEnumerable<string> Locks(TempDirectory place) =>
        Directory.EnumerateFiles(place["repository/locks"]).Where(path => Path.GetFileName(path).Length == 64);

    private static void Fill(string folder, Random random)
    {
        var bytes = new byte[1 << 20];
        for (var i = 0; i < 8; i++)
        {
            random.NextBytes(bytes);
            File.WriteAllText($"{folder}/{i}", Convert.ToBase64String(bytes));
        }
    }

    private static int Kill(BackupRig rig)
    {
        var pids = ProcessTable.FindMarked(rig.Sync.Mark);
        foreach (var pid in pids)
        {
            ProcessTable.Signal(pid, "SIGKILL");
        }

        return pids.Count;
    }
}

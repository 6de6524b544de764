using GitOps.Agent.Host.Tests.Storage.Syncing;
using GitOps.Agent.Storage.Syncing;
using GitOps.Bundles.Reports;
using GitOps.Bundles.Units;
using GitOps.Platform.Files;
using GitOps.TestKit;
using GitOps.TestKit.Files;
using GitOps.TestKit.Storage;

namespace GitOps.Agent.Host.Tests.Storage.Backups;

/// <summary>Snapshots in a repository, and what keeps them in order.</summary>
public sealed class BackupTests : IAsyncDisposable
{
    private readonly TempDirectory _place = new();
    private readonly BackupRig _rig = new();

    public async ValueTask DisposeAsync()
    {
        await _rig.DisposeAsync();
        _place.Dispose();
    }

    [Fact]
    public async Task What_is_lost_comes_back_as_it_was()
    {
        _rig.Write("a", "one");
        _rig.Write("sub/b", "two");
        File.CreateSymbolicLink($"{_rig.Folder}/link", "sub/b");
        DiskFileLayer.Host.SetMode($"{_rig.Folder}/a", UnixFileMode.UserRead);
        var first = await _rig.FollowAsync(_rig.Spec(BackupRig.Local(_place["repository"])));
        Assert.Equal((2L, 6L), (first.Last!.Files, first.Last.Bytes));

        _rig.Write("a2", "three");
        var second = await _rig.RunAsync();
        Assert.Equal(1, second.Last!.Moved);
        Directory.Delete(_rig.Folder, recursive: true);
        Assert.Null((await _rig.RestoreAsync()).Problem);

        Assert.Equal(["a2=three", "a=one", "link=two", "sub/b=two"], SyncRig.Tree(_rig.Folder));
        Assert.Equal("sub/b", new FileInfo($"{_rig.Folder}/link").LinkTarget);
        Assert.Equal(UnixFileMode.UserRead, DiskFileLayer.Host.Stat($"{_rig.Folder}/a")!.Mode);
        Assert.Equal([first.Snapshot, second.Snapshot], (await _rig.SnapshotsAsync()).Select(line => line[..8]));

        // An older one in its place: what was there is kept beside it.
        var older = await _rig.RestoreAsync(snapshot: first.Snapshot!);
        Assert.Null(older.Problem);
        Assert.Equal(["a=one", "link=two", "sub/b=two"], SyncRig.Tree(_rig.Folder));
        var before = Assert.Single(Directory.GetDirectories(_rig.Sync.Volume, "recipes.before-*"));
        Assert.Contains(before, older.Message, StringComparison.Ordinal);
        Assert.Contains("a2=three", SyncRig.Tree(before));
    }

    [Fact]
    public async Task A_repository_behind_rclone_is_made_written_and_read_and_holds_nothing_that_can_be_read()
    {
        await using var server = await TestWebDav.StartAsync(SyncRig.Stop);
        _rig.Write("a", "a secret recipe");
        Directory.CreateDirectory($"{server.Root}/plant/press");
        var remote = new SyncRemote { Kind = RemoteKind.WebDav, Url = $"{server.Url}plant/press", User = TestWebDav.User, Password = _rig.Sync.Secret("password", TestWebDav.Password) };
        await _rig.FollowAsync(_rig.Spec(remote));

        Assert.True(File.Exists($"{server.Root}/plant/press/config"));
        Assert.DoesNotContain(Directory.EnumerateFiles(server.Root, "*", SearchOption.AllDirectories), file =>
            File.ReadAllText(file).Contains("recipe", StringComparison.Ordinal) || file.Contains(".claim.", StringComparison.Ordinal));
        Assert.Null((await _rig.RestoreAsync(to: _place["elsewhere"])).Problem);
        Assert.Equal(["a=a secret recipe"], SyncRig.Tree(_place["elsewhere"]));
    }

    [Fact]
    public async Task Snapshots_go_to_SFTP_and_come_back_through_the_host_key_alone()
    {
        await using var sshd = await TestSftp.StartAsync(SyncRig.Stop);
        _rig.Write("a", "a secret recipe");
        var remote = new SyncRemote
        {
            Kind = RemoteKind.Sftp,
            Host = "127.0.0.1",
            Port = sshd.Port,
            User = Environment.UserName,
            Path = $"{sshd.Root}/plant",
            HostKey = sshd.HostKey,
            PrivateKey = _rig.Sync.Secret("key", sshd.PrivateKey),
        };
        var other = remote with { HostKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGvpJN6Ht1pFhJSPL7SxMRF9mpV2wPIQAbMyQ8TTzTOp" };
        Assert.Contains("AGT125", (await _rig.FollowAsync(_rig.Spec(other), report => report.State == SyncPhase.Failing)).Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(sshd.Root));

        await _rig.FollowAsync(_rig.Spec(remote));
        Assert.True(File.Exists($"{sshd.Root}/plant/config"));
        _rig.Write("a", "changed");
        Assert.Null((await _rig.RestoreAsync(to: _place["elsewhere"])).Problem);
        Assert.Equal(["a=a secret recipe"], SyncRig.Tree(_place["elsewhere"]));
    }

    [Fact]
    public async Task Another_password_opens_nothing_and_changes_nothing()
    {
        var remote = BackupRig.Local(_place["repository"]);
        await _rig.FollowAsync(_rig.Spec(remote));
        var files = Names(_place["repository"]);

        await _rig.FollowAsync(_rig.Spec(remote, password: "wrong") with { EveryMs = 7_200_000 }, BackupRig.Failing(SyncCodes.Repository));

        Assert.Equal(files, Names(_place["repository"]));
    }

    [Fact]
    public async Task A_place_that_cannot_be_reached_or_holds_something_else_is_never_made_a_repository()
    {
        await _rig.FollowAsync(_rig.Spec(new SyncRemote { Kind = RemoteKind.Local, Path = _place["not-mounted"] }), BackupRig.Failing(SyncCodes.Remote));
        Assert.False(Directory.Exists(_place["not-mounted"]));

        var remote = BackupRig.Local(_place["photos"]);
        await File.WriteAllTextAsync(_place["photos/beach.jpg"], "sand", SyncRig.Stop);
        await _rig.FollowAsync(_rig.Spec(remote), BackupRig.Failing(SyncCodes.Repository));
        Assert.Equal(["beach.jpg"], Names(_place["photos"]));
    }

    [Fact]
    public async Task A_repository_that_is_gone_of_a_sudden_is_not_made_anew_until_a_person_says_so()
    {
        var spec = _rig.Spec(BackupRig.Local(_place["repository"]));
        await _rig.FollowAsync(spec);
        Directory.Delete(_place["repository"], recursive: true);
        Directory.CreateDirectory(_place["repository"]);

        await _rig.FollowAsync(spec with { EveryMs = 7_200_000 }, BackupRig.Failing(SyncCodes.Emptied));
        Assert.Empty(Names(_place["repository"]));

        await _rig.RunAsync();
        Assert.Single(await _rig.SnapshotsAsync());
    }

    [Fact]
    public async Task A_folder_that_is_empty_of_a_sudden_is_no_success()
    {
        _rig.Write("a", "one");
        var spec = _rig.Spec(BackupRig.Local(_place["repository"]));
        var last = await _rig.FollowAsync(spec);
        File.Delete($"{_rig.Folder}/a");

        var report = await _rig.RunAsync(BackupRig.Failing(SyncCodes.Failed));
        Assert.Equal((last.Snapshot, last.LastSuccess), (report.Snapshot, report.LastSuccess));
    }

    [Fact]
    public async Task A_key_that_a_cut_left_without_a_repository_does_not_spoil_the_next_one()
    {
        Directory.CreateDirectory(_place["repository/keys"]);
        await File.WriteAllTextAsync(_place["repository/keys/0123456789abcdef"], "half", SyncRig.Stop);

        await _rig.FollowAsync(_rig.Spec(BackupRig.Local(_place["repository"])));

        Assert.Null((await _rig.AtDeskAsync((desk, _) => desk.VerifyAsync(SyncRig.Stop))).Answer.Problem);
    }

    [Fact]
    public async Task Nodes_that_come_to_an_empty_place_together_make_one_repository_and_keep_their_own_snapshots()
    {
        var remote = BackupRig.Local(_place["repository"]);
        await using var second = new BackupRig("press-2");
        await using var third = new BackupRig("press-3");
        BackupRig[] all = [_rig, second, third];

        await Task.WhenAll(all.Select(rig => rig.FollowAsync(rig.Spec(remote))));

        foreach (var rig in all)
        {
            Assert.Equal(rig.Report.Snapshot, Assert.Single(await rig.SnapshotsAsync())[..8]);
        }

        Assert.Null((await second.AtDeskAsync((desk, _) => desk.VerifyAsync(SyncRig.Stop))).Answer.Problem);
        Assert.DoesNotContain(Names(_place["repository"]), name => name.Contains(".claim.", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_machine_that_takes_the_place_of_another_waits_for_a_person_and_holds_what_needs_it()
    {
        var remote = BackupRig.Local(_place["repository"]);
        _rig.Write("a", "of the old machine");
        await _rig.FollowAsync(_rig.Spec(remote));
        await using var machine = new BackupRig();
        var spec = machine.Spec(remote);

        await machine.FollowAsync(spec, BackupRig.Failing(SyncCodes.Foreign), isEmpty: true);
        Assert.Equal(SyncPhase.Stopped, machine.Report.State);
        var plan = await machine.Sync.Runner.LookAsync(SyncRig.Unit(spec), SyncRig.Stop);
        Assert.Contains(SyncCodes.Foreign.Id, Assert.IsType<Planning.UnitStatus.Unhealthy>(plan.Status).ToString(), StringComparison.Ordinal);
        Assert.Single(await machine.SnapshotsAsync());

        Assert.Null((await machine.RestoreAsync()).Problem);
        machine.Sync.Driver.GoOn("recipes");
        await machine.UntilAsync(report => report is { Snapshot: not null, State: SyncPhase.Waiting });
        Assert.Equal(["a=of the old machine"], SyncRig.Tree(machine.Folder));
        await machine.Sync.UntilReadyAsync(spec);
    }

    [Fact]
    public async Task Old_snapshots_go_as_Git_says_and_stay_while_the_clock_is_not_trusted()
    {
        var remote = BackupRig.Local(_place["repository"]);
        await using var unsure = new BackupRig("press-2", trusted: false);
        foreach (var rig in (BackupRig[])[_rig, unsure])
        {
            var spec = rig.Spec(remote, keep: new BackupKeep { Last = 2 });
            await rig.FollowAsync(spec);
            for (var i = 0; i < 2; i++)
            {
                rig.Write("a", $"version {i}");
                await rig.RunAsync();
            }
        }

        Assert.Equal(2, (await _rig.SnapshotsAsync()).Count);
        var kept = await unsure.SnapshotsAsync();
        Assert.Equal(3, kept.Count);
        Assert.All(kept, line => Assert.Contains("the clock was not trusted", line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_disk_that_is_full_at_the_remote_fails_the_backup_and_not_what_is_kept()
    {
        await using var disk = await LoopDisk.MountAsync("ext4", SyncRig.Stop);
        _rig.Write("a", "small");
        var remote = BackupRig.Local($"{disk.Path}/repository");
        var spec = _rig.Spec(remote);
        await _rig.FollowAsync(spec);
        var bytes = new byte[80 << 20];
        new Random(7).NextBytes(bytes);
        await File.WriteAllBytesAsync($"{_rig.Folder}/large", bytes, SyncRig.Stop);

        var report = await _rig.RunAsync(BackupRig.Failing(SyncCodes.Remote));
        Assert.Contains("no space left", report.Message, StringComparison.Ordinal);

        File.Delete($"{_rig.Folder}/large");
        _rig.Write("a", "other");
        await _rig.RunAsync();
        Assert.Null((await _rig.RestoreAsync(to: _place["elsewhere"])).Problem);
        Assert.Equal(["a=other"], SyncRig.Tree(_place["elsewhere"]));
    }

    [Fact]
    public async Task What_was_damaged_at_the_remote_is_found()
    {
        _rig.Write("a", "one");
        await _rig.FollowAsync(_rig.Spec(BackupRig.Local(_place["repository"])));
        var pack = Directory.EnumerateFiles(_place["repository/data"], "*", SearchOption.AllDirectories).MaxBy(file => new FileInfo(file).Length)!;
        DiskFileLayer.Host.SetMode(pack, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var bytes = await File.ReadAllBytesAsync(pack, SyncRig.Stop);
        bytes[20] ^= 1;
        await File.WriteAllBytesAsync(pack, bytes, SyncRig.Stop);

        Assert.Equal(SyncCodes.Damaged.Id, (await _rig.AtDeskAsync((desk, _) => desk.VerifyAsync(SyncRig.Stop))).Answer.Problem?.Code);
    }

    [Theory]
    [InlineData("restic")]
    [InlineData("rclone")]
    public async Task A_node_without_the_programs_says_what_to_install(string program)
    {
        await using var bare = new BackupRig(commands: new WithoutProgram(program));
        await bare.FollowAsync(bare.Spec(BackupRig.Local(_place["repository"])), BackupRig.Failing(SyncCodes.NoProgram));
        Assert.Equal($"install it on the node: apt-get install {program}", Assert.Single(bare.Sync.Notes).Fix);
    }

    private static List<string> Names(string root) =>
        [.. Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(root, file)).Order(StringComparer.Ordinal)];
}

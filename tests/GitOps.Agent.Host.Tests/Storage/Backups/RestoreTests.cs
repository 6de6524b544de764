using GitOps.Agent.Host.Storage.Backups;
using GitOps.Agent.Host.Tests.Storage.Syncing;
using GitOps.Agent.Storage.Syncing;
using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Platform.Files;
using GitOps.TestKit;

namespace GitOps.Agent.Host.Tests.Storage.Backups;

/// <summary>What people bring back, and where.</summary>
public sealed class RestoreTests : IAsyncDisposable
{
    private readonly TempDirectory _place = new();
    private readonly BackupRig _rig = new();

    public async ValueTask DisposeAsync()
    {
        await _rig.DisposeAsync();
        _place.Dispose();
    }

    [Fact]
    public async Task One_path_comes_back_alone()
    {
        await BackUpAsync();
        _rig.Write("sub/b[1]", "spoilt");
        _rig.Write("a", "newer, and to stay");

        Assert.Null((await _rig.RestoreAsync(path: "sub/b[1]")).Problem);

        Assert.Equal("two", File.ReadAllText($"{_rig.Folder}/sub/b[1]"));
        Assert.Equal("newer, and to stay", File.ReadAllText($"{_rig.Folder}/a"));
        Assert.Equal("spoilt", File.ReadAllText(Assert.Single(Directory.GetFiles($"{_rig.Folder}/sub", "b*.before-*"))));

        Directory.Delete($"{_rig.Folder}/sub", recursive: true);
        Assert.Null((await _rig.RestoreAsync(path: "sub")).Problem);
        Assert.Equal("two", File.ReadAllText($"{_rig.Folder}/sub/b[1]"));
        Assert.Equal(SyncCodes.Repository.Id, (await _rig.RestoreAsync(path: "nowhere")).Problem?.Code);
    }

    [Fact]
    public async Task A_dry_run_lists_and_changes_nothing()
    {
        await BackUpAsync();
        _rig.Write("a", "newer");

        var (answer, lines) = await _rig.AtDeskAsync((desk, say) => desk.RestoreAsync(new RestoreWish("latest", null, null, IsDryRun: true), say, SyncRig.Stop));

        Assert.Null(answer.Problem);
        Assert.Equal(["/a", "/empty", "/sub/b[1]"], lines.Select(line => line.Trim().Split("  ")[1]));
        Assert.Equal(["a=newer", "empty=", "sub/b[1]=two"], SyncRig.Tree(_rig.Folder));
    }

    [Fact]
    public async Task A_directory_that_holds_something_is_not_restored_into()
    {
        await BackUpAsync();
        Directory.CreateDirectory(_place["full"]);
        await File.WriteAllTextAsync(_place["full/theirs"], "theirs", SyncRig.Stop);
        Directory.CreateDirectory(_place["empty"]);

        Assert.Equal(SyncCodes.NotOurs.Id, (await _rig.RestoreAsync(to: _place["full"])).Problem?.Code);
        Assert.Equal(SyncCodes.NotOurs.Id, (await _rig.RestoreAsync(to: _place["no/such"])).Problem?.Code);
        Assert.Equal(SyncCodes.Repository.Id, (await _rig.RestoreAsync(to: _place["empty"], snapshot: "ffff")).Problem?.Code);
        Assert.Null((await _rig.RestoreAsync(to: _place["empty"])).Problem);

        Assert.Equal(["theirs=theirs"], SyncRig.Tree(_place["full"]));
        Assert.Equal(["a=one", "empty=", "sub/b[1]=two"], SyncRig.Tree(_place["empty"]));
        Assert.Equal(["empty", "full"], Directory.GetFileSystemEntries(_place.Path).Select(Path.GetFileName).Where(n => n is not "repository").Order());
    }

    [Fact]
    public async Task Two_trees_that_do_not_fit_below_the_limit_of_the_volume_are_not_put_there()
    {
        _rig.Write("a", new string('a', 60_000));
        _rig.Sync.Runner.Context = _rig.Sync.Runner.Context with
        {
            Desired = Bundle.Of([new Unit("data", new VolumeSpec { Path = _rig.Sync.Volume, LimitBytes = 100_000 })]),
        };
        await _rig.FollowAsync(_rig.Spec(BackupRig.Local(_place["repository"])));

        Assert.Equal(SyncCodes.NoRoom.Id, (await _rig.RestoreAsync()).Problem?.Code);
        Assert.Equal(60_000, new FileInfo($"{_rig.Folder}/a").Length);
    }

    [Fact]
    public async Task A_whole_volume_changes_places_with_the_one_that_was_there()
    {
        _rig.Write("a", "one");
        DiskFileLayer.Host.SetMode(_rig.Sync.Volume, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        await _rig.FollowAsync(_rig.Spec(BackupRig.Local(_place["repository"])) with { Folder = null });
        _rig.Write("a", "two");

        Assert.Null((await _rig.RestoreAsync()).Problem);

        Assert.Equal(["recipes/a=one"], SyncRig.Tree(_rig.Sync.Volume));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, DiskFileLayer.Host.Stat(_rig.Sync.Volume)!.Mode);
        Assert.Equal(["recipes/a=two"], SyncRig.Tree(Assert.Single(Directory.GetDirectories(Path.GetDirectoryName(_rig.Sync.Volume)!, "data.before-*"))));
    }

    private async Task BackUpAsync()
    {
        _rig.Write("a", "one");
        _rig.Write("sub/b[1]", "two");
        _rig.Write("empty", "");
        await _rig.FollowAsync(_rig.Spec(BackupRig.Local(_place["repository"])));
    }
}

using GitOps.Agent.Storage.Backups;
using GitOps.Bundles;
using GitOps.Bundles.Reports;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Tests.Storage.Backups;

/// <summary>What restic 0.14 says, and what is read from it.</summary>
public sealed class ResticTextTests
{
    [Fact]
    public void Progress_and_summary_of_a_backup_are_read()
    {
        var log = new ResticLog();
        Assert.True(log.Add("""{"message_type":"status","percent_done":0.5,"total_files":4,"files_done":3,"total_bytes":300,"bytes_done":150,"current_files":["/big"]}"""));
        Assert.False(log.Add("""{"message_type":"summary","files_new":2,"files_changed":1,"files_unmodified":9,"data_added":1049,"total_files_processed":12,"total_bytes_processed":600,"snapshot_id":"70e3ce82"}"""));
        Assert.Equal(new SyncProgress(150, 300), log.Progress);
        Assert.Equal(new SnapshotSummary("70e3ce82", 12, 600, 3, 1049), log.Summary);
    }

    [Theory]
    [InlineData("""{"message_type":"error","error":{"Op":"lstat","Path":"gone","Err":2},"during":"archival","item":"/gone"}""", 0)]
    [InlineData("""{"message_type":"error","error":{"message":"lstat /gone: no such file or directory"},"during":"archival","item":"/gone"}""", 0)]
    [InlineData("""{"message_type":"error","error":{"Op":"open","Path":"locked","Err":13},"during":"archival","item":"/locked"}""", 1)]
    [InlineData("""{"message_type":"error","error":{"message":"open /locked: permission denied"},"during":"archival","item":"/locked"}""", 1)]
    [InlineData("""{"message_type":"error"}""", 1)]
    public void A_file_that_went_meanwhile_is_no_error_and_one_that_cannot_be_read_is(string line, int unread)
    {
        var log = new ResticLog();
        log.Add(line);
        Assert.Equal(unread, log.Unread);
    }

    [Fact]
    public void What_is_fatal_is_kept_and_not_what_explains_it()
    {
        var log = new ResticLog();
        foreach (var line in (string[])["rclone: 2026 NOTICE: something", "Fatal: unable to create lock in backend: repository is already locked by PID 7 on vm", "the `unlock` command can be used to remove stale locks", "", "{", "{}"])
        {
            log.Add(line);
        }

        Assert.Equal("unable to create lock in backend: repository is already locked by PID 7 on vm", log.Error);
    }

    private const string Two = """
        [{"time":"2026-11-29T23:39:49.662228814Z","paths":["/srv/data"],"hostname":"n1","tags":["fleet=f","node=n1","sync=s","clock=sure"],"id":"70e3ce82f39baeec9dad260f","short_id":"70e3ce82"},
         {"time":"2036-01-01T00:00:00Z","paths":["/srv/data"],"hostname":"n1","tags":["clock=unsure"],"id":"70e4ce82f39baeec9dad260f","short_id":"70e4ce82"}]
        """;

    [Fact]
    public void A_snapshot_whose_time_cannot_be_relied_on_is_never_the_latest()
    {
        var snapshots = BackupSnapshot.TryParse(Two)!.Value;
        Assert.Equal("70e3ce82", BackupSnapshot.Find(snapshots, "latest")!.ShortId);
        Assert.Equal("70e4ce82", BackupSnapshot.Find(snapshots, "70e4")!.ShortId);
        Assert.Null(BackupSnapshot.Find(snapshots, "70e")); // two would fit, and it is too short
        Assert.Null(BackupSnapshot.Find([], "latest"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("[1]")]
    [InlineData("""[{"id":"a","time":"noon"}]""")]
    public void What_is_no_list_of_snapshots_reads_as_none(string json) => Assert.Null(BackupSnapshot.TryParse(json));

    [Fact]
    public void Only_a_lock_of_a_process_that_began_here_and_is_gone_is_left_over()
    {
        var held = BackupLock.TryParse("""{"time":"2026-11-29T23:40:17Z","exclusive":true,"hostname":"vm","username":"root","pid":77}""")!;
        Assert.True(held.IsLeftOver("vm", [5, 77], [5]));
        Assert.False(held.IsLeftOver("vm", [5, 77], [77]));
        Assert.False(held.IsLeftOver("vm", [5], []));
        Assert.False(held.IsLeftOver("other", [77], []));
        Assert.Null(BackupLock.TryParse("{\"pid\":\"x\"}"));
    }

    [Fact]
    public void Units_that_work_with_a_volume_are_named_unless_somebody_holds_them()
    {
        Unit Group(string name, GroupVolume volume) => new(name, new WorkloadSpec { Containers = new ContainerGroupSpec { Containers = [], Volumes = [volume] } });
        var bundle = Bundle.Of(
        [
            new Unit("data", new VolumeSpec { Path = "/srv/data" }),
            Group("by-name", new GroupVolume("v") { Unit = "data" }),
            Group("by-path", new GroupVolume("v") { Host = new HostVolume("/srv/data/sub") }),
            Group("elsewhere", new GroupVolume("v") { Host = new HostVolume("/srv/database") }),
            Group("suspended", new GroupVolume("v") { Unit = "data" }) with { Suspend = "repair" },
            new Unit("process", new WorkloadSpec { Process = new ProcessSpec { Command = ["/usr/bin/db", "--at=/srv/data/db"] } }),
            new Unit("needs", new WorkloadSpec { Process = new ProcessSpec { Command = ["/usr/bin/x"] } }) with { Requires = [new UnitId(UnitKinds.Volume, "data")] },
            new Unit("pulled", new SyncSpec { Volume = "data", Folder = "x", Mode = SyncMode.Pull, Remote = new SyncRemote { Kind = RemoteKind.Local }, EveryMs = 1, TimeLimitMs = 1 }),
        ]);

        Assert.Equal(
            ["sync/pulled", "workload/by-name", "workload/by-path", "workload/needs"],
            VolumeUsers.NotHeld(bundle, "data", "/srv/data", id => id.Name == "process").Select(id => id.ToString()).Order());
    }
}

using GitOps.Agent.Host.Files;
using GitOps.Agent.Host.Storage;
using GitOps.Agent.Planning;
using GitOps.Bundles.Reports;
using GitOps.Bundles.Units;
using GitOps.Platform.Files;
using GitOps.Platform.Processes;
using GitOps.TestKit;

namespace GitOps.Agent.Host.Tests.Storage;

public sealed class VolumeTests : IAsyncDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly FixedTrust _trust = new(true);
    private readonly IUnitKind _kind;
    private readonly VolumeDriver _driver;
    private readonly UnitRunner _runner;

    public VolumeTests()
    {
        (_kind, _driver) = VolumeUnits.Create(
            DiskFileLayer.Host, new PolicyRoots(DiskFileLayer.Host, [_directory["srv"]], DiskFileLayer.Beneath), new CommandRunner(TimeProvider.System), _trust, TimeProvider.System);
        _runner = new UnitRunner(_kind);
        _runner.Context = _runner.Context with { Departure = new Departure(WasCommitted: true, _runner.Context.Now) };
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private string Root => _directory["srv/data"];

    public async ValueTask DisposeAsync()
    {
        await _driver.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task A_volume_is_made_with_its_mode_and_all_above_it_and_planning_again_changes_nothing()
    {
        await _runner.UntilReadyAsync(Unit(new VolumeSpec { Path = Root, Mode = "2750", Owner = "root", Group = "0" }), Stop);

        Assert.Equal("2750", Convert.ToString((int)DiskFileLayer.Host.Stat(Root)!.Mode, 8));
    }

    [Fact]
    public async Task A_mode_that_was_changed_is_set_back()
    {
        var unit = Unit(new VolumeSpec { Path = Root });
        await _runner.UntilReadyAsync(unit, Stop);
        DiskFileLayer.Host.SetMode(Root, UnixFileMode.UserRead);

        await _runner.UntilAsync(unit, unit, plan => plan is { Status: UnitStatus.Ready, Steps.IsEmpty: true }, Stop);

        Assert.Equal("755", Convert.ToString((int)DiskFileLayer.Host.Stat(Root)!.Mode, 8));
    }

    [Fact]
    public async Task A_directory_that_holds_something_and_a_link_are_refused_untouched()
    {
        Write("theirs", 10, age: TimeSpan.Zero);
        File.CreateSymbolicLink(_directory["srv/link"], Root);

        var theirs = await _runner.TurnAsync(Unit(new VolumeSpec { Path = Root }), null, Stop);
        var link = await _runner.TurnAsync(Unit(new VolumeSpec { Path = _directory["srv/link"], Adopt = true }), null, Stop);
        var nobody = await _runner.TurnAsync(Unit(new VolumeSpec { Path = Root, Owner = "nobody-of-that-name" }), null, Stop);

        Assert.All((PlannedUnit[])[theirs, link, nobody], plan => Assert.IsType<UnitStatus.Refused>(plan.Status));
        Assert.True(File.Exists($"{Root}/theirs"));
    }

    [Fact]
    public async Task A_link_on_the_way_to_a_volume_is_not_followed_whatever_is_to_be_done()
    {
        Directory.CreateDirectory(_directory["srv"]);
        Directory.CreateDirectory(_directory["outside/data"]);
        await File.WriteAllTextAsync(_directory["outside/data/theirs"], "theirs", Stop);
        File.CreateSymbolicLink(_directory["srv/way"], _directory["outside"]);
        var (made, there) = (_directory["srv/way/new"], _directory["srv/way/data"]);
        var unit = Unit(new VolumeSpec { Path = there, Adopt = true, DeletionPolicy = DeletionPolicy.Delete });
        GitOps.Agent.Storage.VolumeStep[] steps =
        [
            new GitOps.Agent.Storage.VolumeStep.Create(made, "0755", default) { Because = "test" },
            new GitOps.Agent.Storage.VolumeStep.SetAccess(there, "0700", default) { Because = "test" },
            new GitOps.Agent.Storage.VolumeStep.RemoveTree(there) { Because = "test" },
        ];

        Assert.All(steps, step => Assert.IsType<StepOutcome.Retry>(_kind.ApplyAsync(new PlannedStep(unit, step), Stop).AsTask().Result));

        Assert.Equal("theirs", await File.ReadAllTextAsync(_directory["outside/data/theirs"], Stop));
        Assert.False(Directory.Exists(_directory["outside/new"]));
        Assert.Equal("755", Convert.ToString((int)DiskFileLayer.Host.Stat(_directory["outside/data"])!.Mode, 8));
        Assert.IsType<UnitStatus.Unhealthy>((await _kind.PlanAsync(unit, unit, _runner.Context, Stop)).Status);
    }

    [Fact]
    public async Task A_volume_that_was_replaced_by_a_link_is_neither_counted_nor_emptied_elsewhere()
    {
        var spec = new VolumeSpec { Path = Root, LimitBytes = 100, OnFull = OnFull.DropOldest, Adopt = true };
        Directory.CreateDirectory(_directory["outside"]);
        await File.WriteAllBytesAsync(_directory["outside/old"], new byte[5_000], Stop);
        Directory.CreateDirectory(_directory["srv"]);
        File.CreateSymbolicLink(Root, _directory["outside"]);
        var theirs = DiskFileLayer.Host.Stat(_directory["outside/old"])!;
        var file = new GitOps.Agent.Storage.VolumeFile("old", 5_000, theirs.ModifiedAt, theirs.Inode);
        var scanner = new VolumeScanner(DiskFileLayer.Beneath(_directory["srv"]), Root, TimeProvider.System);

        Assert.Equal(0, (await scanner.ScanAsync(Stop)).Files);
        await _kind.ApplyAsync(
            new PlannedStep(Unit(spec), new GitOps.Agent.Storage.VolumeStep.RemoveFiles(Root, [file]) { Because = "test" }), Stop);
        Assert.True(File.Exists(_directory["outside/old"]));
    }

    [Fact]
    public async Task The_oldest_files_go_until_there_is_room_and_nothing_outside_is_followed()
    {
        var unit = Unit(new VolumeSpec { Path = Root, LimitBytes = 1_000, OnFull = OnFull.DropOldest, Adopt = true });
        for (var i = 0; i < 15; i++)
        {
            Write($"logs/{i:00}.log", 100, age: TimeSpan.FromHours(20 - i));
        }

        Directory.CreateDirectory(_directory["outside"]);
        File.WriteAllBytes(_directory["outside/old"], new byte[5_000]);
        File.CreateSymbolicLink($"{Root}/way-out", _directory["outside"]);

        await _runner.UntilAsync(unit, unit, _ => Directory.GetFiles($"{Root}/logs").Length <= 9, Stop);
        await _runner.UntilAsync(unit, unit, plan => plan.Steps.IsEmpty && Volumes().UsedBytes == 900, Stop);

        Assert.Equal(Enumerable.Range(6, 9).Select(i => $"{i:00}.log"), Directory.GetFiles($"{Root}/logs").Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.True(File.Exists(_directory["outside/old"]));
    }

    [Fact]
    public async Task A_full_volume_that_refuses_is_not_ready_and_one_that_alarms_says_so()
    {
        Write("big", 2_000, age: TimeSpan.Zero);
        var refusing = Unit(new VolumeSpec { Path = Root, LimitBytes = 1_000, OnFull = OnFull.Refuse, Adopt = true });
        await _runner.UntilAsync(refusing, refusing, plan => plan.Status is UnitStatus.Unhealthy { Cause: FailureCause.Environment }, Stop);

        var alarming = Unit(new VolumeSpec { Path = Root, LimitBytes = 1_000, Adopt = true });
        await _runner.UntilAsync(alarming, alarming, plan => plan is { Status: UnitStatus.Ready, Steps.IsEmpty: true } && Report().Volumes.Count == 1, Stop);

        var alarm = Assert.Single(Report().Conditions);
        Assert.Equal(("VolumeFull", "True"), (alarm.Type, alarm.Status));
    }

    [Fact]
    public async Task A_volume_on_a_disk_below_its_reserve_gives_up_its_oldest_files_and_says_so()
    {
        var most = new DriveInfo(_directory["."]).TotalSize; // more than any disk has free
        var alarming = Unit(new VolumeSpec { Path = Root, ReserveBytes = most, Adopt = true });
        Write("old", 10, age: TimeSpan.FromHours(2));
        await _runner.UntilAsync(alarming, alarming, plan => plan is { Status: UnitStatus.Ready, Steps.IsEmpty: true } && Report().Conditions is [{ Type: "VolumeFull" }], Stop);
        Assert.True(File.Exists($"{Root}/old"));

        var dropping = Unit(new VolumeSpec { Path = Root, ReserveBytes = most, OnFull = OnFull.DropOldest, Adopt = true });
        await _runner.UntilAsync(dropping, dropping, _ => !File.Exists($"{Root}/old"), Stop);
    }

    [Fact]
    public async Task Old_files_stay_while_the_clock_is_not_trusted()
    {
        var unit = Unit(new VolumeSpec { Path = Root, Retention = new Retention { MaxAgeMs = 3_600_000 }, Adopt = true });
        Write("old", 10, age: TimeSpan.FromHours(2));
        Write("new", 10, age: TimeSpan.Zero);
        _runner.Context = _runner.Context with { ClockTrusted = false };
        await _runner.UntilAsync(unit, unit, plan => plan.Steps.IsEmpty && Report().Volumes.Count == 1, Stop);
        Assert.True(File.Exists($"{Root}/old"));

        _runner.Context = _runner.Context with { ClockTrusted = true };
        await _runner.UntilAsync(unit, unit, _ => !File.Exists($"{Root}/old"), Stop);

        Assert.True(File.Exists($"{Root}/new"));
    }

    [Fact]
    public async Task A_file_that_was_written_since_it_was_chosen_stays()
    {
        var unit = Unit(new VolumeSpec { Path = Root, LimitBytes = 100, OnFull = OnFull.DropOldest, Adopt = true });
        Write("a", 80, age: TimeSpan.FromHours(2));
        Write("b", 80, age: TimeSpan.FromHours(1));
        PlannedUnit plan;
        do
        {
            plan = await _kind.PlanAsync(unit, unit, _runner.Context, Stop);
            if (plan.Steps is [{ Step: GitOps.Agent.Storage.VolumeStep.Watch }, ..])
            {
                await _kind.ApplyAsync(plan.Steps[0], Stop);
            }

            await Task.Yield();
        }
        while (!plan.Steps.Any(s => s.Step is GitOps.Agent.Storage.VolumeStep.RemoveFiles));

        File.AppendAllText($"{Root}/a", "written meanwhile");
        await _kind.ApplyAsync(plan.Steps.Single(s => s.Step is GitOps.Agent.Storage.VolumeStep.RemoveFiles), Stop);

        Assert.True(File.Exists($"{Root}/a"));
    }

    [Theory]
    [InlineData(DeletionPolicy.Retain, true)]
    [InlineData(DeletionPolicy.Delete, false)]
    public async Task When_a_volume_leaves_the_bundle_its_directory_stays_unless_it_said_otherwise(DeletionPolicy policy, bool stays)
    {
        var unit = Unit(new VolumeSpec { Path = Root, DeletionPolicy = policy });
        await _runner.UntilReadyAsync(unit, Stop);
        Write("some/deep/file", 10, age: TimeSpan.Zero);

        await _runner.UntilAsync(null, unit, plan => plan.Steps.IsEmpty, Stop);

        Assert.Equal(stays, Directory.Exists(Root));
        Assert.Empty(Report().Volumes);
    }

    private static Unit Unit(VolumeSpec spec) => new("data", spec);

    private VolumeReport Volumes() => Report().Volumes.Single();

    private NodeReport Report() => _driver.Contribute(new NodeReport
    {
        Fleet = "f",
        Node = "n",
        BootId = "b",
        Sequence = 1,
        Time = DateTimeOffset.UnixEpoch,
        Agent = new AgentVersion("0", 1),
        Phase = NodePhase.Converged,
    });

    private void Write(string name, int bytes, TimeSpan age)
    {
        var path = $"{Root}/{name}";
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, new byte[bytes]);
        File.SetLastWriteTimeUtc(path, DateTime.UtcNow - age);
    }
}

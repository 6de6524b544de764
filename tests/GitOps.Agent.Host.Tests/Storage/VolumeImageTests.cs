using GitOps.Agent.Host.Files;
using GitOps.Agent.Host.Storage;
using GitOps.Agent.Planning;
using GitOps.Agent.Storage;
using GitOps.Bundles.Reports;
using GitOps.Bundles.Units;
using GitOps.Platform.Files;
using GitOps.Platform.Processes;
using GitOps.TestKit;

namespace GitOps.Agent.Host.Tests.Storage;

/// <summary>Real images: the kernel's loop devices and ext4, the programs of Debian.</summary>
public sealed class VolumeImageTests : IAsyncDisposable
{
    private const long Size = 16L << 20;
    private static readonly VolumeSpec Small = new() { Path = "", LimitBytes = Size, Enforce = LimitKeeping.Image };

    private readonly TempDirectory _directory = new();
    private readonly List<VolumeDriver> _drivers = [];
    private readonly Departure _left = new(WasCommitted: true, TimeProvider.System.GetUtcNow());

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private string Root => _directory["srv/data"];

    private string Image => VolumeSpec.ImageOf(Root);

    private VolumeSpec Spec => Small with { Path = Root };

    public async ValueTask DisposeAsync()
    {
        foreach (var driver in _drivers)
        {
            await driver.DisposeAsync();
        }

        var commands = new CommandRunner(TimeProvider.System);
        while (await MountAsync() is not null)
        {
            Assert.True((await commands.RunAsync(["umount", "--lazy", Root], CancellationToken.None)).Succeeded);
        }

        _directory.Dispose();
    }

    [Fact]
    public async Task A_volume_takes_no_more_than_its_size_and_its_report_says_what_the_file_system_has()
    {
        NeedsLoops();
        var unit = Unit(Spec with { Mode = "0750" });
        var (runner, driver) = Agent();
        await runner.UntilReadyAsync(unit, Stop);
        var stat = DiskFileLayer.Host.Stat(Root)!;
        Assert.Equal((Size, "750"), (new FileInfo(Image).Length, Convert.ToString((int)stat.Mode & 0xFFF, 8)));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Root));
        var options = (await MountAsync())!;
        Assert.Contains("nosuid", options, StringComparison.Ordinal);
        Assert.Contains("nodev", options, StringComparison.Ordinal);

        var full = Assert.Throws<IOException>(() => Fill($"{Root}/big"));
        Assert.Contains("No space", full.Message, StringComparison.Ordinal);
        await runner.UntilAsync(unit, unit, _ => Report(driver).Conditions is [{ Type: "VolumeFull" }], Stop);
        var report = Report(driver).Volumes.Single();
        Assert.InRange(report.LimitBytes!.Value, Size / 2, Size);
        Assert.InRange(report.UsedBytes, report.LimitBytes.Value * 19 / 20, report.LimitBytes.Value);
    }

    [Fact]
    public async Task It_is_mounted_again_at_a_cold_boot_with_all_it_held_and_only_by_who_made_it()
    {
        NeedsLoops();
        await Agent().Runner.UntilReadyAsync(Unit(Spec), Stop);
        await File.WriteAllTextAsync($"{Root}/kept", "kept", Stop);
        await UnmountAsync();
        Assert.Equal("700", Convert.ToString((int)DiskFileLayer.Host.Stat(Root)!.Mode & 0xFFF, 8));

        Assert.IsType<UnitStatus.Refused>((await Agent().Runner.TurnAsync(Unit(Spec), null, Stop)).Status);
        Assert.Null(await MountAsync());

        await UntilReadyAsync(Unit(Spec), Unit(Spec));
        Assert.Equal("kept", await File.ReadAllTextAsync($"{Root}/kept", Stop));

        // What lies in an image stays there, also for a generation that only watches.
        await UnmountAsync();
        await UntilReadyAsync(Unit(Spec with { Enforce = LimitKeeping.Watch }), Unit(Spec));
        Assert.Equal("kept", await File.ReadAllTextAsync($"{Root}/kept", Stop));
    }

    [Fact]
    public async Task Whatever_step_the_agent_is_killed_after_the_next_one_goes_on_and_no_file_system_is_made_twice()
    {
        NeedsLoops();
        for (var moment = 0; ; moment++)
        {
            var (killed, _) = Agent(new Interrupted(moment / 2, isLost: moment % 2 == 0));
            var isDone = true;
            try
            {
                await killed.TurnAsync(Unit(Spec), Unit(Spec), Stop);
            }
            catch (Interrupted.Killed)
            {
                isDone = false;
            }

            var wasMade = File.Exists(Image);
            var inode = wasMade ? DiskFileLayer.Host.Stat(Image)!.Inode : 0;
            await UntilReadyAsync(Unit(Spec), Unit(Spec));
            Assert.True(!wasMade || DiskFileLayer.Host.Stat(Image)!.Inode == inode, "an image that is there is never made again");
            Assert.Equal(["data", "data.gitops-image"], Directory.EnumerateFileSystemEntries(_directory["srv"]).Select(Path.GetFileName).Order(StringComparer.Ordinal));
            var options = await MountAsync();
            await UnmountAsync();
            Assert.NotNull(options);
            Assert.Null(await MountAsync()); // and not twice
            if (isDone)
            {
                Assert.True(moment >= 10, "fallocate, mkfs.ext4, losetup, e2fsck and mount were reached");
                return;
            }

            File.Delete(Image);
        }
    }

    [Fact]
    public async Task A_larger_limit_grows_it_in_use_where_the_kernel_lets_the_agent_and_a_smaller_one_is_watched()
    {
        NeedsLoops();
        await UntilReadyAsync(Unit(Spec), Unit(Spec));
        await File.WriteAllTextAsync($"{Root}/kept", "kept", Stop);
        var before = new DriveInfo(Root).TotalSize;
        var larger = Unit(Spec with { LimitBytes = 2 * Size });
        var (runner, driver) = Agent();
        if (HasCapability(24))
        {
            await runner.UntilAsync(larger, Unit(Spec), plan => plan is { Status: UnitStatus.Ready, Steps.IsEmpty: true }, Stop);
            Assert.Equal(2 * Size, new FileInfo(Image).Length);
            Assert.InRange(new DriveInfo(Root).TotalSize, before + (Size / 2), 2 * Size);
            Assert.False(File.Exists($"{Image}.growing"));
        }
        else
        {
            var plan = await runner.TurnAsync(larger, Unit(Spec), Stop);
            Assert.Contains("CAP_SYS_RESOURCE", Assert.IsType<UnitStatus.Refused>(plan.Status).Problem.What, StringComparison.Ordinal);
            Assert.Equal(Size, new FileInfo(Image).Length);
        }

        var smaller = Unit(Spec with { LimitBytes = 1 << 20 });
        await File.WriteAllBytesAsync($"{Root}/more", new byte[2 << 20], Stop);
        await runner.UntilAsync(smaller, Unit(Spec), plan => plan is { Status: UnitStatus.Ready, Steps.IsEmpty: true } && Report(driver).Conditions is [{ Type: "VolumeFull" }], Stop);
        Assert.Equal("kept", await File.ReadAllTextAsync($"{Root}/kept", Stop));
    }

    [Fact]
    public async Task What_is_there_is_never_hidden_and_a_damaged_image_is_left_to_a_person()
    {
        NeedsLoops();
        Directory.CreateDirectory(Root);
        await File.WriteAllTextAsync($"{Root}/theirs", "theirs", Stop);
        var hidden = await Agent().Runner.TurnAsync(Unit(Spec), Unit(Spec with { Enforce = LimitKeeping.Watch }), Stop);
        Assert.Equal("AGT241", Assert.IsType<UnitStatus.Refused>(hidden.Status).Problem.Code);
        Assert.Equal("theirs", await File.ReadAllTextAsync($"{Root}/theirs", Stop));

        Directory.Delete(Root, recursive: true);
        await File.WriteAllBytesAsync(Image, new byte[Size], Stop);
        Assert.Equal("AGT123", (await FailureAsync()).Problem.Code); // no file system: nobody knows whether there was one
        Assert.All(await File.ReadAllBytesAsync(Image, Stop), b => Assert.Equal(0, b));

        // One that lost its root directory, and knows that something is wrong.
        File.Delete(Image);
        await UntilReadyAsync(Unit(Spec), Unit(Spec));
        await UnmountAsync();
        foreach (var change in (string[])["clri <2>", "ssv state 2"])
        {
            Assert.True((await new CommandRunner(TimeProvider.System).RunAsync(["debugfs", "-w", "-R", change, Image], Stop)).Succeeded);
        }

        var damaged = await FailureAsync();
        Assert.Equal(("AGT242", FailureCause.Environment), (damaged.Problem.Code, damaged.Cause));
        Assert.Null(await MountAsync());

        async Task<StepOutcome.Retry> FailureAsync()
        {
            var (runner, _) = Agent();
            await runner.TurnAsync(Unit(Spec), Unit(Spec), Stop);
            return Assert.IsType<StepOutcome.Retry>(runner.LastFailure);
        }
    }

    [Theory]
    [InlineData(DeletionPolicy.Retain)]
    [InlineData(DeletionPolicy.Delete)]
    public async Task When_it_leaves_the_bundle_its_image_stays_unless_it_said_otherwise(DeletionPolicy policy)
    {
        NeedsLoops();
        var unit = Unit(Spec with { DeletionPolicy = policy });
        await UntilReadyAsync(unit, unit);
        await File.WriteAllTextAsync($"{Root}/file", "file", Stop);

        var (runner, _) = Agent();
        await runner.UntilAsync(null, unit, plan => plan.Steps.IsEmpty, Stop);

        Assert.Equal(policy == DeletionPolicy.Retain, File.Exists($"{Root}/file"));
        Assert.Equal(policy == DeletionPolicy.Retain ? ["data", "data.gitops-image"] : [], Directory.EnumerateFileSystemEntries(_directory["srv"]).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_node_that_cannot_do_it_says_what_is_missing_before_anything_is_touched()
    {
        var bare = await Agent(find: program => program is "mkfs.ext4" or "flock" ? null : "/bin/true").Runner.TurnAsync(Unit(Spec), null, Stop);
        Assert.Equal(
            ("AGT240", "volume/data is an image: this node has no mkfs.ext4, flock", "install it on the node: apt-get install e2fsprogs util-linux"),
            Assert.IsType<UnitStatus.Refused>(bare.Status).Problem is var problem ? (problem.Code, problem.What, problem.Fix) : default);

        NeedsLoops();
        Directory.CreateDirectory(_directory["srv"]);
        DiskFileLayer.Host.SetMode(_directory["srv"], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherWrite);
        var open = await Agent().Runner.TurnAsync(Unit(Spec), null, Stop);
        Assert.Contains("may be written by others", Assert.IsType<UnitStatus.Refused>(open.Status).Problem.What, StringComparison.Ordinal);

        var full = Agent(free: _ => Size);
        DiskFileLayer.Host.SetMode(_directory["srv"], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        await full.Runner.TurnAsync(Unit(Spec), null, Stop);
        Assert.Equal("AGT243", Assert.IsType<StepOutcome.Retry>(full.Runner.LastFailure).Problem.Code);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_directory["srv"]));
    }

    private static void NeedsLoops()
    {
        NeedsPackage.OrSkip("e2fsprogs", "mkfs.ext4");
        if (!HasCapability(21) || !File.Exists("/dev/loop-control"))
        {
            NeedsPackage.Missing("this machine has no loop devices for us");
        }
    }

    /// <summary>In pieces: what asks for all of its room at once leaves nothing behind when there is less.</summary>
    private static void Fill(string path)
    {
        using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
        for (var written = 0L; written < 2 * Size; written += 64 << 10)
        {
            file.Write(new byte[64 << 10]);
        }
    }

    private static bool HasCapability(int bit) =>
        (Convert.ToUInt64(File.ReadAllLines("/proc/self/status").Single(l => l.StartsWith("CapEff:", StringComparison.Ordinal))[8..].Trim(), 16) & (1UL << bit)) != 0;

    /// <summary>An agent as after a start: it knows nothing but what is on the node.</summary>
    private (UnitRunner Runner, VolumeDriver Driver) Agent(ICommandRunner? commands = null, Func<string, string?>? find = null, Func<string, long>? free = null)
    {
        var roots = new PolicyRoots(DiskFileLayer.Host, [_directory["srv"]], DiskFileLayer.Beneath);
        var images = new VolumeImages(
            DiskFileLayer.Host, roots, commands ?? new CommandRunner(TimeProvider.System),
            find ?? (program => ProgramPath.Find(program, null)), free ?? (path => new DriveInfo(path).AvailableFreeSpace));
        var driver = new VolumeDriver(DiskFileLayer.Host, roots, images, new FixedTrust(true), TimeProvider.System);
        _drivers.Add(driver);
        var runner = new UnitRunner(new UnitKind<VolumeState, VolumeStep>(UnitKinds.Volume, new VolumePlanner(), driver));
        runner.Context = runner.Context with { Departure = _left };
        return (runner, driver);
    }

    private Task<PlannedUnit> UntilReadyAsync(Unit desired, Unit owned) =>
        Agent().Runner.UntilAsync(desired, owned, plan => plan is { Status: UnitStatus.Ready, Steps.IsEmpty: true }, Stop);

    private async Task UnmountAsync()
    {
        foreach (var driver in _drivers)
        {
            await driver.DisposeAsync(); // nobody counts any more
        }

        Assert.Equal("", (await new CommandRunner(TimeProvider.System).RunAsync(["umount", Root], Stop)).Error);
    }

    private async Task<string?> MountAsync()
    {
        var found = await new CommandRunner(TimeProvider.System).RunAsync(["findmnt", "--noheadings", "--output", "OPTIONS", "--mountpoint", Root], CancellationToken.None);
        return found.Succeeded ? found.Output : null;
    }

    private static Unit Unit(VolumeSpec spec) => new("data", spec);

    private static NodeReport Report(VolumeDriver driver) => driver.Contribute(new NodeReport
    {
        Fleet = "f",
        Node = "n",
        BootId = "b",
        Sequence = 1,
        Time = DateTimeOffset.UnixEpoch,
        Agent = new AgentVersion("0", 1),
        Phase = NodePhase.Converged,
    });

    /// <summary>Runs so many programs; at the next one the agent is gone.</summary>
    /// <param name="isLost">Or already when the last of them has ended, before the agent knows.</param>
    private sealed class Interrupted(int calls, bool isLost) : ICommandRunner
    {
        private readonly CommandRunner _real = new(TimeProvider.System);
        private int _left = calls;

        public async Task<CommandResult> RunAsync(Command command, CancellationToken cancellationToken)
        {
            if (_left-- == 0)
            {
                throw new Killed();
            }

            var result = await _real.RunAsync(command, cancellationToken);
            return _left == 0 && isLost ? throw new Killed() : result;
        }

        internal sealed class Killed : Exception;
    }
}

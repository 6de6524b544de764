using GitOps.Agent.Planning;
using GitOps.Agent.Storage;
using GitOps.Agent.Tests.Devices;
using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.TestKit;

namespace GitOps.Agent.Tests.Storage;

public sealed class VolumeImagePlannerTests
{
    private static readonly PlanContext Context = new(new DateTimeOffset(2026, 11, 24, 10, 0, 0, TimeSpan.Zero), ClockTrusted: true, TimeSpan.FromHours(1));
    private static readonly VolumeSpec Spec = new() { Path = "/srv/data", LimitBytes = 1 << 30, Enforce = LimitKeeping.Image, Mode = "0750", DeletionPolicy = DeletionPolicy.Delete };
    private static readonly VolumeEntry Empty = new VolumeEntry.Directory("0750", 0, 0, IsEmpty: true);
    private static readonly VolumeEntry Used = new VolumeEntry.Directory("0750", 0, 0, IsEmpty: false);
    private static readonly VolumeImage There = new() { FileBytes = 1 << 30 };
    private static readonly VolumeImage Mounted = There with { Mount = new VolumeMount.Image("/dev/loop3", IsReadOnly: false) };
    private static readonly Problem Missing = new(VolumeCodes.NoImages, "this node has no mkfs.ext4", "install it");

    [Fact]
    public void Plan_for_an_image_that_is_new() => Golden.Verify("storage/image-new.plan.txt", Plan(Spec, null, new VolumeEntry.Missing(), VolumeImage.None).ToText());

    [Fact]
    public void Plan_for_an_image_after_a_cold_boot() => Golden.Verify("storage/image-boot.plan.txt", Plan(Spec, Spec, Empty, There).ToText());

    [Fact]
    public void Plan_for_an_image_that_is_to_be_larger() => Golden.Verify("storage/image-larger.plan.txt", Plan(Spec with { LimitBytes = 2L << 30 }, Spec, Used, Mounted).ToText());

    [Fact]
    public void Plan_for_a_directory_that_is_to_be_an_image() =>
        Golden.Verify("storage/image-in-the-way.plan.txt", Plan(Spec, Spec with { Enforce = LimitKeeping.Watch }, Used, VolumeImage.None).ToText());

    [Fact]
    public void Plan_for_an_image_that_was_committed_to_be_deleted() => Golden.Verify("storage/image-removal.plan.txt", new VolumePlanner().PlanRemoval(
        new Unit("data", Spec), new VolumeState(Used) { Image = Mounted }, Context with { Departure = new Departure(WasCommitted: true, Context.Now.AddDays(-2)) }).ToText());

    [Fact]
    public void What_cannot_be_an_image_is_refused_before_any_step()
    {
        Assert.Equal("AGT240", Refusal(Plan(Spec, null, new VolumeEntry.Missing(), new VolumeImage { Obstacle = Missing })));
        Assert.Equal("AGT240", Refusal(Plan(Spec, Spec, Empty, There with { Obstacle = Missing })));
        Assert.Equal("AGT240", Refusal(Plan(Spec with { LimitBytes = 2L << 30 }, Spec, Used, Mounted with { GrowthObstacle = Missing })));
        Assert.Equal("AGT241", Refusal(Plan(Spec, null, Used, new VolumeImage { Mount = new VolumeMount.Other("/dev/sdb1") })));
        Assert.Equal("AGT120", Refusal(Plan(Spec, null, Used, VolumeImage.None)));
        Assert.Equal("AGT120", Refusal(Plan(Spec, null, Empty, There)));
    }

    [Fact]
    public void It_is_never_made_smaller_and_what_lies_in_it_stays_in_it()
    {
        Assert.Equal("ready\n", Plan(Spec with { LimitBytes = 1 << 20 }, Spec, Used, Mounted).ToText());
        var watched = Spec with { Enforce = LimitKeeping.Watch, LimitBytes = 4L << 30 };
        Assert.Equal("ready\n", Plan(watched, Spec, Used, Mounted).ToText());
        Assert.IsType<VolumeStep.MountImage>(Assert.Single(Plan(watched, watched, Empty, There).Steps));
    }

    [Fact]
    public void It_is_watched_and_room_is_made_in_it_before_it_grows_which_a_full_disk_may_refuse()
    {
        var spec = Spec with { LimitBytes = 2L << 30, OnFull = OnFull.DropOldest };
        var full = new VolumeUsage(1_000, 1, [new VolumeFile("old", 300, Context.Now.AddHours(-1), 1)]) { CapacityBytes = 1_000 };
        var plan = new VolumePlanner().Plan(new Unit("data", spec), new Unit("data", Spec), new VolumeState(Used) { Image = Mounted, Usage = full }, Context);

        Assert.Equal([typeof(VolumeStep.Watch), typeof(VolumeStep.RemoveFiles), typeof(VolumeStep.GrowImage)], plan.Steps.Select(step => step.GetType()));
    }

    [Fact]
    public void One_that_was_growing_goes_on_and_one_that_is_damaged_says_so()
    {
        var grow = Assert.IsType<VolumeStep.GrowImage>(Assert.Single(Plan(Spec, Spec, Used, Mounted with { IsGrowing = true }).Steps));
        Assert.Equal(1 << 30, grow.SizeBytes);
        var damaged = Plan(Spec, Spec, Used, There with { Mount = new VolumeMount.Image("/dev/loop3", IsReadOnly: true) });
        Assert.Equal(FailureCause.Environment, Assert.IsType<UnitStatus.Unhealthy>(damaged.Status).Cause);
    }

    [Fact]
    public void An_image_is_full_a_twentieth_before_it_takes_no_more()
    {
        var usage = new VolumeUsage(960, 1, []) { CapacityBytes = 1_000 };

        Assert.NotNull(VolumeTrimming.WhyFull(Spec, usage));
        Assert.Null(VolumeTrimming.WhyFull(Spec, usage with { UsedBytes = 950 }));
        Assert.Equal(1_000, VolumeReporting.Report("data", Spec, usage).LimitBytes);
    }

    [Fact]
    public void A_reserve_takes_nothing_from_an_image_as_that_makes_no_room_on_the_disk()
    {
        var spec = Spec with { ReserveBytes = 10_000, OnFull = OnFull.DropOldest };
        var usage = new VolumeUsage(300, 1, [new VolumeFile("old", 300, Context.Now.AddHours(-1), 1)]) { CapacityBytes = 1_000, FreeBytes = 700 };

        Assert.Empty(VolumeTrimming.Choose(spec, usage, Context.Now, clockTrusted: true).Files);
        Assert.Null(VolumeTrimming.WhyFull(spec, usage));
        Assert.Equal(ScanPacing.WithLimit, ScanPacing.Pause(spec, usage, TimeSpan.Zero));
    }

    [Theory]
    [InlineData(0, ImageCheck.Good)]
    [InlineData(1, ImageCheck.Good)] // corrected
    [InlineData(4, ImageCheck.Damaged)]
    [InlineData(5, ImageCheck.Damaged)] // corrected in part
    [InlineData(12, ImageCheck.Damaged)]
    [InlineData(8, ImageCheck.Unknown)] // no memory, no device
    [InlineData(36, ImageCheck.Unknown)] // cancelled half-way
    [InlineData(71, ImageCheck.Unknown)] // flock's own: the system refused
    [InlineData(75, ImageCheck.Unknown)] // flock's own: another works on it
    [InlineData(127, ImageCheck.Unknown)] // there is no such program
    [InlineData(132, ImageCheck.Unknown)] // a library is missing, or it was killed
    public void An_image_is_damaged_only_where_its_check_came_to_an_end_and_says_so(int exitCode, ImageCheck check) =>
        Assert.Equal(check, ImageChecks.Of(exitCode));

    [Theory]
    [InlineData("/srv/data", "/dev/loop1", true)]
    [InlineData("/srv/a b\\c", "/dev/loop2", false)]
    [InlineData("/srv", null, false)]
    public void What_is_mounted_at_a_path_is_read_from_the_kernels_table(string path, string? source, bool isReadOnly)
    {
        const string Table = """
            26 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
            41 26 7:0 / /srv/data rw,nosuid,nodev shared:2 master:1 - ext4 /dev/loop0 rw
            42 41 7:1 / /srv/data rw,nosuid,nodev - ext4 /dev/loop1 ro,errors=remount-ro
            43 26 7:2 / /srv/a\040b\134c rw - ext4 /dev/loop2 rw
            44 26 7:3 /

            """;

        Assert.Equal(source is null ? null : new MountedAt(source, isReadOnly), MountedAt.Find(Table, path));
    }

    private static string Refusal(UnitPlan<VolumeStep> plan)
    {
        Assert.Empty(plan.Steps.Where(step => step is not VolumeStep.Watch));
        return Assert.IsType<UnitStatus.Refused>(plan.Status).Problem.Code;
    }

    private static UnitPlan<VolumeStep> Plan(VolumeSpec desired, VolumeSpec? owned, VolumeEntry entry, VolumeImage image) => new VolumePlanner().Plan(
        new Unit("data", desired), owned is null ? null : new Unit("data", owned), new VolumeState(entry) { Image = image, Watching = desired }, Context);
}

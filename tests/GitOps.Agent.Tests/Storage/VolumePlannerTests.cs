using CsCheck;
using GitOps.Agent.Planning;
using GitOps.Agent.Storage;
using GitOps.Agent.Tests.Devices;
using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.TestKit;

namespace GitOps.Agent.Tests.Storage;

public sealed class VolumePlannerTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 24, 10, 0, 0, TimeSpan.Zero);
    private static readonly PlanContext Context = new(Now, ClockTrusted: true, TimeSpan.FromHours(1));
    private static readonly VolumeSpec Spec = new() { Path = "/srv/data", LimitBytes = 1_000 };
    private static readonly VolumeEntry Empty = new VolumeEntry.Directory("0755", 0, 0, IsEmpty: true);
    private static readonly VolumeEntry Used = new VolumeEntry.Directory("0755", 0, 0, IsEmpty: false);

    [Fact]
    public void Plan_for_a_volume_that_is_new() =>
        Golden.Verify("storage/new.plan.txt", Plan(Spec with { Owner = "data", Mode = "0750" }, null, new VolumeState(new VolumeEntry.Missing())
        {
            Owner = new NodeOwner(1_000, null),
        }).ToText());

    [Fact]
    public void Plan_for_a_directory_that_is_not_ours() =>
        Golden.Verify("storage/not-ours.plan.txt", Plan(Spec, null, new VolumeState(Used)).ToText());

    [Fact]
    public void Plan_for_a_volume_above_its_limit_that_drops_the_oldest() => Golden.Verify(
        "storage/drop-oldest.plan.txt", Plan(Spec with { OnFull = OnFull.DropOldest }, Spec, Seen(300, 300, 300, 300)).ToText());

    [Fact]
    public void Plan_for_a_volume_that_refuses_more() =>
        Golden.Verify("storage/refuse.plan.txt", Plan(Spec with { OnFull = OnFull.Refuse }, Spec, Seen(600, 600)).ToText());

    [Fact]
    public void An_empty_directory_and_one_that_is_adopted_are_taken_over()
    {
        Assert.IsType<UnitStatus.Ready>(Plan(Spec, null, new VolumeState(Empty)).Status);
        Assert.IsType<UnitStatus.Ready>(Plan(Spec with { Adopt = true }, null, new VolumeState(Used)).Status);
        Assert.IsType<UnitStatus.Refused>(Plan(Spec, Spec with { Path = "/srv/other" }, new VolumeState(Used)).Status);
    }

    [Theory]
    [InlineData("a symbolic link")]
    [InlineData("a file")]
    public void What_is_no_directory_is_refused(string what) => Assert.IsType<UnitStatus.Refused>(
        Plan(Spec with { Adopt = true }, Spec, new VolumeState(new VolumeEntry.SomethingElse(what))).Status);

    [Fact]
    public void A_volume_that_only_raises_an_alarm_stays_ready_and_the_report_says_so()
    {
        var seen = Seen(600, 600);

        Assert.Equal("ready\n", Plan(Spec, Spec, seen with { Watching = Spec }).ToText());
        var alarm = VolumeReporting.Alarm([("data", Spec, seen.Usage!)], Now);
        Assert.Equal("volume/data holds 1200 bytes, the limit is 1000", alarm!.Message);
        Assert.Null(VolumeReporting.Alarm([("data", Spec, Seen(900).Usage!)], Now));
    }

    [Fact]
    public void A_volume_whose_disk_is_below_its_reserve_counts_as_full()
    {
        var spec = new VolumeSpec { Path = "/srv/data", ReserveBytes = 1_000, OnFull = OnFull.Refuse };
        var seen = Seen(600, 600, 600) is var counted ? counted with { Usage = counted.Usage! with { FreeBytes = 300 } } : counted;

        Golden.Verify("storage/reserve.plan.txt", Plan(spec, spec, seen with { Watching = spec }).ToText());
        Assert.Equal("volume/data has 300 bytes free on its disk, 1000 are to stay free", VolumeReporting.Alarm([("data", spec, seen.Usage!)], Now)!.Message);
        Assert.Null(VolumeTrimming.WhyFull(spec, seen.Usage! with { FreeBytes = 1_000 }));
        Assert.Equal(ScanPacing.NearLimit, ScanPacing.Pause(spec, seen.Usage!, TimeSpan.Zero));

        // 700 are missing, and a tenth of the reserve is made besides: two of the three.
        var dropped = VolumeTrimming.Choose(spec with { OnFull = OnFull.DropOldest }, seen.Usage!, Now, clockTrusted: true);
        Assert.Equal(["f0", "f1"], dropped.Files.Select(f => f.Path));
        Assert.Equal("300 bytes are free on its disk, 1000 are to stay free; dropOldest makes room for that and a tenth", dropped.Because);
    }

    [Fact]
    public void What_was_removed_for_a_reserve_is_not_asked_for_again_before_the_next_scan()
    {
        var spec = new VolumeSpec { Path = "/srv/data", ReserveBytes = 1_000, OnFull = OnFull.DropOldest };
        var seen = Seen(600, 600, 600, 600, 600, 600) with { Watching = spec };
        seen = seen with { Usage = seen.Usage! with { FreeBytes = 300 } };

        var removal = Assert.IsType<VolumeStep.RemoveFiles>(Assert.Single(Plan(spec, spec, seen).Steps));
        Assert.Equal(["f0", "f1"], removal.Files.Select(f => f.Path));
        var left = seen.Usage!.Without(removal.Files);
        Assert.Equal((2_400, 4, 1_500L), (left.UsedBytes, left.Files, left.FreeBytes));
        Assert.Empty(Plan(spec, spec, seen with { Usage = left }).Steps);

        // Half of it went: the other half still goes, and no more.
        var half = seen.Usage.Without([removal.Files[0]]);
        Assert.Equal([removal.Files[1]], Assert.IsType<VolumeStep.RemoveFiles>(Assert.Single(Plan(spec, spec, seen with { Usage = half }).Steps)).Files);
    }

    [Fact]
    public void Old_files_go_by_age_only_while_the_clock_is_trusted()
    {
        var spec = Spec with { Retention = new Retention { MaxAgeMs = 90 * 60_000 } };
        var usage = Seen(10, 10, 10).Usage!;

        Assert.Equal(["f0", "f1"], VolumeTrimming.Choose(spec, usage, Now, clockTrusted: true).Files.Select(f => f.Path));
        Assert.Empty(VolumeTrimming.Choose(spec, usage, Now, clockTrusted: false).Files);
    }

    [Fact]
    public void What_is_chosen_is_the_oldest_and_just_enough() =>
        Gen.Select(Gen.Int[0, 500].Array[0, 30], Gen.Long[1, 5_000]).Sample((sizes, limit) =>
        {
            var usage = Seen(sizes).Usage!;
            var spec = Spec with { LimitBytes = limit, OnFull = OnFull.DropOldest };
            var chosen = VolumeTrimming.Choose(spec, usage, Now, clockTrusted: true).Files;
            var left = usage.UsedBytes - chosen.Sum(f => f.SizeBytes);
            return chosen.SequenceEqual(usage.Oldest.Take(chosen.Count)) &&
                   (usage.UsedBytes <= limit ? chosen.IsEmpty : left <= limit * 0.9m && left + chosen[^1].SizeBytes > (long)(limit * 0.9m));
        });

    [Fact]
    public void The_oldest_of_many_files_are_kept_and_all_are_counted()
    {
        var found = new OldestFiles();
        for (var i = 0; i < 5_000; i++)
        {
            found.Add(new VolumeFile($"f{i:0000}", 1, Now.AddMinutes(i * 37 % 5_000), (ulong)i), hasOtherNames: false);
        }

        var usage = found.ToUsage();
        Assert.Equal((5_000, 5_000), (usage.UsedBytes, usage.Files));
        Assert.Equal(OldestFiles.Limit, usage.Oldest.Count);
        Assert.Equal(Enumerable.Range(0, OldestFiles.Limit).Select(i => Now.AddMinutes(i)), usage.Oldest.Select(f => f.ModifiedAt));
    }

    [Fact]
    public void A_file_of_several_names_counts_once()
    {
        var found = new OldestFiles();
        found.Add(new VolumeFile("a", 100, Now, 7), hasOtherNames: true);
        found.Add(new VolumeFile("b", 100, Now, 7), hasOtherNames: true);

        Assert.Equal(100, found.ToUsage().UsedBytes);
    }

    [Fact]
    public void A_volume_that_left_the_bundle_is_deleted_only_where_it_had_said_so_before()
    {
        Assert.Empty(new VolumePlanner().PlanRemoval(Unit(Spec), new VolumeState(Used), Due).Steps);
        Assert.IsType<VolumeStep.Unwatch>(
            Assert.Single(new VolumePlanner().PlanRemoval(Unit(Spec), new VolumeState(Used) { Watching = Spec }, Due).Steps));
        Assert.Equal(
            new VolumeStep.RemoveTree("/srv/data") { Because = "it left the bundle, and its deletionPolicy was Delete" },
            Assert.Single(Leave(Due).Steps));
    }

    [Fact]
    public void A_deletion_that_no_committed_generation_spoke_of_does_not_happen()
    {
        var plan = Leave(Due with { Departure = Due.Departure with { WasCommitted = false } }, watched: true);

        Assert.Contains("no committed generation said", Assert.IsType<VolumeStep.Unwatch>(Assert.Single(plan.Steps)).Because, StringComparison.Ordinal);
        Assert.Empty(plan.Holds);
    }

    [Fact]
    public void A_directory_that_another_volume_has_now_is_not_deleted()
    {
        var heir = new Unit("renamed", Spec with { Adopt = true });

        Assert.Empty(Leave(Due with { Desired = Bundle.Of([heir]) }).Steps);
    }

    [Fact]
    public void A_deletion_waits_out_its_grace_and_says_until_when()
    {
        var plan = Leave(Due with { Departure = Due.Departure with { Since = Now.AddHours(-23) } });

        Assert.Empty(plan.Steps);
        var hold = Assert.Single(plan.Holds);
        Assert.Equal("the deletion of /srv/data and all it holds", hold.What);
        Assert.Equal("2026-11-24 11:00:00Z; a bundle that has the volume again keeps it", hold.Until);
        Assert.Equal(TimeSpan.FromHours(1), hold.RecheckAfter);
    }

    [Fact]
    public void The_grace_counts_only_while_the_clock_is_trusted()
    {
        var untrusted = Leave(Due with { ClockTrusted = false });
        var uncommitted = Leave(Due with { Departure = Due.Departure with { Since = null } });

        Assert.StartsWith("the clock is trusted, and was for 24 h", Assert.Single(untrusted.Holds).Until, StringComparison.Ordinal);
        Assert.Equal("the generation without it is committed", Assert.Single(uncommitted.Holds).Until);
        Assert.Empty(untrusted.Steps);
        Assert.Empty(uncommitted.Steps);
    }

    [Fact]
    public void Where_the_whole_node_is_wiped_nothing_is_waited_for() =>
        Assert.IsType<VolumeStep.RemoveTree>(Assert.Single(Leave(Due with
        {
            DeletionGrace = TimeSpan.Zero,
            ClockTrusted = false,
            Departure = new Departure(WasCommitted: true, Since: null),
        }).Steps));

    [Fact]
    public void A_volume_is_counted_more_often_near_its_limit_and_never_for_more_than_a_twentieth_of_the_time()
    {
        Assert.Equal(ScanPacing.WithoutLimit, ScanPacing.Pause(new VolumeSpec { Path = "/srv" }, Seen(10).Usage!, TimeSpan.Zero));
        Assert.Equal(ScanPacing.NearLimit, ScanPacing.Pause(Spec, Seen(850).Usage!, TimeSpan.Zero));
        Assert.Equal(TimeSpan.FromSeconds(60), ScanPacing.Pause(Spec, Seen(850).Usage!, TimeSpan.FromSeconds(3)));
    }

    /// <summary>It left a day and an hour ago.</summary>
    private static PlanContext Due => Context with
    {
        Departure = new Departure(WasCommitted: true, Now.AddHours(-25)),
        DeletionGrace = TimeSpan.FromHours(24),
    };

    private static UnitPlan<VolumeStep> Leave(PlanContext context, bool watched = false) => new VolumePlanner().PlanRemoval(
        Unit(Spec with { DeletionPolicy = DeletionPolicy.Delete }), new VolumeState(Used) { Watching = watched ? Spec : null }, context);

    private static Unit Unit(VolumeSpec spec) => new("data", spec);

    private static UnitPlan<VolumeStep> Plan(VolumeSpec desired, VolumeSpec? owned, VolumeState state) =>
        new VolumePlanner().Plan(Unit(desired), owned is null ? null : Unit(owned), state, Context);

    /// <summary>Files of these sizes; the last is an hour old, each before it an hour older.</summary>
    private static VolumeState Seen(params int[] sizes) => new(Used)
    {
        Usage = new VolumeUsage(sizes.Sum(), sizes.Length, sizes
            .Select((size, i) => new VolumeFile($"f{i}", size, Now.AddHours(i - sizes.Length), (ulong)i)).ToEquatableArray()),
    };
}

using GitOps.Agent.Host.Diagnosis;
using GitOps.Bundles.Reports;
using GitOps.Platform.Files;

namespace GitOps.Agent.Host.Tests.Diagnosis;

public sealed class JudgementTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 24, 8, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(-10, 300, "Ok")]
    [InlineData(-20, 10, "Ok")]
    [InlineData(-24, 6, "Warn")]
    [InlineData(-10, -1, "Fail")]
    [InlineData(1, 300, "Warn")]
    public void A_certificate_is_judged_by_its_time(int fromDays, int toDays, string level) =>
        Assert.Equal(level, Judgement.Certificate(Now.AddDays(fromDays), Now.AddDays(toDays), Now).Level.ToString());

    [Fact]
    public void A_clock_before_what_is_past_is_wrong_whoever_keeps_it() => Assert.Equal(
        CheckLevel.Fail, Judgement.Clock(DateTimeOffset.UnixEpoch, Now, new ClockReport { Managed = true, Synchronised = true }, kernel: true).Level);

    [Theory]
    [InlineData(true, true, false, "Ok")]
    [InlineData(true, false, true, "Warn")]
    [InlineData(false, false, true, "Note")]
    [InlineData(false, false, false, "Warn")]
    public void A_clock_counts_as_trusted_only_when_it_was_measured(bool measures, bool synchronised, bool kernel, string level) => Assert.Equal(
        level,
        Judgement.Clock(Now, Now.AddDays(-1), measures ? new ClockReport { Managed = true, Synchronised = synchronised } : null, kernel).Level.ToString());

    [Fact]
    public void A_clock_that_only_its_site_agrees_upon_is_not_trusted() => Assert.Contains("hears no real clock",
        Judgement.Clock(Now, Now.AddDays(-1), new ClockReport { Managed = true, Synchronised = true, Isolated = true }, kernel: true).ToString(), StringComparison.Ordinal);

    [Theory]
    [InlineData(0x180, true, 1000, "Ok")] // 0600
    [InlineData(0x1A0, true, 1000, "Fail")] // 0640
    [InlineData(0x1A4, false, 0, "Ok")] // 0644
    [InlineData(0x1B4, false, 0, "Fail")] // 0664
    [InlineData(0x1A4, false, 33, "Fail")]
    public void A_file_of_the_identity_is_judged_by_who_may_touch_it(int mode, bool isSecret, uint owner, string level) => Assert.Equal(
        level,
        Judgement.Guarded("x", "/etc/x", new FileStat(FileKind.File, 1, (UnixFileMode)mode, new FileOwner(owner, 0), Now, 1, 1), isSecret, self: 1000).Level.ToString());

    [Theory]
    [InlineData(10, "Fail")]
    [InlineData(100, "Warn")]
    [InlineData(1000, "Ok")]
    public void A_disk_is_judged_by_the_reserve(long freeMebibytes, string level) =>
        Assert.Equal(level, Judgement.Disk("/x", freeMebibytes << 20, 10_000L << 20).Level.ToString());

    [Fact]
    public void Whatever_is_not_well_says_what_helps()
    {
        Check[] checks =
        [
            Judgement.Certificate(Now, Now, Now.AddDays(1)), Judgement.Disk("/x", 0, 1), Judgement.Guarded("x", "/x", null, true, 0),
            Judgement.Agent(null, false, null), Judgement.Agent(null, false, "process 7"), Judgement.Clock(Now, Now.AddDays(1), null, false),
        ];
        Assert.All(checks, c => Assert.True(c.Level == CheckLevel.Fail && c.Fix is { Length: > 0 }));
    }
}

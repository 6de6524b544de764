using GitOps.Agent.TimeSync;
using GitOps.Bundles.Reports;

namespace GitOps.Agent.Tests.TimeSync;

public sealed class ClockReportingTests
{
    private static readonly ClockReport Told = new()
    {
        Managed = true,
        Synchronised = true,
        Offset = 0.000_012m,
        ErrorBoundMs = 3,
        Stratum = 3,
        Source = "10.0.0.1",
    };

    [Fact]
    public void A_measurement_that_is_a_little_different_is_not_worth_a_report() =>
        Assert.False(ClockReporting.Differs(Told with { Offset = -0.000_4m, ErrorBoundMs = 4.5m }, Told));

    [Theory]
    [InlineData(9, null, true)]
    [InlineData(10, true, false)]
    [InlineData(11, true, false)]
    public void A_clock_that_leads_to_an_isolated_site_is_told_apart_and_not_trusted(int stratum, bool? isolated, bool trusted)
    {
        var report = ClockReporting.Report(isManaged: true, new ClockMeasure(0, 0.001m, stratum, "10.0.0.1"), isWithin: true);
        Assert.Equal((isolated, trusted), (report.Isolated, report.IsTrusted));
        Assert.Equal(isolated is true, ClockReporting.Differs(report, report with { Isolated = null }));
    }

    [Fact]
    public void An_offset_that_moved_by_a_millisecond_is_told() => Assert.True(ClockReporting.Differs(Told with { Offset = 0.002m }, Told));

    [Fact]
    public void An_error_bound_that_doubled_is_told() => Assert.True(ClockReporting.Differs(Told with { ErrorBoundMs = 7 }, Told));

    [Fact]
    public void Another_source_and_a_first_measurement_are_told()
    {
        Assert.True(ClockReporting.Differs(Told with { Source = "10.0.0.2" }, Told));
        Assert.True(ClockReporting.Differs(Told, Told with { Offset = null, ErrorBoundMs = null }));
        Assert.True(ClockReporting.Differs(Told, null));
        Assert.False(ClockReporting.Differs(null, null));
    }
}

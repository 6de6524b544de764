using System.Text;
using GitOps.Agent.TimeSync;

namespace GitOps.Agent.Tests.TimeSync;

public sealed class ClockHistoryTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 24, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_sample_is_the_worst_of_its_time_and_anything_known_is_worse_than_nothing()
    {
        var history = ClockHistory.Empty.Begin(null, Noon);
        Assert.Equal(new ClockSample(Noon, null, null), Assert.Single(history.Samples));
        history = history.Add(Measure(0.002m), Noon.AddSeconds(30));
        history = history.Add(Measure(0.005m, ahead: -0.001m), Noon.AddSeconds(60));
        history = history.Add(Measure(0.001m), Noon.AddSeconds(90)).Add(null, Noon.AddSeconds(120));

        Assert.Equal(new ClockSample(Noon, -1_000_000, 5_000_000), Assert.Single(history.Samples));
        Assert.Equal(2, history.Begin(Measure(0.001m), Noon.AddMinutes(5)).Samples.Count);
        Assert.Equal(history, ClockHistory.Empty.Add(Measure(0.005m, ahead: -0.001m), Noon));
    }

    [Fact]
    public void Seven_days_are_kept()
    {
        var history = ClockHistory.Empty;
        for (var i = 0; i < ClockHistory.MostSamples + 5; i++)
        {
            history = history.Begin(Measure(i / 1000m), Noon + (i * ClockHistory.Step));
        }

        Assert.Equal(2016, history.Samples.Count);
        Assert.Equal(Noon + (5 * ClockHistory.Step), history.Samples[0].At);
        Assert.Equal(history, ClockHistoryJson.TryRead(ClockHistoryJson.Write(history)));
        Assert.InRange(ClockHistoryJson.Write(history).Length, 1, 100_000);
    }

    [Fact]
    public void The_worst_is_that_of_the_time_asked_for()
    {
        var history = ClockHistory.Empty.Begin(Measure(9), Noon).Begin(Measure(2), Noon.AddHours(2)).Begin(null, Noon.AddHours(3)).Begin(Measure(1), Noon.AddHours(4)).Begin(Measure(8), Noon.AddHours(9));
        Assert.Equal(2_000_000_000, history.Worst(Noon, Noon.AddHours(5)));
        Assert.Null(history.Worst(Noon.AddHours(2), Noon.AddHours(3)));
        Assert.Null(ClockHistory.Empty.Worst(Noon, Noon.AddHours(5)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("""{"format":2,"samples":[]}""")]
    [InlineData("""{"format":1,"samples":[1,2]}""")]
    [InlineData("""{"format":1,"samples":[9223372036854775807,0,0]}""")]
    [InlineData("""{"format":1,"samples":null}""")]
    public void What_is_no_history_is_not_read(string text) => Assert.Null(ClockHistoryJson.TryRead(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void The_report_says_the_worst_of_the_day_and_is_not_sent_for_it()
    {
        var report = ClockReporting.Report(isManaged: true, Measure(0.001m), isWithin: true, worstNs: 7_250_000);
        Assert.Equal(7.25m, report.WorstErrorBoundMs);
        Assert.False(ClockReporting.Differs(report, report with { WorstErrorBoundMs = 900 }));
        Assert.Null(ClockReporting.Report(isManaged: true, null, isWithin: false).WorstErrorBoundMs);
    }

    private static ClockMeasure Measure(decimal bound, decimal ahead = 0) => new(ahead, bound, 3, "10.0.0.1");
}

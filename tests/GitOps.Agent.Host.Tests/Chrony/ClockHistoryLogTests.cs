using System.Text.Json;
using GitOps.Agent.Host.Chrony;
using GitOps.Agent.Host.Commands;
using GitOps.Agent.Host.Control;
using GitOps.Agent.TimeSync;
using GitOps.TestKit;
using GitOps.TestKit.Files;
using Microsoft.Extensions.Time.Testing;

namespace GitOps.Agent.Host.Tests.Chrony;

public sealed class ClockHistoryLogTests
{
    private const string Place = "/state/clock-history.json";
    private static readonly DateTimeOffset Noon = new(2026, 11, 24, 12, 0, 0, TimeSpan.Zero);
    private readonly MemoryFileLayer _layer = new();
    private readonly FakeTimeProvider _time = new(Noon);

    [Fact]
    public void It_is_written_once_an_hour_and_when_the_agent_ends_and_goes_on_from_there()
    {
        var log = new ClockHistoryLog(_layer, Place, _time);
        Pass(log, TimeSpan.FromMinutes(59));
        Assert.Null(_layer.Stat(Place));
        Pass(log, TimeSpan.FromMinutes(2));
        Assert.Equal(13, OnDisk());
        Pass(log, TimeSpan.FromMinutes(30));
        Assert.Equal(13, OnDisk());
        log.Keep();
        Assert.Equal(log.History.Samples.Count, OnDisk());

        var again = new ClockHistoryLog(_layer, Place, _time);
        Pass(again, TimeSpan.FromMinutes(1));
        Assert.Equal(log.History.Samples.Count + 1, again.History.Samples.Count);
    }

    [Fact]
    public void A_clock_that_is_set_meanwhile_makes_no_sample_longer_or_shorter()
    {
        var log = new ClockHistoryLog(_layer, Place, _time);
        log.Note(Measure(1));
        _time.AdjustTime(Noon.AddYears(-50));
        log.Note(Measure(2));
        Assert.Equal(2_000_000, Assert.Single(log.History.Samples).BoundNs);
    }

    [Fact]
    public void People_see_a_line_for_each_hour()
    {
        var history = ClockHistory.Empty.Begin(Measure(900), Noon.AddDays(-2));
        for (var i = 0; i < 30; i++)
        {
            history = history.Begin(i is > 3 and < 8 ? null : Measure(i is 20 ? 40 : (i % 4) + 0.5m), Noon + (i * ClockHistory.Step));
        }

        using var json = JsonDocument.Parse(ClockDocument.Of(history, Noon.AddHours(3)));
        Golden.Verify("commands/clock.txt", ClockCommand.Render(json.RootElement, 24));
        Assert.StartsWith("worst bound on the error in the last 168 h: 900 ms\n", ClockCommand.Render(json.RootElement, 168), StringComparison.Ordinal);
        using var none = JsonDocument.Parse(ClockDocument.Of(ClockHistory.Empty, Noon));
        Assert.Equal("nothing was measured in the last 24 h; a TimeSync in Git has the clock measured\n", ClockCommand.Render(none.RootElement, 24));
        using var dark = JsonDocument.Parse(ClockDocument.Of(ClockHistory.Empty.Begin(null, Noon), Noon));
        Assert.Equal("nothing was known in the last 24 h\n", ClockCommand.Render(dark.RootElement, 24));
    }

    private void Pass(ClockHistoryLog log, TimeSpan length)
    {
        for (var end = _time.GetUtcNow() + length; _time.GetUtcNow() < end; _time.Advance(TimeSpan.FromSeconds(30)))
        {
            log.Note(Measure(1));
        }
    }

    private int OnDisk() => ClockHistoryJson.TryRead(_layer.Read(Place, ClockHistoryJson.MaxBytes)!)!.Samples.Count;

    private static ClockMeasure Measure(decimal boundMs) => new(boundMs / -4_000, boundMs / 1_000, 3, "10.0.0.1");
}

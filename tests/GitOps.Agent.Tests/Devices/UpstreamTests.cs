using CsCheck;
using GitOps.Agent.Devices;
using GitOps.Bundles.Reports;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Tests.Devices;

/// <summary>What of a device's readings goes up; a reading a second.</summary>
public sealed class UpstreamTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 24, 10, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Every_reading_is_in_one_interval_and_each_says_the_last_the_ends_and_the_mean_of_its_own() =>
        Gen.Select(Gen.OneOf(Gen.Int[-50, 50].Select(i => (int?)i), Gen.Const((int?)null)).Array[1, 80], Gen.Int[1, 7]).Sample((readings, every) =>
        {
            var gathering = new UpstreamGathering("oven-1", Spec(new ReportRule { EveryMs = every * 1_000 }));
            List<ValueRecord> told = [];
            foreach (var (second, value) in readings.Index())
            {
                told.AddRange(gathering.After(State(second, value), Start.AddSeconds(second)));
            }

            told.AddRange(gathering.End());
            Assert.Empty(gathering.End());
            Assert.All(told, record => Assert.True(record.IsWhole));
            Assert.Equal(told.Select(record => record.At).Distinct().Order(), told.Select(record => record.At));
            var at = 0;
            foreach (var record in told.Where(record => record.Quality is null))
            {
                // Readings that were none lie between intervals, never within one.
                while (readings[at] is null)
                {
                    at++;
                }

                var its = readings[at..(at + record.Count!.Value)];
                at += its.Length;
                Assert.DoesNotContain(null, its);
                Assert.Equal(new DeviceValue.Number(its[^1]!.Value), record.Value);
                Assert.Equal((its.Min(), its.Max()), ((int?)record.Minimum, (int?)record.Maximum));
                Assert.InRange(record.Mean!.Value - (decimal)its.Average()!.Value, -0.000001m, 0.000001m);
                Assert.InRange(record.IntervalMs!.Value, 0, (every + 1) * 1_000);
                Assert.Equal(Start.AddSeconds(at - 1), record.At);
            }

            Assert.All(readings[at..], Assert.Null);
            // Once whenever it stops being good.
            Assert.Equal(readings.Index().Count(r => r.Item is null && (r.Index == 0 || readings[r.Index - 1] is not null)), told.Count(record => record.Quality == ValueQuality.Bad));
        });

    [Fact]
    public void What_stays_within_the_dead_band_does_not_go_up_and_what_comes_after_a_gap_does()
    {
        var gathering = new UpstreamGathering("oven-1", Spec(new ReportRule { Deadband = 1 }));
        var told = Enumerable.Range(0, 8)
            .SelectMany(second => gathering.After(State(second, second switch { 2 => 72, 4 => null, 5 => null, _ => 70 }), Start.AddSeconds(second)))
            .Select(record => record.Quality?.ToString() ?? record.Value!.ToString()!);
        Assert.Equal(["70", "72", "70", "Bad", "70"], told);
    }

    [Fact]
    public void A_device_that_goes_away_ends_its_intervals_once()
    {
        var gathering = new UpstreamGathering("oven-1", Spec(new ReportRule { EveryMs = 60_000 }));
        var online = State(1, 70);
        Assert.Empty(gathering.After(new DeviceState { Now = TimeSpan.Zero, Boot = new BootTime("b", default) }, Start)); // connecting: nothing is known yet
        Assert.Empty(gathering.After(online, Start.AddSeconds(1)));
        var away = online with { Now = TimeSpan.FromSeconds(9), Link = new DeviceLink.Away("no answer") };
        Assert.Equal(
            [
                new(Start.AddSeconds(1), "oven-1") { Property = "temperature", Value = new DeviceValue.Number(70), Minimum = 70, Maximum = 70, Mean = 70, Count = 1, IntervalMs = 0 },
                new(Start.AddSeconds(9), "oven-1") { Property = "temperature", Quality = ValueQuality.Stale },
            ],
            gathering.After(away, Start.AddSeconds(9)));
        Assert.Empty(gathering.After(away with { Now = TimeSpan.FromSeconds(99) }, Start.AddSeconds(99)));
    }

    [Fact]
    public void Text_and_what_was_read_at_one_moment_go_up_apart_and_a_property_without_a_rule_does_not()
    {
        var gathering = new UpstreamGathering("oven-1", Spec(new ReportRule { Deadband = 0 }));
        var at = State(1, 70);
        DeviceState Saying(string text) => at with { Properties = [new PropertyState("temperature") { Reading = new Reading(new DeviceValue.Text(text), at.Now) }, new PropertyState("other") { Reading = new Reading(new DeviceValue.Number(1), at.Now) }] };

        var told = gathering.After(Saying("a"), Start).Concat(gathering.After(Saying("b"), Start)).ToList();

        Assert.Equal([("a", 0), ("b", 1)], told.Select(record => (record.Text!, (int)(record.At - Start).TotalMicroseconds)));
        Assert.True(new UpstreamGathering("oven-1", Spec(null)).IsEmpty);
    }

    private static DeviceSpec Spec(ReportRule? rule) => new()
    {
        Protocol = DeviceProtocol.Simulated,
        Connection = new DeviceConnection(),
        Properties =
        [
            new DeviceProperty { Name = "other", Type = DeviceValueType.Float64, PollMs = 1_000 },
            new DeviceProperty { Name = "temperature", Type = DeviceValueType.Float64, PollMs = 1_000, Upstream = rule },
        ],
    };

    /// <summary>Null: the device answered with no value.</summary>
    private static DeviceState State(int second, int? value) => new()
    {
        Now = TimeSpan.FromSeconds(second),
        Boot = new BootTime("b", TimeSpan.FromSeconds(second)),
        Link = new DeviceLink.Online(),
        Properties =
        [
            new PropertyState("temperature")
            {
                Reading = value is { } its ? new Reading(new DeviceValue.Number(its), TimeSpan.FromSeconds(second)) : null,
                Fault = value is null ? new ReadFault("nonsense", IsContent: false) : null,
            },
        ],
    };
}
